/** Operators that `hold` cannot hold: they do not emit one value for each, in order. */

const WITHOUT = 'It retains by itself: leave `hold` out.';
const BATCH = 'Use `bufferBytes(max, ms)` or `rechunk(size)`, without `hold`.';
const UNORDERED = 'Use `consume(work, { concurrency })`.';
const WHOLE = 'Use `collect({ limit })`, without `hold`.';
const BESIDE = 'Put it before or after `hold`.';

const advice = (text: string, ...names: readonly string[]): [string, string][] => names.map((name) => [name, text]);

/** By name: the advice. */
export const NOT_ONE_TO_ONE: ReadonlyMap<string, string> = new Map([
  ...advice(WITHOUT, 'bufferBytes', 'collect', 'consume', 'rechunk', 'through'),
  ...advice(BATCH, 'buffer', 'bufferCount', 'bufferTime', 'bufferToggle', 'bufferWhen', 'pairwise'),
  ...advice(
    UNORDERED,
    'exhaustMap',
    'expand',
    'flatMap',
    'mergeAll',
    'mergeMap',
    'mergeScan',
    'switchAll',
    'switchMap',
  ),
  ...advice(WHOLE, 'count', 'last', 'max', 'min', 'reduce', 'takeLast', 'toArray'),
  ...advice(
    BESIDE,
    'audit',
    'auditTime',
    'debounce',
    'debounceTime',
    'sample',
    'sampleTime',
    'throttle',
    'throttleTime',
  ),
  ...advice(BESIDE, 'distinct', 'distinctUntilChanged', 'filter', 'ignoreElements', 'skip', 'skipUntil', 'skipWhile'),
  ...advice(BESIDE, 'endWith', 'repeat', 'skipLast', 'startWith', 'elementAt', 'first', 'single', 'find', 'groupBy'),
  ...advice(
    BESIDE,
    'window',
    'windowCount',
    'windowTime',
    'windowToggle',
    'windowWhen',
    'withLatestFrom',
    'combineLatestWith',
  ),
]);
