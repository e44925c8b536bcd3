/** The client of server-sent events: it connects again by itself (HTML standard, section 9.2.3). */
import {
  asyncScheduler,
  defer,
  EMPTY,
  mergeMap,
  type Observable,
  repeat,
  retry,
  type SchedulerLike,
  throwError,
  timer,
} from 'rxjs';
import type { Client } from '../client/client.js';
import type { ClientResponse } from '../client/response.js';
import { ClientError } from '../errors.js';
import { Fields, type FieldsInit } from '../http/fields.js';
import {
  checkBytes,
  checkNumber,
  checkOptions,
  integerOf,
  objectValue,
  type OptionTable,
  stringValue,
} from '../option-checks.js';
import { parseEvents, type ReceivedEvent } from './parse-events.js';

/** How events are read from a server. */
export interface EventSourceOptions {
  /** Further fields of each request. */
  readonly headers?: FieldsInit;
  /** The id to begin after: none unless set. */
  readonly lastEventId?: string;
  /** ms before the next connection, until the server says another value: 3000 unless set. */
  readonly retry?: number;
  /** ms without a byte after which the connection is given up, and the next one made: never unless set. */
  readonly silence?: number;
  /** Characters of one event: 1 Mi unless set. */
  readonly limit?: number;
  /** The clock of the waits: `asyncScheduler` unless set. */
  readonly scheduler?: SchedulerLike;
}

const OPTIONS: OptionTable<EventSourceOptions> = {
  headers: objectValue,
  lastEventId: stringValue,
  retry: integerOf(0),
  silence: (name, value) => void checkNumber(name, value as number, Number.MIN_VALUE, Infinity, 'ms above zero'),
  limit: (name, value) => void checkBytes(name, value as number),
  scheduler: objectValue,
};

const RETRY = 3000;

/** Errors after which the next connection may succeed. */
const PASSING: ReadonlySet<string> = new Set([
  ...['connect-failed', 'connect-timeout', 'handshake-timeout', 'queue-timeout', 'queue-full'],
  ...[
    'headers-timeout',
    'body-timeout',
    'write-timeout',
    'connection-reset',
    'closed',
    'refused',
    'truncated',
    'protocol-error',
  ],
]);

/**
 * The events of `url`, over HTTP/1.1 or HTTP/2. It is cold: each subscription connects. When the connection ends or breaks, it connects again
 * after the server's `retry`, with `Last-Event-ID`. It completes when the server responds with 204.
 *
 * Errors: `ClientError` `bad-status` for any other status than 200 and 204, `malformed-response` for another Content-Type, and errors that
 * the next connection would have again. `retry()` of RxJS subscribes again; the last id is lost then.
 *
 * @throws TypeError or RangeError for invalid options.
 *
 * @example
 * ```ts
 * eventSource(client(), 'https://example.com/events').subscribe(({ type, data }) => console.log(type, data));
 * ```
 */
export function eventSource(
  http: Client,
  url: string | URL,
  options: EventSourceOptions = {},
): Observable<ReceivedEvent> {
  checkOptions('eventSource', options, OPTIONS);
  const { silence = Infinity, limit, scheduler = asyncScheduler } = options;
  return defer(() => {
    let wait = options.retry ?? RETRY;
    let id = options.lastEventId ?? '';
    let ended = false;
    const once = defer(() =>
      http.get(url, { headers: fieldsOf(options.headers, id), bodyTimeout: silence }).pipe(
        mergeMap((response) => {
          if (response.status === 204) {
            ended = true;
            return EMPTY;
          }
          return checked(response).body.pipe(
            parseEvents({
              lastEventId: id,
              onId: (last) => (id = last),
              onRetry: (ms) => (wait = ms),
              ...(limit === undefined ? {} : { limit }),
            }),
          );
        }),
      ),
    );
    const again = (): Observable<unknown> => timer(wait, scheduler);
    return once.pipe(
      retry({ delay: (error: unknown) => (isPassing(error) ? again() : throwError(() => error)) }),
      repeat({ delay: () => (ended ? EMPTY : again()) }),
    );
  });
}

function fieldsOf(headers: FieldsInit | undefined, id: string): Fields {
  let fields = Fields.from(headers);
  if (!fields.has('accept')) fields = fields.with('accept', 'text/event-stream');
  if (!fields.has('cache-control')) fields = fields.with('cache-control', 'no-store');
  return id === '' ? fields : fields.with('last-event-id', Buffer.from(id).toString('latin1'));
}

function checked(response: ClientResponse): ClientResponse {
  const { status, headers } = response;
  const type = (headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
  if (status === 200 && type === 'text/event-stream') return response;
  response.discard();
  const head = { status, headers };
  if (status !== 200)
    throw new ClientError('bad-status', `the server of events responded with ${status}`, { response: head });
  const words = 'the Content-Type of a stream of events is text/event-stream';
  throw new ClientError('malformed-response', words, { response: head });
}

function isPassing(error: unknown): boolean {
  return error instanceof ClientError && PASSING.has(error.code);
}
