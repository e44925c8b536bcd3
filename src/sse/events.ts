/** Server-sent events, as a response (HTML standard, section 9.2). */
import {
  asyncScheduler,
  concat,
  from,
  map,
  Observable,
  type ObservableInput,
  of,
  type SchedulerLike,
  type Subscription,
  takeUntil,
} from 'rxjs';
import { checkWhenSlow, type WhenSlow, whenSlow } from '../demand/when-slow.js';
import type { HttpResponse } from '../drive/response.js';
import { Fields, type FieldsInit } from '../http/fields.js';
import {
  checkNumber,
  checkOptions,
  integerOf,
  objectValue,
  type OptionCheck,
  type OptionTable,
} from '../option-checks.js';
import { formatEvent, type ServerEvent } from './server-event.js';

/** How events are sent. */
export interface EventsOptions {
  /** ms without an event after which a comment is sent, so that proxies keep the connection: 15,000 unless set, `Infinity` for none. */
  readonly heartbeat?: number;
  /** ms that clients wait before they connect again: their own value, a few seconds, unless set. */
  readonly retry?: number;
  /** The policy for a client that does not take its events: `hold` unless set. */
  readonly whenSlow?: WhenSlow;
  /** When it emits, the stream ends: the signal of a graceful shutdown. Clients are asked to connect again after `retry`, or a second. */
  readonly stop?: Observable<unknown>;
  /** Further fields. `content-type`, `cache-control` and `x-accel-buffering` are set unless they are here. */
  readonly headers?: FieldsInit;
  /** The clock of the heartbeat: `asyncScheduler` unless set. */
  readonly scheduler?: SchedulerLike;
}

const timeValue: OptionCheck = (name, value) =>
  void checkNumber(name, value as number, Number.MIN_VALUE, Infinity, 'ms above zero');

const OPTIONS: OptionTable<EventsOptions> = {
  heartbeat: timeValue,
  retry: integerOf(0),
  whenSlow: (_name, value) => checkWhenSlow(value as WhenSlow),
  stop: objectValue,
  headers: objectValue,
  scheduler: objectValue,
};

const HEARTBEAT = 15_000;
/** ms to connect again after a shutdown: long enough for a new instance, and short for a person. */
const RETRY = 1000;

const HEADERS = Fields.from({
  'content-type': 'text/event-stream',
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
});

/**
 * A response of server-sent events. A string is the data of an event. The source is subscribed to once for each client, and unsubscribed
 * when the client disconnects. An event that cannot be expressed is an error of the stream.
 *
 * @throws TypeError or RangeError for invalid options.
 *
 * @example
 * ```ts
 * serve({ port: 8080, stop }, () => events(prices.pipe(map((price) => ({ event: 'price', data: price }))), { stop, whenSlow: 'latest' }));
 * ```
 */
export function events(source: ObservableInput<string | ServerEvent>, options: EventsOptions = {}): HttpResponse {
  checkOptions('events', options, OPTIONS);
  const given = Fields.from(options.headers);
  const headers =
    given.size === 0 ? HEADERS : Fields.from([...HEADERS.without(...[...given].map(([name]) => name)), ...given]);
  return { status: 200, headers, body: eventText(source, options) };
}

/**
 * The text of the events, without a response: to compress it, for one.
 *
 * @throws TypeError or RangeError for invalid options.
 *
 * @example
 * ```ts
 * const gzipped = eventText(source).pipe(map((text) => Buffer.from(text)), through(() => createGzip()));
 * bytes(gzipped, { headers: { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' } });
 * ```
 */
export function eventText(
  source: ObservableInput<string | ServerEvent>,
  options: EventsOptions = {},
): Observable<string> {
  checkOptions('eventText', options, OPTIONS);
  const { retry, stop, heartbeat = HEARTBEAT, whenSlow: policy = 'hold', scheduler = asyncScheduler } = options;
  const values = from(source).pipe(whenSlow(policy), map(formatEvent));
  const alive = withHeartbeat(stop === undefined ? values : values.pipe(takeUntil(stop)), heartbeat, scheduler);
  const begun = retry === undefined ? alive : concat(of(`retry: ${retry}\n\n`), alive);
  if (stop === undefined) return begun;
  let stopped = false;
  // The source may end by itself: then clients keep their own time.
  return new Observable((subscriber) => {
    stopped = false;
    subscriber.add(stop.subscribe({ next: () => (stopped = true), error: () => undefined }));
    const goodbye = new Observable<string>((last) => {
      if (stopped) last.next(`retry: ${retry ?? RETRY}\n\n`);
      last.complete();
    });
    subscriber.add(concat(begun, goodbye).subscribe(subscriber));
  });
}

/** Adds a comment whenever `source` has emitted nothing for `time`. */
function withHeartbeat(source: Observable<string>, time: number, scheduler: SchedulerLike): Observable<string> {
  if (time === Infinity) return source;
  return new Observable((subscriber) => {
    let timer: Subscription | undefined;
    const wait = (): void => {
      timer?.unsubscribe();
      timer = scheduler.schedule(() => {
        subscriber.next(':\n\n');
        if (!subscriber.closed) wait();
      }, time);
    };
    subscriber.add(() => timer?.unsubscribe());
    wait();
    subscriber.add(
      source.subscribe({
        next: (text) => {
          wait();
          subscriber.next(text);
        },
        error: (error: unknown) => subscriber.error(error),
        complete: () => subscriber.complete(),
      }),
    );
  });
}
