/**
 * Sources that are pulled, as Observables that keep demand: the next piece is asked for only while there is room in the
 * window, so nothing queues beyond it.
 */
import type { Readable } from 'node:stream';
import { Observable, type Subscriber } from 'rxjs';
import { utf8 } from '../bytes.js';
import { checkBytes, checkNames, checkNumber } from '../option-checks.js';
import { Body, type BodyOwner } from './body.js';
import { noContent, noPiece } from './type-name.js';

/** The result of a pull: text is UTF-8. */
export type Piece = Uint8Array | string;

/** An open file: `FileHandle` of node:fs/promises is one. */
export interface PullableFile {
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
}

/** A stream of the web platform: any `ReadableStream` of bytes or text is one. */
export interface PullableStream {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: Piece | undefined }>;
    cancel(): Promise<void>;
  };
}

/** A source of `fromPull`. */
export type Pullable = Iterable<Piece> | AsyncIterable<Piece> | Readable | PullableStream | Blob | PullableFile;

/** How a source is pulled. */
export interface PullOptions {
  /** Bytes that may have been pulled and not yet been taken: 64 KiB unless set. */
  readonly window?: number;
  /** The first byte of a file or Blob: 0 unless set. */
  readonly start?: number;
  /** The byte of a file or Blob to stop before: its end unless set. */
  readonly end?: number;
}

/**
 * A cold Observable of a pulled source: an iterable, an async iterable, a Node `Readable`, a web `ReadableStream`, a `Blob`, or an
 * open file. Each subscription pulls; unsubscribing ends the pull (`return()`, `destroy()`, `cancel()`; a file stays open: its owner
 * closes it).
 *
 * @throws TypeError for a source that cannot be pulled; RangeError for an invalid `window`, `start` or `end`, or an unknown option.
 *
 * @example
 * ```ts
 * const file = await open('video.mp4');
 * return response(200, { 'content-type': 'video/mp4' }, fromPull(file, { start: 0, end: 1024 }));
 * ```
 */
export function fromPull(source: Pullable, options: PullOptions = {}): Observable<Uint8Array> {
  if (!isPullable(source)) throw noContent(source);
  checkNames('fromPull()', options, ['window', 'start', 'end']);
  if (options.window !== undefined) checkBytes('window', options.window);
  if (options.start !== undefined)
    checkNumber('start', options.start, 0, Number.MAX_SAFE_INTEGER, 'a byte of the file');
  if (options.end !== undefined) checkNumber('end', options.end, 0, Infinity, 'a byte of the file');
  return new Observable((subscriber) => pullOf(source, options).into(subscriber, options));
}

/** A program in JavaScript, or a cast, can pass other values. An error now is better than one in the middle of a message. */
function isPullable(source: unknown): source is Pullable {
  if (typeof source !== 'object' || source === null) return typeof source === 'string';
  const known =
    Symbol.asyncIterator in source || Symbol.iterator in source || 'read' in source || 'getReader' in source;
  return known || isBlob(source) || isReadable(source);
}

function pullOf(source: Pullable, options: PullOptions): Pull {
  if (isReadable(source)) return new ReadablePull(source);
  // Before its iterator, whose `return()` waits for the chunk that is being read: `cancel()` ends the read.
  if (isWebStream(source)) return new WebStreamPull(source.getReader());
  if (Symbol.asyncIterator in source) return new AsyncPull(source[Symbol.asyncIterator]());
  if (Symbol.iterator in source) return new IteratorPull(source[Symbol.iterator]());
  const { start = 0, end = Infinity } = options;
  if (isBlob(source)) return new WebStreamPull(blobStream(source, start, end).getReader());
  return new AsyncPull(fileReads(source, start, end));
}

/** Whether `source` is a stream of the web platform, of any implementation. */
export function isWebStream(source: object): source is PullableStream {
  return 'getReader' in source && typeof source.getReader === 'function';
}

/** Whether `value` is a `Blob` or a `File`, of any implementation. */
export function isBlob(value: unknown): value is Blob {
  if (typeof value !== 'object' || value === null) return false;
  return 'arrayBuffer' in value && 'stream' in value && 'slice' in value && 'size' in value && 'type' in value;
}

/** Ends a source that will not be pulled from. */
export function abandonPull(source: object): void {
  if (isReadable(source)) source.destroy();
  else if (isWebStream(source)) new WebStreamPull(source.getReader()).cancel();
}

function blobStream(blob: Blob, start: number, end: number): PullableStream {
  return start === 0 && end === Infinity ? blob.stream() : blob.slice(start, Math.min(end, blob.size)).stream();
}

/** Whether `source` is a Node readable stream, of any copy of the class. */
export function isReadable(source: object): source is Readable {
  return 'pipe' in source && 'on' in source && typeof source.on === 'function' && 'pause' in source;
}

/** Reads `file` from `start` to before `end`, a fresh buffer a read. */
async function* fileReads(file: PullableFile, start: number, end: number): AsyncGenerator<Uint8Array, void> {
  for (let position = start; position < end;) {
    const buffer = Buffer.allocUnsafe(Math.min(FILE_READ, end - position));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    position += bytesRead;
  }
}

