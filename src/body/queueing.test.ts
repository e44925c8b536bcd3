/** What waits where: 2 MB, through an asynchronous stage of RxJS as it is, and through one that keeps demand. */
import { concatMap, delay, map, type OperatorFunction, timer, VirtualTimeScheduler } from 'rxjs';
import { consume } from '../demand/consume.js';
import { hold } from '../demand/hold.js';
import { Accounted } from '../../test/kits/units/bodies.js';

const KIB = 1024;
const TOTAL = 2 * KIB * KIB;
const CHUNK = 16 * KIB;
const WINDOW = 64 * KIB;

/** The most bytes that were written and had not come out. */
function peakThrough(operatorAt: (clock: VirtualTimeScheduler) => OperatorFunction<Uint8Array, Uint8Array>): number {
  const clock = new VirtualTimeScheduler();
  const source = new Accounted({ window: WINDOW });
  let out = 0;
  let peak = 0;
  source.body.pipe(operatorAt(clock)).subscribe((chunk) => (out += chunk.length));
  const write = source.write.bind(source);
  source.write = (chunk) => {
    const more = write(chunk);
    peak = Math.max(peak, source.written - out);
    return more;
  };
  source.feed(TOTAL, CHUNK);
  clock.flush();
  expect(out).toBe(TOTAL);
  expect(source.body.unacked).toBe(0);
  return peak;
}

describe('2 MB from a writer that listens', () => {
  it('queue in full in concatMap and in delay', () => {
    expect(peakThrough((clock) => concatMap((chunk) => timer(1, clock).pipe(map(() => chunk))))).toBe(TOTAL);
    expect(peakThrough((clock) => delay(1, clock))).toBe(TOTAL);
  });

  it('wait up to W in consume and in hold', () => {
    const consumed = peakThrough((clock) => consume((chunk) => timer(1, clock).pipe(map(() => chunk))));
    const held = peakThrough((clock) => hold(delay(1, clock)));
    const heldWork = peakThrough((clock) => hold(concatMap((chunk) => timer(1, clock).pipe(map(() => chunk)))));
    for (const peak of [consumed, held, heldWork]) expect(peak).toBeLessThanOrEqual(WINDOW + CHUNK);
  });
});
