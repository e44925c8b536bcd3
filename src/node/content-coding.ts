/**
 * Content codings taken off again (RFC 9110 section 8.4.1), by Node's zlib. Coded content is read only as fast as the decoded content is
 * taken. A few bytes that would become gigabytes never take more than the windows on the way.
 */
import type { Duplex } from 'node:stream';
import * as zlib from 'node:zlib';
import { type Observable, Subject, type Subscriber } from 'rxjs';
import type { Body } from '../body/body.js';
import { tee } from '../body/tee.js';
import { through } from '../body/through.js';
import { derive } from '../demand/demand-observable.js';
import { OperatorSubscriber } from '../demand/operator-subscriber.js';
import { ClientError, toError } from '../errors.js';

/** Makes the decoder of content that begins with the byte `first`. */
type DecoderFactory = (first: number) => Duplex;

const gunzip: DecoderFactory = () => zlib.createGunzip();

const DECODERS = new Map<string, DecoderFactory>([
  ['gzip', gunzip],
  ['x-gzip', gunzip],
  // It means the zlib format, but many send the bare one (RFC 9110 section 8.4.1.2). The low half of the first byte decides: zlib has 8
  // there, with which no encoder begins bare content.
  ['deflate', (first) => ((first & 0x0f) === 8 ? zlib.createInflate() : zlib.createInflateRaw())],
  ['br', () => zlib.createBrotliDecompress()],
]);

/** Additional decoders of newer versions of Node (22.15, 23.8). */
interface ZstdOfNode {
  readonly createZstdDecompress?: (options: { readonly params: Readonly<Record<number, number>> }) => Duplex;
  readonly constants: { readonly ZSTD_d_windowLogMax?: number };
}

const { createZstdDecompress, constants } = zlib as typeof zlib & ZstdOfNode;
if (createZstdDecompress !== undefined) {
  // RFC 9659: at most 8 MiB of memory for a window.
  const params = constants.ZSTD_d_windowLogMax === undefined ? {} : { [constants.ZSTD_d_windowLogMax]: 23 };
  DECODERS.set('zstd', () => createZstdDecompress({ params }));
}

/** Each coding takes memory by itself, and a list of a thousand is an attack. */
const CODINGS = 5;

/** The codings that this Node can decode, as the value of `Accept-Encoding` (RFC 9110 section 12.5.3). */
export const ACCEPT_ENCODING: string = [...DECODERS.keys()].filter((coding) => coding !== 'x-gzip').join(', ');

/**
 * `body` without its content codings; `body` itself if it has none. Content of zero bytes is never decoded: that of HEAD and 204 has no
 * coding.
 *
 * Errors: `ClientError` `malformed-response` (with its cause) for content that is corrupt or ends too early. A slow reader loses the
 * decoded bytes that it had not yet taken. `unsupported-content-coding` for a coding that is not known, or more than five. The errors of
 * `body`. If the coded content ends before `body` does, `body` is cancelled.
 *
 * @param codings - the value of `Content-Encoding`, in the order in which they were applied.
 *
 * @example
 * ```ts
 * decodeContent(response.body, response.headers.get('content-encoding') ?? '').subscribe(file);
 * ```
 */
export function decodeContent(body: Observable<Uint8Array>, codings: string): Observable<Uint8Array> {
  const applied = codingsOf(codings);
  if (applied.length > CODINGS) return decoded(body, () => unsupported(`${applied.length} content codings`));
  return applied.reduceRight(
    (content, coding) => decoded(content, DECODERS.get(coding) ?? (() => unsupported(`content coding ${coding}`))),
    body,
  );
}

/**
 * The same as a Body, so that it has `text`, `json` and the rest. Read `body` only through it.
 *
 * @param codings - the value of `Content-Encoding`.
 */
export function decodedBody(body: Body, codings: string): Body {
  const content = decodeContent(body, codings);
  // One branch: a body that subscribes to its source when it is subscribed to.
  return content === body ? body : tee(1)(content)[0]!;
}

/** Whether each of the codings is known here. A user agent gives content with another one to the program as it came. */
export function isDecodable(codings: string): boolean {
  return codingsOf(codings).every((coding) => DECODERS.has(coding));
}

function codingsOf(codings: string): readonly string[] {
  return codings
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity');
}

function unsupported(what: string): never {
  throw new ClientError('unsupported-content-coding', `this client cannot decode ${what}`);
}

function decoded(source: Observable<Uint8Array>, decoder: DecoderFactory): Observable<Uint8Array> {
  return derive<Uint8Array>(source, (subscriber) => void source.subscribe(new Decoding(subscriber, decoder)));
}

/** Starts the decoder with the first byte. */
class Decoding extends OperatorSubscriber<Uint8Array, Uint8Array> {
  /** The error of the source, once it has failed. */
  failure: { readonly error: unknown } | undefined = undefined;
  private input: Subject<Uint8Array> | undefined = undefined;

  constructor(
    to: Subscriber<Uint8Array>,
    private readonly decoder: DecoderFactory,
  ) {
    super(to);
  }

  protected override _next(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    // A chunk that goes through a Subject is still in the delivery that it came in, and is held by the decoder.
    (this.input ??= this.start(chunk[0]!)).next(chunk);
  }

  /** The bytes that came are decoded first: how the decoder ends then is only a consequence. */
  protected override _error(error: unknown): void {
    if (this.input === undefined) return this.to.error(error);
    this.failure = { error };
    this.input.complete();
  }

  protected override _complete(): void {
    if (this.input === undefined) this.to.complete();
    else this.input.complete();
  }

  private start(first: number): Subject<Uint8Array> {
    const input = new Subject<Uint8Array>();
    input.pipe(through(() => this.decoder(first))).subscribe(new Decoded(this.to, this));
    return input;
  }
}

/** The output of the decoder; its end, unless the source's own was worse. */
class Decoded extends OperatorSubscriber<Uint8Array, Uint8Array> {
  constructor(
    to: Subscriber<Uint8Array>,
    private readonly source: Decoding,
  ) {
    super(to);
  }

  protected override _next(chunk: Uint8Array): void {
    this.to.next(chunk);
  }

  protected override _error(error: unknown): void {
    const { failure } = this.source;
    this.to.error(failure === undefined ? malformed(error) : failure.error);
  }

  protected override _complete(): void {
    const { failure } = this.source;
    if (failure === undefined) this.to.complete();
    else this.to.error(failure.error);
  }
}

function malformed(thrown: unknown): ClientError {
  if (thrown instanceof ClientError) return thrown;
  const cause = toError(thrown);
  return new ClientError('malformed-response', `the content cannot be decoded: ${cause.message}`, { cause });
}
