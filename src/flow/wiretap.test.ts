import { config, take, VirtualTimeScheduler } from 'rxjs';
import { bytes, Reader, textOf, utf8 } from '../../test/kits/units/bodies.js';
import { memoryPair } from './memory-pair.js';
import { type TapEvent, wiretap, type WiretapOptions } from './wiretap.js';

/** The events of a tap, in words. */
function told(events: readonly TapEvent[]): string[] {
  return events.map(({ at, kind, size, bytes: shown }) =>
    [`${at} ${kind}`, ...(size > 0 ? [size] : []), ...(shown === undefined ? [] : [textOf([shown])])].join(' '),
  );
}

/** A tapped end, the other one, and the events. */
function tapped(options: WiretapOptions = {}) {
  const scheduler = new VirtualTimeScheduler();
  const [inner, peer] = memoryPair();
  const events: TapEvent[] = [];
  const flow = wiretap((event) => events.push(event), { scheduler, ...options })(inner);
  return { flow, peer, events, scheduler };
}

describe('a wiretap', () => {
  it('reports what comes, what is taken, what goes, and the ends, each at its time', () => {
    const { flow, peer, events, scheduler } = tapped();
    const reader = new Reader({ retain: true });
    flow.subscribe(reader);
    const script: [number, () => void][] = [
      [1, () => peer.next(utf8('question'))],
      [3, () => flow.write(['an', utf8('swer')])],
      [5, () => reader.releaseAll()],
      [7, () => peer.complete()],
      [9, () => flow.complete()],
    ];
    for (const [at, work] of script) scheduler.schedule(work, at);
    scheduler.flush();
    expect(told(events)).toEqual([
      '1 received 8 question',
      '3 sent 6 answer',
      '5 credit 8',
      '7 received-fin',
      '9 sent-fin',
    ]);
  });

  it('reports credit at once if nobody retains', () => {
    const { flow, peer, events } = tapped();
    flow.subscribe(new Reader());
    peer.next(utf8('a'));
    expect(told(events)).toEqual(['0 received 1 a', '0 credit 1']);
  });

  it('reports once which side broke the connection off', () => {
    const [ours, theirs] = [tapped(), tapped()];
    for (const { flow } of [ours, theirs]) flow.subscribe(new Reader());
    ours.flow.error();
    ours.flow.error();
    theirs.peer.error();
    expect([told(ours.events), told(theirs.events)]).toEqual([['0 aborted'], ['0 received-reset']]);
  });

  it('reports nothing that was not sent', () => {
    const { flow, events } = tapped();
    flow.complete();
    flow.next(utf8('late'));
    expect(told(events)).toEqual(['0 sent-fin']);
  });

  it('does not report again what a reader gives back and another one reads', () => {
    const { flow, peer, events } = tapped();
    flow.pipe(take(1)).subscribe(new Reader());
    peer.next(utf8('abc'));
    flow.unread(utf8('bc'));
    const second = new Reader();
    flow.subscribe(second);
    peer.next(utf8('de'));
    expect(second.text).toBe('bcde');
    expect(told(events)).toEqual(['0 received 3 abc', '0 credit 3', '0 received 2 de', '0 credit 2']);
  });

  it('takes no notice of a second reader, who is refused', () => {
    const { flow, peer, events } = tapped();
    const second = new Reader();
    flow.subscribe(new Reader());
    flow.subscribe(second);
    peer.next(utf8('a'));
    expect([second.ends.length, told(events)]).toEqual([1, ['0 received 1 a', '0 credit 1']]);
  });

  it('shows the beginning of each event, and of the whole connection', () => {
    const { flow, peer, events } = tapped({ snap: 3, limit: 7 });
    flow.subscribe(new Reader());
    peer.next(utf8('abcdef'));
    flow.write(['gh', utf8('ijk')]);
    peer.next(utf8('lmn'));
    flow.write(['opq']);
    expect(told(events).filter((line) => !line.includes('credit'))).toEqual([
      '0 received 6 abc',
      '0 sent 5 ghi',
      '0 received 3 l',
      '0 sent 3',
    ]);
  });

  it('keeps to its limit for each flow by itself', () => {
    const events: TapEvent[] = [];
    const tap = wiretap((event) => events.push(event), { limit: 1, scheduler: new VirtualTimeScheduler() });
    for (const name of ['a', 'b']) tap(memoryPair()[0]).next(utf8(name));
    expect(told(events)).toEqual(['0 sent 1 a', '0 sent 1 b']);
  });

  it('completes the observer when both sides are over', () => {
    const complete = jest.fn();
    const [inner, peer] = memoryPair();
    const flow = wiretap({ complete })(inner);
    flow.subscribe(new Reader());
    peer.complete();
    expect(complete).toHaveBeenCalledTimes(0);
    flow.complete();
    flow.error();
    expect(complete).toHaveBeenCalledTimes(1);
  });

  it('drops an observer that throws, gives it the error, and the connection goes on', () => {
    const error = jest.fn(() => {
      throw new Error('again');
    });
    let calls = 0;
    const next = (): void => {
      calls++;
      throw new Error('broken');
    };
    const [inner, peer] = memoryPair();
    const flow = wiretap({ next, error })(inner);
    const [here, there] = [new Reader(), new Reader()];
    flow.subscribe(here);
    peer.subscribe(there);
    peer.next(utf8('a'));
    flow.next(utf8('b'));
    flow.complete();
    expect([here.text, there.text, there.ends, calls]).toEqual(['a', 'b', ['complete'], 1]);
    expect(error).toHaveBeenCalledWith(new Error('broken'));
  });

  it('passes the error of a function that throws to RxJS, which reports it', () => {
    const before = config.onUnhandledError;
    const unhandled = (config.onUnhandledError = jest.fn());
    try {
      const flow = wiretap(() => {
        throw new Error('broken');
      })(memoryPair()[0]);
      flow.next(utf8('a'));
      flow.next(utf8('b'));
    } finally {
      config.onUnhandledError = before;
    }
    expect(unhandled.mock.calls).toEqual([[new Error('broken')]]);
  });

  it('is what the flow is: its ALPN result, its window, its progress, its demand', () => {
    const [inner, peer] = memoryPair({ capacity: 10 });
    const flow = wiretap(() => undefined)(inner);
    const reader = new Reader({ retain: true });
    flow.subscribe(reader);
    peer.next(bytes(4));
    expect([flow.next(bytes(10)), flow.ready, flow.unacked, flow.window, flow.observed, flow.alpn]).toEqual([
      false,
      false,
      4,
      inner.window,
      true,
      undefined,
    ]);
    const before = flow.progress;
    peer.subscribe(new Reader());
    expect([before, flow.progress, flow.ready]).toEqual([0, 10, true]);
  });

  it.each<WiretapOptions>([{ snap: -1 }, { limit: NaN }])('refuses %o', (options) => {
    expect(() => wiretap(() => undefined, options)).toThrow(RangeError);
  });
});
