import { fc } from '../../test/kits/properties.js';
import { ClosedStreams } from './closed-streams.js';
import type { ClosedState } from './stream-state.js';

const CAUSES: readonly ClosedState[] = ['closed-ended', 'closed-reset-sent', 'closed-reset-received', 'closed-unknown'];

describe('the memory of closed streams (RFC 9113 section 5.1)', () => {
  it('does not know a stream that was not reported to it', () => {
    const closed = new ClosedStreams();
    expect(closed.causeOf(1)).toBe('closed-unknown');
    closed.remember(3, 'closed-ended');
    for (const id of [0, 1, 2, 5, 3 + 2 * 256]) expect(closed.causeOf(id)).toBe('closed-unknown');
  });

  it.each(CAUSES)('remembers that one is %s', (cause) => {
    const closed = new ClosedStreams();
    closed.remember(7, 'closed-ended');
    closed.remember(9, cause);
    expect([closed.causeOf(7), closed.causeOf(9)]).toEqual(['closed-ended', cause]);
  });

  it('remembers the latest 256 of a side, however many there were', () => {
    const closed = new ClosedStreams();
    const causeOf = (id: number): ClosedState => CAUSES[(id >>> 1) % 3]!;
    for (let id = 1; id < 2 * 1000; id += 2) closed.remember(id, causeOf(id));
    const ids = Array.from({ length: 1000 }, (_, index) => 2 * index + 1);
    expect(ids.map((id) => closed.causeOf(id))).toEqual(
      ids.map((id, index) => (index < 744 ? 'closed-unknown' : causeOf(id))),
    );
  });

  it('may forget, but never takes one stream for another', () => {
    const step = fc.tuple(fc.integer({ min: 1, max: 0x7fff_ffff }), fc.constantFrom(...CAUSES));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const closed = new ClosedStreams();
        const last = new Map<number, ClosedState>();
        const mistaken: number[] = [];
        for (const [id, cause] of steps) {
          closed.remember(id, cause);
          last.set(id, cause);
          if (closed.causeOf(id) !== cause) mistaken.push(id);
        }
        for (const [id, cause] of last) {
          if (![cause, 'closed-unknown'].includes(closed.causeOf(id))) mistaken.push(id);
        }
        expect(mistaken).toEqual([]);
      }),
    );
  });
});