const FILE_READ = 64 * 1024;

/** Moves pulled pieces into a Body, while the body is ready. */
abstract class Pull implements BodyOwner {
  protected body!: Body;

  /** Whether pieces that wait may be put together. */
  protected get joins(): boolean {
    return false;
  }

  into(subscriber: Subscriber<Uint8Array>, options: PullOptions): void {
    this.body = new Body({
      owner: this,
      limit: Infinity,
      joins: this.joins,
      ...(options.window === undefined ? {} : { window: options.window }),
    });
    this.body.subscribe(subscriber);
  }

  onBodyStart(): void {
    this.pull();
  }

  onBodyCredit(): void {
    this.pull();
  }

  onBodyCancel(): void {
    this.cancel();
  }

  /** Asks for more, if the body is ready for it. */
  protected abstract pull(): void;
  protected abstract cancel(): void;
}

/** @throws TypeError for a piece that is neither text nor bytes. */
function bytesOf(piece: unknown): Uint8Array {
  if (typeof piece === 'string') return utf8(piece);
  if (piece instanceof Uint8Array) return piece;
  throw noPiece(piece);
}

class IteratorPull extends Pull {
  private pulling = false;
  private running = false;

  constructor(private readonly iterator: Iterator<Piece>) {
    super();
  }

  protected pull(): void {
    if (this.pulling) return;
    this.pulling = true;
    try {
      while (this.body.ready) {
        this.running = true;
        const result = this.iterator.next();
        this.running = false;
        if (result.done === true) return this.body.complete();
        if (this.body.cancelled) this.cancel();
        else this.body.next(bytesOf(result.value));
      }
      this.pulling = false;
    } catch (error) {
      this.body.truncate(error);
      this.cancel();
    }
  }

  /** A generator cannot be ended while it runs: where it cancelled itself, that is done when it has yielded. */
  protected cancel(): void {
    if (this.running) return;
    try {
      this.iterator.return?.();
    } catch {
      // It was asked to stop; how it does is its own matter.
    }
  }
}

/** The result of an asynchronous read. */
interface Pulled {
  readonly done?: boolean | undefined;
  readonly value?: unknown;
}

/** One promised piece at a time. */
abstract class PromisedPull extends Pull {
  private pulling = false;

  protected pull(): void {
    if (this.pulling || !this.body.ready) return;
    this.pulling = true;
    this.read().then(
      (result) => {
        if (result.done === true) return this.body.complete();
        if (!this.take(result.value)) return;
        this.pulling = false;
        this.pull();
      },
      (error: unknown) => this.body.truncate(error),
    );
  }

  /** @returns whether it was bytes or text. */
  private take(piece: unknown): boolean {
    let bytes: Uint8Array;
    try {
      bytes = bytesOf(piece);
    } catch (error) {
      this.body.truncate(error);
      this.cancel();
      return false;
    }
    this.body.next(bytes);
    return true;
  }

  cancel(): void {
    this.stop().catch(() => {
      // It was asked to stop; how it does is its own matter.
    });
  }

  protected abstract read(): Promise<Pulled>;
  protected abstract stop(): Promise<unknown>;
}

class AsyncPull extends PromisedPull {
  constructor(private readonly iterator: AsyncIterator<Piece, unknown>) {
    super();
  }

  /** `async`: an error that an iterator throws is a rejection too. */
  protected async read(): Promise<Pulled> {
    return this.iterator.next();
  }

  protected async stop(): Promise<unknown> {
    return this.iterator.return?.();
  }
}

class WebStreamPull extends PromisedPull {
  constructor(private readonly reader: ReturnType<PullableStream['getReader']>) {
    super();
  }

  protected read(): Promise<Pulled> {
    return this.reader.read();
  }

  protected stop(): Promise<void> {
    return this.reader.cancel();
  }
}

class ReadablePull extends Pull {
  private attached = false;

  constructor(private readonly readable: Readable) {
    super();
  }

  /** A stream of bytes cuts them as it likes. */
  protected override get joins(): boolean {
    return !this.readable.readableObjectMode;
  }

  protected pull(): void {
    if (this.attached) {
      if (this.body.ready) this.readable.resume();
      return;
    }
    this.attached = true;
    if (this.readable.errored) return this.body.truncate(this.readable.errored);
    if (this.readable.readableEnded) return this.body.complete();
    if (this.readable.destroyed) return this.closedEarly();
    this.readable
      .on('data', (piece: Piece) => this.take(piece))
      .once('end', () => this.body.complete())
      // For good: a stream that is destroyed in the middle of its work can fail afterwards.
      .on('error', (error) => this.body.truncate(error))
      .once('close', () => this.closedEarly());
  }

  private take(piece: Piece): void {
    let bytes: Uint8Array;
    try {
      bytes = bytesOf(piece);
    } catch (error) {
      this.body.truncate(error);
      return this.cancel();
    }
    if (!this.body.next(bytes)) this.readable.pause();
  }

  private closedEarly(): void {
    this.body.truncate(new Error('the stream was closed before its end'));
  }

  protected cancel(): void {
    this.readable.destroy();
  }
}
