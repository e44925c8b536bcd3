/**
 * Every operator of RxJS, as it would stand downstream of a body. `held-bytes.ts` measures with these what `docs/operators.md` states about
 * each. The text of an expression in the documents is the text here.
 *
 * If an operator works with something else (an inner Observable, a notifier, a second source), that is asynchronous, unless the label has
 * another word. Synchronous work is never a danger.
 */
/* eslint-disable @typescript-eslint/no-deprecated -- what is deprecated is still used, and measured too */
import * as rx from 'rxjs';
import { bufferBytes, consume, hold, rechunk, tee } from 'rxpaf';

/** What is put between a body and its reader. */
export type Stage = (body: rx.Observable<Uint8Array>) => rx.Observable<unknown>;

/** An operator has a case, or several, each with its own label. */
export type Cases = Readonly<Record<string, (() => Stage) | Readonly<Record<string, () => Stage>>>>;

const {
  asyncScheduler,
  concat,
  EMPTY,
  interval,
  map,
  merge,
  mergeAll,
  NEVER,
  of,
  onErrorResumeNext,
  partition,
  pipe,
  race,
  ReplaySubject,
  Subject,
  timer,
  zip,
  combineLatest,
} = rx;

/** Work that is done 5 ms later. */
const later = <T>(chunk: T): rx.Observable<T> => timer(5).pipe(map(() => chunk));
const never = (): rx.Observable<never> => NEVER;
const ticks = interval(5);
const NOTHING: Uint8Array = new Uint8Array(0);
const others = ticks.pipe(map(() => NOTHING));

/** Operators that wait for something, or make others wait. */
export const ASYNCHRONOUS = {
  audit: () => rx.audit(() => timer(5)),
  auditTime: () => rx.auditTime(5),
  buffer: () => rx.buffer(interval(1000)),
  bufferCount: () => rx.bufferCount(4),
  bufferTime: () => rx.bufferTime(1000),
  bufferToggle: () => rx.bufferToggle(of(0), () => timer(1000)),
  bufferWhen: () => rx.bufferWhen(() => timer(1000)),
  combineAll: () => pipe(map(later), rx.combineAll()),
  combineLatestAll: () => pipe(map(later), rx.combineLatestAll()),
  concatAll: () => pipe(map(later), rx.concatAll()),
  concatMap: {
    'work that ends later': () => rx.concatMap(later),
    'work that ends at once': () => rx.concatMap((chunk) => of(chunk)),
  },
  concatMapTo: () => rx.concatMapTo(timer(5)),
  debounce: () => rx.debounce(() => timer(5)),
  debounceTime: () => rx.debounceTime(5),
  delay: () => rx.delay(1000),
  delayWhen: () => rx.delayWhen(() => timer(1000)),
  exhaust: () => pipe(map(later), rx.exhaust()),
  exhaustAll: () => pipe(map(later), rx.exhaustAll()),
  exhaustMap: () => rx.exhaustMap(later),
  expand: {
    'work that ends later': () => rx.expand((chunk, depth) => (depth === 0 ? later(chunk) : EMPTY), 1),
    'work that ends at once': () => rx.expand(() => EMPTY),
  },
  flatMap: () => rx.flatMap(later, 1),
  mergeAll: () => pipe(map(later), rx.mergeAll()),
  mergeMap: {
    'work that ends later': () => rx.mergeMap(later),
    'work that ends later, 2 at once': () => rx.mergeMap(later, 2),
    'work that ends at once': () => rx.mergeMap((chunk) => of(chunk)),
  },
  mergeMapTo: () => rx.mergeMapTo(timer(5), 1),
  mergeScan: () => rx.mergeScan((_, chunk) => later(chunk), NOTHING, 1),
  observeOn: () => rx.observeOn(asyncScheduler, 1000),
  sample: () => rx.sample(ticks),
  sampleTime: () => rx.sampleTime(5),
  sequenceEqual: () => rx.sequenceEqual(others, () => true),
  switchAll: () => pipe(map(later), rx.switchAll()),
  switchMap: () => rx.switchMap(later),
  switchMapTo: () => rx.switchMapTo(timer(5)),
  switchScan: () => rx.switchScan((_, chunk) => later(chunk), NOTHING),
  throttle: () => rx.throttle(() => timer(5)),
  throttleTime: () => rx.throttleTime(5),
  combineLatest: () => (body) => combineLatest([body, timer(5)]),
  combineLatestWith: () => rx.combineLatestWith(timer(5)),
  withLatestFrom: () => rx.withLatestFrom(timer(5)),
  zip: () => (body) => zip(body, ticks),
  zipAll: () => pipe(map(later), rx.zipAll()),
  zipWith: () => rx.zipWith(ticks),
} satisfies Cases;

