/** Operator chains made at random, as data: what fast-check shrinks, and what a failure prints. */
import { fc } from '../properties.js';
import {
  catchError,
  concatMap,
  delay,
  EMPTY,
  filter,
  finalize,
  map,
  mergeMap,
  Observable,
  of,
  type OperatorFunction,
  scan,
  share,
  take,
  takeUntil,
  throwError,
  timer,
  type VirtualTimeScheduler,
} from 'rxjs';
import { consume } from '../../../src/demand/consume.js';
import { hold } from '../../../src/demand/hold.js';
import { Body } from '../../../src/body/body.js';
import { bufferBytes } from '../../../src/body/buffer-bytes.js';
import { rechunk } from '../../../src/body/rechunk.js';
import { tee } from '../../../src/body/tee.js';

export type Stage =
  | { readonly kind: 'map' | 'filter' | 'scan' | 'mergeMap' | 'share' | 'finalize' }
  | { readonly kind: 'consume'; readonly ms: number; readonly concurrency: number }
  | { readonly kind: 'hold' | 'holdConcatMap'; readonly ms: number }
  | { readonly kind: 'rechunk'; readonly size: number }
  | { readonly kind: 'bufferBytes'; readonly max: number; readonly ms: number }
  | { readonly kind: 'relay' | 'tee'; readonly window: number }
  | { readonly kind: 'take'; readonly count: number }
  | { readonly kind: 'takeUntil'; readonly ms: number }
  | { readonly kind: 'catchError' }
  | { readonly kind: 'dropSome' | 'throwAt' | 'failInside'; readonly at: number };

/** How often a property is tried: `wanted`, or fewer where the environment says so, as mutation testing does. */
export function runs(wanted: number): number {
  const most = Number(process.env['PROPERTY_RUNS']);
  return most > 0 ? Math.min(wanted, most) : wanted;
}

const kind = <K extends string>(...kinds: readonly K[]): fc.Arbitrary<K> => fc.constantFrom(...kinds);
const ms = fc.nat({ max: 12 });
const small = fc.integer({ min: 1, max: 40 });

/** Stages that pass every byte on. */
export const preserving: fc.Arbitrary<Stage> = fc.oneof(
  fc.record({ kind: kind('map', 'filter', 'scan', 'mergeMap', 'share', 'finalize') }),
  fc.record({ kind: kind('consume'), ms, concurrency: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ kind: kind('hold', 'holdConcatMap'), ms }),
  fc.record({ kind: kind('rechunk'), size: small }),
  fc.record({ kind: kind('bufferBytes'), max: small, ms }),
  fc.record({ kind: kind('relay', 'tee'), window: small }),
);

/** Stages that end, drop or fail. */
export const cutting: fc.Arbitrary<Stage> = fc.oneof(
  // None is taken by never subscribing: the source waits, and no law covers that.
  fc.record({ kind: kind('take'), count: fc.integer({ min: 1, max: 8 }) }),
  fc.record({ kind: kind('takeUntil'), ms: fc.nat({ max: 60 }) }),
  fc.record({ kind: kind('catchError') }),
  fc.record({ kind: kind('dropSome', 'throwAt', 'failInside'), at: fc.nat({ max: 8 }) }),
);

type Bytes = OperatorFunction<Uint8Array, Uint8Array>;

/** The operator of a stage. */
export function operatorOf(stage: Stage, clock: VirtualTimeScheduler): Bytes {
  const later = <T>(value: T, after: number): Observable<T> => timer(after, clock).pipe(map(() => value));
  switch (stage.kind) {
    case 'map':
      return map((chunk) => chunk);
    case 'filter':
      return filter(() => true);
    case 'scan':
      return scan((_last, chunk) => chunk);
    case 'mergeMap':
      return mergeMap((chunk) => of(chunk));
    case 'share':
      return share();
    case 'finalize':
      return finalize(() => 0);
    case 'consume':
      return consume((chunk) => (stage.ms === 0 ? of(chunk) : later(chunk, stage.ms)), {
        concurrency: stage.concurrency,
      });
    case 'hold':
      return hold(delay(stage.ms, clock));
    case 'holdConcatMap':
      return hold(concatMap((chunk) => later(chunk, stage.ms)));
    case 'rechunk':
      return rechunk(stage.size);
    case 'bufferBytes':
      return bufferBytes(stage.max, stage.ms, clock);
    case 'relay':
      return (source) =>
        new Observable((subscriber) => {
          const body = new Body({ window: stage.window, limit: Infinity });
          subscriber.add(body.drained.subscribe({ complete: () => body.cancelled && reading.unsubscribe() }));
          const reading = source.subscribe(body);
          subscriber.add(reading);
          body.subscribe(subscriber);
        });
    case 'tee':
      return (source) => {
        const [main, other] = tee(2, { window: stage.window })(source);
        other!.pipe(hold(delay(1, clock))).subscribe({ error: () => 0 });
        return main!;
      };
    case 'take':
      return take(stage.count);
    case 'takeUntil':
      return takeUntil(timer(stage.ms, clock));
    case 'catchError':
      return catchError(() => EMPTY);
    case 'dropSome':
      return filter((_chunk, index) => index % (stage.at + 1) !== 0);
    case 'throwAt':
      return map((chunk, index) => {
        if (index === stage.at) throw new Error('thrown in a stage');
        return chunk;
      });
    case 'failInside':
      return consume((chunk, index) => (index === stage.at ? throwError(() => new Error('inside')) : later(chunk, 3)));
  }
}

/** `source` through all of `stages`. */
export function through(
  source: Observable<Uint8Array>,
  stages: readonly Stage[],
  clock: VirtualTimeScheduler,
): Observable<Uint8Array> {
  return stages.reduce((observable, stage) => observable.pipe(operatorOf(stage, clock)), source);
}
