/**
 * The operators of RxJS that queue the chunks of a body without bound, and their replacements. The list is measured (see
 * `docs/operators.md`).
 */

/** The facts about an operator that leaks. */
export interface LeakingOperator {
  /** The replacement, in words. */
  readonly instead: string;
  /**
   * When it leaks: always, unless given. `work`: if the Observable that it makes of a chunk does not end at once; `inner`: if the one that
   * it is given does not. `unbounded`: unless its first argument limits how much it keeps. `unkeyed`: unless it is given a key to keep
   * instead of the chunk.
   */
  readonly when?: 'work' | 'inner' | 'unbounded' | 'unkeyed';
  /** The replacement that a machine can write. */
  readonly rewrite?: 'consume' | 'consume-at-once' | 'hold';
}

const batch = { instead: '`bufferBytes(max, ms)` or `rechunk(size)`' } as const;
const held = (call: string): LeakingOperator => ({ instead: `\`hold(${call})\``, rewrite: 'hold' });
const inOrder: LeakingOperator = { instead: '`consume(work)`', when: 'work', rewrite: 'consume' };
const atOnce: LeakingOperator = {
  instead: '`consume(work, { concurrency })`',
  when: 'work',
  rewrite: 'consume-at-once',
};
const innerLater: LeakingOperator = { instead: '`consume(work)` in place of `map(work)` and this', when: 'inner' };
const replay: LeakingOperator = { instead: '`tee(n)`, or a replay of a few', when: 'unbounded' };
const pairing: LeakingOperator = {
  instead: '`hold(zipWith(...))`, if the other source goes on as long as this one',
};

/** By name. */
export const LEAKING_OPERATORS: Readonly<Record<string, LeakingOperator>> = {
  buffer: batch,
  bufferTime: batch,
  bufferToggle: batch,
  bufferWhen: batch,
  combineAll: innerLater,
  combineLatestAll: innerLater,
  concatAll: innerLater,
  concatMap: inOrder,
  concatMapTo: { instead: '`consume(() => work)`' },
  delay: held('delay(ms)'),
  delayWhen: { instead: '`consume((chunk) => notifier.pipe(map(() => chunk)))`' },
  distinct: { instead: '`distinct(key)`, or `distinctUntilChanged()`', when: 'unkeyed' },
  expand: { instead: '`consume(work)`, with the recursion within it', when: 'work' },
  flatMap: atOnce,
  mergeAll: innerLater,
  mergeMap: atOnce,
  mergeMapTo: { instead: '`consume(() => work, { concurrency })`' },
  mergeScan: { instead: '`consume(work)`, with the state beside it', when: 'work' },
  multicast: { instead: '`tee(n)`, or a Subject that replays nothing', when: 'unbounded' },
  observeOn: held('observeOn(scheduler)'),
  publishReplay: replay,
  sequenceEqual: { instead: '`collect({ limit })` of both, compared' },
  shareReplay: replay,
  takeLast: { instead: '`collect({ limit })`, or the last few', when: 'unbounded' },
  toArray: { instead: '`collect({ limit })`' },
  zip: pairing,
  zipAll: innerLater,
  zipWith: pairing,
};

/** Operators downstream of which the chunks end. They emit a value at most; or the program has chosen to drop chunks over time. */
export const ENDING_OPERATORS: ReadonlySet<string> = new Set([
  ...['count', 'elementAt', 'every', 'find', 'findIndex', 'first', 'ignoreElements', 'isEmpty', 'last', 'max', 'min'],
  ...['reduce', 'sequenceEqual', 'single', 'takeLast', 'toArray'],
  ...['audit', 'auditTime', 'combineLatest', 'combineLatestWith', 'debounce', 'debounceTime', 'exhaust', 'exhaustAll'],
  ...['exhaustMap', 'sample', 'sampleTime', 'switchAll', 'switchMap', 'switchMapTo', 'switchScan', 'throttle'],
  ...['throttleTime', 'withLatestFrom'],
]);
