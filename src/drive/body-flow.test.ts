import { Body } from '../body/body.js';
import { retain, type Release } from '../demand/lease.js';
import { BodyFlow } from './body-flow.js';

function made(window = 10): { incoming: Body; outgoing: Body; flow: BodyFlow; aborted: () => number } {
  const incoming = new Body({ window });
  const outgoing = new Body({ window });
  let count = 0;
  return { incoming, outgoing, flow: new BodyFlow(incoming, outgoing, () => count++), aborted: () => count };
}

const bytes = (text: string): Uint8Array => Buffer.from(text);

describe('a flow of two bodies', () => {
  it('reads the one, and writes to the other; each ends by itself', () => {
    const { incoming, outgoing, flow } = made();
    const told: string[] = [];
    flow.subscribe({ next: (chunk) => told.push(String(chunk)), complete: () => told.push('end') });
    outgoing.subscribe({ next: (chunk) => told.push(`> ${String(chunk)}`), complete: () => told.push('> end') });
    incoming.next(bytes('a'));
    flow.next(bytes('b'));
    flow.complete();
    incoming.next(bytes('c'));
    incoming.complete();
    expect(told).toEqual(['a', '> b', '> end', 'c', 'end']);
  });

  it('gives credit to the one as its own reader takes', () => {
    const { incoming, flow } = made();
    const releases: (Release | undefined)[] = [];
    flow.subscribe(() => releases.push(retain()));
    incoming.next(bytes('abcd'));
    incoming.next(bytes('efg'));
    expect([incoming.unacked, flow.unacked]).toEqual([7, 7]);
    releases[0]!();
    expect([incoming.unacked, flow.unacked]).toEqual([3, 3]);
    releases[1]!();
    expect([incoming.unacked, flow.unacked]).toEqual([0, 0]);
  });

  it('does not give the credit of bytes twice that come again', () => {
    const { incoming, flow } = made();
    const first = flow.subscribe(() => undefined);
    incoming.next(bytes('ab'));
    first.unsubscribe();
    flow.unread(bytes('b'));
    expect([incoming.unacked, flow.unacked]).toEqual([0, 1]);
    const releases: (Release | undefined)[] = [];
    flow.subscribe(() => releases.push(retain()));
    incoming.next(bytes('c'));
    incoming.next(bytes('d'));
    expect([incoming.unacked, flow.unacked]).toEqual([2, 3]);
    releases[0]!();
    expect([incoming.unacked, flow.unacked]).toEqual([2, 2]);
    releases[1]!();
    expect([incoming.unacked, flow.unacked]).toEqual([1, 1]);
    releases[2]!();
    expect([incoming.unacked, flow.unacked]).toEqual([0, 0]);
  });

  it('makes its writer wait as the other does', () => {
    const { outgoing, flow } = made();
    const drained = jest.fn();
    const releases: (Release | undefined)[] = [];
    outgoing.subscribe(() => releases.push(retain()));
    expect([flow.next(bytes('abcde')), flow.next(bytes('fghij')), flow.ready]).toEqual([true, false, false]);
    flow.drained.subscribe(drained);
    const before = flow.progress;
    releases[0]!();
    expect(flow.progress).not.toBe(before);
    expect([drained.mock.calls.length, flow.ready]).toEqual([1, true]);
  });

  it('after its end is drained when all has gone out, and not before', () => {
    const { outgoing, flow } = made();
    outgoing.subscribe(() => undefined);
    const done = jest.fn();
    flow.next(bytes('a'));
    flow.complete();
    flow.drained.subscribe({ complete: done });
    expect(done).not.toHaveBeenCalled();
    flow.flushed();
    expect(done).toHaveBeenCalledTimes(1);
  });

  it('is drained, too, where the other is not taken any more', () => {
    const { outgoing, flow } = made();
    const done = jest.fn();
    const reader = outgoing.subscribe(() => undefined);
    flow.drained.subscribe({ complete: done });
    reader.unsubscribe();
    expect([done.mock.calls.length, flow.next(bytes('a'))]).toEqual([1, false]);
  });

  it('that is aborted aborts once, lets go of what it held, and its reader gets that error', () => {
    const { incoming, flow, aborted } = made();
    const mine = new Error('mine');
    const errors: unknown[] = [];
    flow.subscribe({ next: () => void retain(), error: (error) => errors.push(error) });
    incoming.next(bytes('abc'));
    flow.error(mine);
    flow.error();
    expect([errors, aborted(), incoming.unacked]).toEqual([[mine], 1, 0]);
    const { flow: other } = made();
    other.subscribe({ error: (error) => errors.push(error) });
    other.error();
    expect(errors[1]).toMatchObject({ code: 'closed', initiator: 'local' });
  });

  it('whose peer aborts has its error, and aborts nothing itself', () => {
    const { incoming, flow, aborted } = made();
    const theirs = new Error('theirs');
    const errors: unknown[] = [];
    flow.subscribe({ error: (error) => errors.push(error) });
    incoming.error(theirs);
    expect([errors, aborted(), flow.next(bytes('a'))]).toEqual([[theirs], 0, false]);
  });
});
