/** Virtual time sees everything: the core starts no timer, no promise and no microtask of its own. */
import { delay, map, of, timer, VirtualTimeScheduler } from 'rxjs';
import { consume } from '../demand/consume.js';
import { hold } from '../demand/hold.js';
import { memoryPair } from '../flow/memory-pair.js';
import { Body } from './body.js';
import { Accounted, Reader, utf8 } from '../../test/kits/units/bodies.js';
import { bufferBytes } from './buffer-bytes.js';
import { fromPull } from './from-pull.js';
import { rechunk } from './rechunk.js';
import { tee } from './tee.js';

/** Runs `scenario`, and says which native clocks it used. */
function nativeCallsOf(scenario: () => void): string[] {
  const used: string[] = [];
  const spies = [
    ...(['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'] as const).map((name) => {
      const native = globalThis[name] as (...parts: unknown[]) => unknown;
      return jest.spyOn(globalThis, name).mockImplementation(((...parts: unknown[]) => {
        used.push(name);
        return native(...parts);
      }) as never);
    }),
    jest.spyOn(process, 'nextTick').mockImplementation(() => void used.push('nextTick')),
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its `this` below
    ...[Promise.prototype.then].map((then) =>
      jest.spyOn(Promise.prototype, 'then').mockImplementation(function (this: Promise<unknown>, ...parts) {
        used.push('then');
        return then.apply(this, parts);
      }),
    ),
  ];
  try {
    scenario();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return used;
}

describe('native time', () => {
  it('is noticed where it is used', () => {
    const used = nativeCallsOf(() => {
      queueMicrotask(() => 0);
      void Promise.resolve().then(() => 0);
      setTimeout(() => 0);
    });
    expect(used).toEqual(['queueMicrotask', 'then', 'setTimeout']);
  });

  it('is not used by bodies, operators and pulled iterables', () => {
    const reader = new Reader({ retain: true });
    const used = nativeCallsOf(() => {
      const clock = new VirtualTimeScheduler();
      const source = new Accounted({ window: 8 });
      const relayed = new Body({ window: 4 });
      const [main, other] = tee(2, { window: 4 })(relayed);
      source.body
        .pipe(
          consume((chunk) => timer(2, clock).pipe(map(() => chunk))),
          hold(delay(1, clock)),
          rechunk(3),
          bufferBytes(6, 4, clock),
        )
        .subscribe(relayed);
      other!.text().subscribe();
      main!.subscribe(reader);
      source.feed(40, 4);
      for (let turn = 0; turn < 50; turn++) {
        clock.flush();
        reader.releaseAll();
      }
      fromPull(['a', utf8('b')])
        .pipe(consume(() => of(1)))
        .subscribe();
      const cancelled = new Body();
      cancelled.subscribe().unsubscribe();
      cancelled.error(new Error('over'));
    });
    expect([used, reader.text.length, reader.ends]).toEqual([[], 40, ['complete']]);
  });

  it('is not used by flows in memory', () => {
    const reader = new Reader();
    const used = nativeCallsOf(() => {
      const scheduler = new VirtualTimeScheduler();
      const [left, right] = memoryPair({ latency: 3, fragment: 2, capacity: 6, scheduler });
      right.subscribe(right);
      left.subscribe(reader);
      left.next(utf8('hello'));
      left.complete();
      scheduler.flush();
      left.error();
    });
    expect([used, reader.text, reader.ends]).toEqual([[], 'hello', ['complete']]);
  });
});
