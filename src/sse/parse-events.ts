/** The events of a stream of bytes (HTML standard, sections 9.2.5 and 9.2.6). */
import { type OperatorFunction, type Subscriber } from 'rxjs';
import { derive } from '../demand/demand-observable.js';
import { OperatorSubscriber } from '../demand/operator-subscriber.js';
import { BodyError } from '../errors.js';
import { checkBytes, checkOptions, functionValue, type OptionTable, stringValue } from '../option-checks.js';

/** An event that came. */
export interface ReceivedEvent {
  /** `message`, or the type that the server gave it. */
  readonly type: string;
  readonly data: string;
  /** The last id up to this event: '' before the first. */
  readonly lastEventId: string;
}

/** How a stream of events is read. */
export interface ParseOptions {
  /** Characters of one event, all its lines together: 1 Mi unless set. Past it: `body-too-large`. */
  readonly limit?: number;
  /** The id of the last event before this stream: '' unless set. */
  readonly lastEventId?: string;
  /** Gets each `retry` of the server: the ms to wait before the next connection. */
  readonly onRetry?: (ms: number) => void;
  /** Gets each id, also of an event without data. */
  readonly onId?: (id: string) => void;
}

const OPTIONS: OptionTable<ParseOptions> = {
  limit: (name, value) => void checkBytes(name, value as number),
  lastEventId: stringValue,
  onRetry: functionValue,
  onId: functionValue,
};

const LIMIT = 1024 * 1024;

/**
 * Reads server-sent events from bytes, however they are cut: UTF-8, a byte order mark, and all three ends of line. An event without its
 * empty line at the end of the stream is discarded, as the standard says. Backpressure is that of the source: an event is emitted within the
 * delivery of its last bytes.
 *
 * Errors: `BodyError` `body-too-large` for an event of more than `limit` characters.
 *
 * @throws TypeError or RangeError for invalid options.
 *
 * @example
 * ```ts
 * http.get('/events').pipe(mergeMap(({ body }) => body.pipe(parseEvents()))).subscribe(({ type, data }) => console.log(type, data));
 * ```
 */
export function parseEvents(options: ParseOptions = {}): OperatorFunction<Uint8Array, ReceivedEvent> {
  checkOptions('parseEvents', options, OPTIONS);
  return (source) =>
    derive<ReceivedEvent>(source, (subscriber) => void source.subscribe(new EventParser(subscriber, options)));
}

class EventParser extends OperatorSubscriber<Uint8Array, ReceivedEvent> {
  /** It removes a byte order mark. */
  private readonly decoder = new TextDecoder();
  /** The begin of a line that is not whole. */
  private rest = '';
  /** A CR was the last character: a LF after it is not another end of line. */
  private afterCr = false;
  private data: string[] = [];
  private size = 0;
  private type = '';
  private lastEventId: string;
  private readonly limit: number;

  constructor(
    to: Subscriber<ReceivedEvent>,
    private readonly options: ParseOptions,
  ) {
    super(to);
    this.limit = options.limit ?? LIMIT;
    this.lastEventId = options.lastEventId ?? '';
  }

  protected override _next(chunk: Uint8Array): void {
    let text = this.decoder.decode(chunk, { stream: true });
    if (this.afterCr && text !== '') {
      this.afterCr = false;
      if (text.startsWith('\n')) text = text.slice(1);
    }
    let start = 0;
    for (let at = nextEnd(text, 0); at >= 0 && !this.closed; at = nextEnd(text, start)) {
      const line = this.rest + text.slice(start, at);
      this.rest = '';
      start = at + 1;
      if (text[at] === '\r') {
        if (start === text.length) this.afterCr = true;
        else if (text[start] === '\n') start++;
      }
      this.line(line);
    }
    if (this.closed) return;
    this.rest += text.slice(start);
    if (this.size + this.rest.length > this.limit) this.tooLarge();
  }

  private line(line: string): void {
    if (line === '') return this.dispatch();
    this.size += line.length;
    if (this.size > this.limit) return this.tooLarge();
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    switch (name) {
      case 'data':
        this.data.push(value);
        break;
      case 'event':
        this.type = value;
        break;
      case 'id':
        if (!value.includes('\0')) {
          this.lastEventId = value;
          this.options.onId?.(value);
        }
        break;
      case 'retry':
        if (/^[0-9]+$/.test(value)) this.options.onRetry?.(Number(value));
    }
  }

  private dispatch(): void {
    const { data, type, lastEventId } = this;
    this.data = [];
    this.type = '';
    this.size = 0;
    if (data.length > 0) this.to.next({ type: type === '' ? 'message' : type, data: data.join('\n'), lastEventId });
  }

  private tooLarge(): void {
    this.error(new BodyError('body-too-large', `an event is larger than its limit of ${this.limit} characters`, 413));
  }
}

function nextEnd(text: string, from: number): number {
  const lf = text.indexOf('\n', from);
  const cr = text.indexOf('\r', from);
  if (lf < 0 || cr < 0) return Math.max(lf, cr);
  return Math.min(lf, cr);
}
