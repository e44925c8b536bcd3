/** The observation of one request by its program: an AbortSignal that ends it, and the progress of its content in both directions. */
import type { Observable, Observer, Subscriber } from 'rxjs';
import { fromPull } from '../body/from-pull.js';
import { utf8 } from '../bytes.js';
import { type AsyncContext, asyncContexts } from '../demand/async-context.js';
import { derive } from '../demand/demand-observable.js';
import { scope } from '../demand/lease.js';
import { OperatorSubscriber } from '../demand/operator-subscriber.js';
import { reportUnhandled } from '../demand/unhandled-error.js';
import { type PlainContent, sourceOf } from '../drive/content.js';
import { ClientError } from '../errors.js';
import type { Fields } from '../http/fields.js';

/** How much of the content of a message has been transferred. */
export interface Progress {
  /** Bytes so far, as they are on the wire: before a content coding is removed. */
  readonly loaded: number;
  /** Bytes of the whole, if it is known. */
  readonly total: number | undefined;
}

/** An observer of progress: a Subject, for one. It is never completed, so several requests can share it. */
export type ProgressObserver = Pick<Observer<Progress>, 'next'>;

/** The options of a request that observe it, and its own time limits. */
export interface RequestWatch {
  readonly headTimeout?: number | undefined;
  readonly bodyTimeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly uploadProgress?: ProgressObserver | undefined;
  readonly downloadProgress?: ProgressObserver | undefined;
}

/** The part of `init` that observes the request, or undefined if it has none. */
export function watchOf(init: RequestWatch): RequestWatch | undefined {
  const { signal, uploadProgress, downloadProgress, headTimeout, bodyTimeout } = init;
  const isObserved = signal !== undefined || uploadProgress !== undefined || downloadProgress !== undefined;
  if (!isObserved && headTimeout === undefined && bodyTimeout === undefined) return undefined;
  return { signal, uploadProgress, downloadProgress, headTimeout, bodyTimeout };
}

// AbortSignal.

/** A request, or its response, that a signal can end. */
export interface Abortable {
  onAborted(error: ClientError): void;
}

/** The error of a request that `signal` aborted. */
export function abortedBy(signal: AbortSignal): ClientError {
  return new ClientError('aborted', 'the AbortSignal of the request was aborted', { cause: signal.reason });
}

/** Listens to a signal as long as there is something to end: a signal of a long life keeps no finished request. */
export class AbortListener {
  constructor(
    private readonly signal: AbortSignal,
    private readonly target: Abortable,
  ) {
    signal.addEventListener('abort', this);
  }

  handleEvent(): void {
    this.stop();
    this.target.onAborted(abortedBy(this.signal));
  }

  stop(): void {
    this.signal.removeEventListener('abort', this);
  }
}

// Progress.

/** Bytes that a whole message is cut into, so that its progress can be seen. */
const PIECE = 64 * 1024;

/** Counts bytes, and reports each step. */
class ProgressReport {
  private loaded = 0;

  constructor(
    private readonly observer: ProgressObserver,
    private readonly total: number | undefined,
    private readonly context: AsyncContext | undefined,
  ) {
    this.report();
  }

  add(size: number): void {
    this.loaded += size;
    this.report();
  }

  /** Outside of any delivery: an observer that keeps a report must not hold the connection. */
  private report(): void {
    const { context } = this;
    const outer = scope.current;
    scope.current = undefined;
    try {
      if (context === undefined) this.emit();
      else context.runInAsyncScope(() => this.emit(), undefined);
    } finally {
      scope.current = outer;
    }
  }

  private emit(): void {
    try {
      this.observer.next({ loaded: this.loaded, total: this.total });
    } catch (error) {
      reportUnhandled(error);
    }
  }
}

/**
 * The content of one attempt, as a stream that reports to `observer`. A chunk counts when the connection has accepted it.
 *
 * @param length - its length in bytes, if it is known.
 */
export function observedContent(
  content: PlainContent,
  length: number | undefined,
  observer: ProgressObserver,
): Observable<Uint8Array | string> {
  const context = asyncContexts.current?.capture();
  const source =
    typeof content === 'string' || content instanceof Uint8Array ? fromPull(piecesOf(content)) : sourceOf(content);
  return derive(source as Observable<Uint8Array>, (subscriber) => {
    source.subscribe(new Counting(subscriber, new ProgressReport(observer, length, context)));
  });
}

/** `content` in pieces, each a view of it. */
function piecesOf(content: string | Uint8Array): Iterable<Uint8Array> {
  const bytes = typeof content === 'string' ? utf8(content) : content;
  return Array.from({ length: Math.ceil(bytes.length / PIECE) }, (_, index) =>
    bytes.subarray(index * PIECE, (index + 1) * PIECE),
  );
}

class Counting extends OperatorSubscriber<Uint8Array | string, Uint8Array | string> {
  constructor(
    to: Subscriber<Uint8Array | string>,
    private readonly progress: ProgressReport,
  ) {
    super(to);
  }

  protected override _next(chunk: Uint8Array | string): void {
    this.to.next(chunk);
    this.progress.add(typeof chunk === 'string' ? Buffer.byteLength(chunk) : chunk.length);
  }
}

/** A response whose request is observed: from its head to the end of its content. */
export class ResponseWatch {
  private readonly abort: AbortListener | undefined;
  private readonly progress: ProgressReport | undefined;

  constructor(
    { signal, downloadProgress }: RequestWatch,
    headers: Fields,
    context: AsyncContext | undefined,
    exchange: Abortable,
  ) {
    this.abort = signal === undefined ? undefined : new AbortListener(signal, exchange);
    this.progress =
      downloadProgress === undefined
        ? undefined
        : new ProgressReport(downloadProgress, contentLength(headers), context);
  }

  received(size: number): void {
    this.progress?.add(size);
  }

  end(): void {
    this.abort?.stop();
  }
}

/** The length that a message announces; undefined without one, or with several. */
export function contentLength(headers: Fields): number | undefined {
  const length = headers.get('content-length');
  return length !== undefined && /^[0-9]{1,15}$/.test(length) ? Number(length) : undefined;
}
