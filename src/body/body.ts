/**
 * A Body: a Subject of bytes with backpressure, one class for both directions. `subscribe` reads, `next` writes, `complete` ends it,
 * `error` aborts it. It waits for its one subscriber. While as much as the window is not yet taken, the writer is asked to wait: `next`
 * returns false, or the delivery that the write was made in is held.
 */
import { map, type Observable } from 'rxjs';
import { DemandSubject } from '../demand/demand-subject.js';
import { Gate } from '../demand/write-gate.js';
import { BodyError, BodyOverflow, ProtocolError } from '../errors.js';
import { checkBytes, checkNames } from '../option-checks.js';
import { iterate } from './async-iterator.js';
import { collect } from './collect.js';

/** Bytes that may wait in a Body without a `window` option. */
export const DEFAULT_WINDOW = 64 * 1024;

/** One for all: it keeps nothing from one text to the next. */
const UTF8 = new TextDecoder();

/** How many windows may wait before a writer that does not listen is stopped. */
const OVERFLOW_WINDOWS = 16;

/**
 * The owner of the writing end, if that is not the program itself: it is called for the reader's actions.
 * @internal
 */
export interface BodyOwner {
  /**
   * Whether the writing end has a window that this body shares with others: chunks that are held without an end in sight would stall them.
   */
  readonly sharesWindow?: boolean;
  /** The reader has come. */
  onBodyStart(): void;
  /** `size` bytes were taken, or thrown away. */
  onBodyCredit(size: number): void;
  /** The reader unsubscribed before the end. */
  onBodyCancel(): void;
}

/** How a Body is set up. */
export interface BodyOptions {
  /** Bytes that may wait, W: 64 KiB unless set. */
  readonly window?: number;
  /** Bytes past which a writer that does not wait ends in {@link BodyOverflow}: 16 windows unless set. */
  readonly limit?: number;
  /** @internal */
  readonly owner?: BodyOwner;
  /**
   * Whether small chunks that wait may be put together: those of a peer, because the cuts of its content have no meaning.
   * @internal
   */
  readonly joins?: boolean;
}

const NAMES = ['window', 'limit', 'owner', 'joins'];

/**
 * A Subject of bytes with backpressure.
 *
 * @throws RangeError for a `window` or `limit` that is not a number above zero, or an unknown option.
 *
 * @example
 * ```ts
 * const body = new Body();
 * body.next(Buffer.from('hello ')); // true: go on
 * body.next(Buffer.from('world'));
 * body.complete();
 * body.text().subscribe(console.log); // hello world
 * ```
 */
export class Body extends DemandSubject {
  /** Bytes that may wait, W. */
  readonly window: number;
  private readonly limit: number;
  private readonly owner: BodyOwner | undefined;
  protected readonly joins: boolean;
  private readonly gate = new Gate();
  private subscribed = false;
  private abandoned = false;

  constructor(options: BodyOptions = {}) {
    super();
    this.joins = options.joins === true;
    // One of the library's own is made for each message, and has no typing errors.
    if (options.owner === undefined) checkNames('Body', options, NAMES);
    const { window = DEFAULT_WINDOW } = options;
    this.window = checkBytes('window', window);
    const { limit = OVERFLOW_WINDOWS * this.window } = options;
    this.limit = checkBytes('limit', limit);
    this.owner = options.owner;
  }

  /** The writer's side: whether more is welcome. */
  get ready(): boolean {
    return this.gate.open;
  }

  /**
   * The writer's side: emits when more is welcome, at once if it is already, and each time it is again. Completes when the body has ended,
   * or its reader has unsubscribed.
   */
  get drained(): Observable<void> {
    return this.gate.drained;
  }

  /**
   * Whether the body has a reader, or had one.
   * @internal
   */
  get wasRead(): boolean {
    return this.subscribed;
  }

  /** The writer's side: whether the reader unsubscribed before the end. Later writes are discarded. */
  get cancelled(): boolean {
    return this.abandoned;
  }

  /**
   * Writes `chunk`, by reference: it is not to be changed afterwards.
   *
   * @returns false: please wait for `drained`, which completes if nothing more is wanted. A write that is made inside a
   * delivery of another Body or Flow need not look: that delivery is retained until this body has drained.
   */
  override next(chunk: Uint8Array): boolean {
    if (this.abandoned || this.ended) return this.discard(chunk);
    if (this.unacked > this.limit) {
      this.error(new BodyOverflow(this.unacked, this.limit));
      return this.discard(chunk);
    }
    this.push(chunk);
    if (this.unacked >= this.window) this.gate.shut(this);
    return this.gate.open;
  }

  /** Ends the body; its reader gets the end after all of it. */
  override complete(): void {
    this.gate.end();
    this.finish();
  }

  /** Aborts the body: waiting chunks are dropped, and the reader gets `error`. */
  override error(error: unknown): void {
    this.gate.end();
    this.reset(error);
  }

  /**
   * Breaks the body off: the reader gets the bytes that came, then `error`.
   * @internal
   */
  truncate(error: unknown): void {
    this.gate.end();
    this.breakOff(error);
  }

  override unsubscribe(): void {
    this.error(new BodyError('body-cancelled', 'the body was unsubscribed from'));
  }

  /** The whole, in one piece. Past `limit` bytes: `body-too-large` (413). A `limit` that is not a number throws a RangeError. */
  bytes(limit?: number): Observable<Uint8Array> {
    return this.pipe(collect(limit === undefined ? {} : { limit }));
  }

  /** The whole as UTF-8 text. Past `limit` bytes: `body-too-large` (413). */
  text(limit?: number): Observable<string> {
    return this.bytes(limit).pipe(map((bytes) => UTF8.decode(bytes)));
  }

  /** The whole as JSON. Content that is not JSON: `malformed-body` (400). Past `limit` bytes: `body-too-large` (413). */
  json(limit?: number): Observable<unknown> {
    return this.text(limit).pipe(map(parseJson));
  }

  /** Reads with `for await`: the credit of a chunk returns when the next one is asked for. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    return iterate(this);
  }

  protected onSubscribe(): void {
    this.subscribed = true;
    this.owner?.onBodyStart();
  }

  /**
   * Whether its content comes from a peer.
   * @internal
   */
  get isIncoming(): boolean {
    return this.owner !== undefined;
  }

  protected onCredit(size: number): void {
    if (this.unacked * 2 <= this.window) this.gate.reopen();
    this.owner?.onBodyCredit(size);
  }

  protected onUnsubscribe(): void {
    this.abandoned = true;
    this.gate.end();
    // The owner first: a write that the returned credit causes must find the body cancelled.
    this.owner?.onBodyCancel();
    this.dropWaiting();
  }

  /** @internal */
  override mayGather(size: number): boolean {
    return this.owner?.sharesWindow !== true && super.mayGather(size);
  }

  /** It has no reader, and its credit must not be lost. */
  private discard(chunk: Uint8Array): false {
    this.owner?.onBodyCredit(chunk.length);
    return false;
  }

  protected mayBeSubscribed(): boolean {
    return !this.subscribed;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ProtocolError('malformed-body', 'the body is not JSON', { status: 400, cause });
  }
}