/** Operators that keep what has passed, or some of it. */
export const KEEPING = {
  connect: () => rx.connect((shared) => shared),
  distinct: {
    'by the chunk': () => rx.distinct(),
    'by a key': () => rx.distinct((chunk) => chunk[0]),
  },
  groupBy: () =>
    pipe(
      rx.groupBy(() => 'all'),
      mergeAll(),
    ),
  multicast: {
    'a Subject': () =>
      pipe(
        rx.multicast(() => new Subject<Uint8Array>()),
        rx.refCount(),
      ),
    'a ReplaySubject': () =>
      pipe(
        rx.multicast(() => new ReplaySubject<Uint8Array>()),
        rx.refCount(),
      ),
  },
  pairwise: () => rx.pairwise(),
  publish: () => pipe(rx.publish(), rx.refCount()),
  publishBehavior: () => pipe(rx.publishBehavior(NOTHING), rx.refCount()),
  publishLast: () => pipe(rx.publishLast(), rx.refCount()),
  publishReplay: {
    'of all': () => pipe(rx.publishReplay(), rx.refCount()),
    'of the last': () => pipe(rx.publishReplay(1), rx.refCount()),
  },
  refCount: () => pipe(rx.publish(), rx.refCount()),
  share: () => rx.share(),
  shareReplay: {
    'of all': () => rx.shareReplay(),
    'of the last': () => rx.shareReplay(1),
  },
  skipLast: () => rx.skipLast(2),
  takeLast: {
    'a few': () => rx.takeLast(2),
    all: () => rx.takeLast(Infinity),
  },
  toArray: () => rx.toArray(),
  window: () => pipe(rx.window(ticks), mergeAll()),
  windowCount: () => pipe(rx.windowCount(4), mergeAll()),
  windowTime: () => pipe(rx.windowTime(5), mergeAll()),
  windowToggle: () => pipe(rx.windowToggle(of(0), never), mergeAll()),
  windowWhen: () =>
    pipe(
      rx.windowWhen(() => timer(5)),
      mergeAll(),
    ),
} satisfies Cases;

/** Operators that work within the delivery. */
export const SYNCHRONOUS = {
  catchError: () => rx.catchError(never),
  concat: () => (body) => concat(body, of(0)),
  concatWith: () => rx.concatWith(of(0)),
  count: () => rx.count(),
  defaultIfEmpty: () => rx.defaultIfEmpty(0),
  dematerialize: () => pipe(rx.materialize(), rx.dematerialize()),
  distinctUntilChanged: () => rx.distinctUntilChanged(),
  distinctUntilKeyChanged: () => rx.distinctUntilKeyChanged('buffer'),
  elementAt: () => rx.elementAt(50),
  endWith: () => rx.endWith(0),
  every: () => rx.every(() => true),
  filter: () => rx.filter((_, index) => index % 2 === 0),
  finalize: () => rx.finalize(() => undefined),
  find: () => rx.find((_, index) => index === 50),
  findIndex: () => rx.findIndex((_, index) => index === 50),
  first: () => rx.first(),
  ignoreElements: () => rx.ignoreElements(),
  isEmpty: () => rx.isEmpty(),
  last: () => rx.last(),
  map: () => rx.map((chunk) => chunk),
  mapTo: () => rx.mapTo(0),
  materialize: () => rx.materialize(),
  max: () => rx.max((a, b) => a[0]! - b[0]!),
  merge: () => (body) => merge(body, of(0)),
  mergeWith: () => rx.mergeWith(of(0)),
  min: () => rx.min((a, b) => a[0]! - b[0]!),
  onErrorResumeNext: () => (body) => onErrorResumeNext(body, of(0)),
  onErrorResumeNextWith: () => rx.onErrorResumeNextWith(of(0)),
  partition: () => (body) => partition(body, () => true)[0],
  pluck: () => rx.pluck('length'),
  race: () => (body) => race(body, NEVER),
  raceWith: () => rx.raceWith(NEVER),
  reduce: () => rx.reduce((total, chunk) => total + chunk.length, 0),
  repeat: () => rx.repeat(2),
  repeatWhen: () => rx.repeatWhen((ends) => ends),
  retry: () => rx.retry(2),
  retryWhen: () => rx.retryWhen((errors) => errors),
  scan: () => rx.scan((_, chunk) => chunk),
  single: () => rx.single((_, index) => index === 50),
  skip: () => rx.skip(2),
  skipUntil: () => rx.skipUntil(of(0)),
  skipWhile: () => rx.skipWhile((_, index) => index < 2),
  startWith: () => rx.startWith(0),
  subscribeOn: () => rx.subscribeOn(asyncScheduler, 5),
  take: () => rx.take(50),
  takeUntil: () => rx.takeUntil(NEVER),
  takeWhile: () => rx.takeWhile((_, index) => index < 50),
  tap: () => rx.tap(() => undefined),
  throwIfEmpty: () => rx.throwIfEmpty(),
  timeInterval: () => rx.timeInterval(),
  timeout: () => rx.timeout(60_000),
  timeoutWith: () => rx.timeoutWith(60_000, NEVER),
  timestamp: () => rx.timestamp(),
} satisfies Cases;

/** What stands in the place of an operator that leaks. */
export const REPLACEMENTS = {
  consume: {
    'in order': () => consume(later),
    '4 at once': () => consume(later, { concurrency: 4 }),
  },
  hold: {
    delay: () => hold(rx.delay(1000)),
    observeOn: () => hold(rx.observeOn(asyncScheduler, 1000)),
    zipWith: () => hold(rx.zipWith(ticks)),
  },
  bufferBytes: () => bufferBytes(64_000, 1000),
  rechunk: () => rechunk(64_000),
  tee: () => (body) => merge(...tee(2)(body)),
} satisfies Cases;
