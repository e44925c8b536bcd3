/**
 * A Flow over any Node Duplex: a TCP or TLS socket, a unix socket, a stream of yours.
 *
 * The listeners are shared by all flows and find theirs by a property of the stream: an idle connection holds no closure.
 */
import type { Duplex } from 'node:stream';
import { asBuffer } from '../bytes.js';
import { ProtocolError } from '../errors.js';
import { callForAll } from '../demand/async-context.js';
import { Flow } from '../flow/flow.js';
import { useAsyncContexts } from './async-contexts.js';
import { brokenTlsReason } from './tls-errors.js';

const FLOW = Symbol('rxpaf.flow');

type Carrier = Duplex & {
  setNoDelay?(on: boolean): unknown;
  [FLOW]?: DuplexFlow;
  /** Of a TCP socket: sends RST. */
  resetAndDestroy?: () => unknown;
  /** Of a socket: whether it keeps the process alive. */
  ref?: () => unknown;
  unref?: () => unknown;
  readonly remoteAddress?: string | undefined;
  readonly bytesWritten?: number;
  /** Of a TLS socket: its ALPN result. */
  readonly alpnProtocol?: string | false | null;
  /** The bytes that libuv has still to write: only this distinguishes a slow peer from a stalled one. */
  readonly _handle?: { readonly writeQueueSize?: number } | null;
};

/**
 * A flow over `duplex`. The stream should have been made with `allowHalfOpen`, or its writing side ends with its reading side.
 *
 * @example
 * ```ts
 * const flow = fromDuplex(net.connect({ port: 8080, allowHalfOpen: true }));
 * ```
 */
export function fromDuplex(duplex: Duplex): Flow {
  const carrier = duplex as Carrier;
  return carrier[FLOW] ?? new DuplexFlow(carrier);
}

/** A TLS socket and a unix one have `resetAndDestroy`, too, but it throws. */
function isTcp(duplex: Carrier): boolean {
  return duplex.remoteAddress !== undefined && !('encrypted' in duplex);
}

/** Whether it takes no more; a stream that failed to write is destroyed only after this turn. */
function isBroken({ destroyed, errored }: Duplex): boolean {
  return destroyed || Boolean(errored);
}

/**
 * An error in TLS after the handshake (a damaged record, an alert of the peer): Node only reports it. The socket stays, reads nothing, and
 * would never close. All other errors are followed by a close, and maybe by unread bytes before that.
 */
const TLS_FAILED = /^ERR_(?:SSL|TLS)_/;

class DuplexFlow extends Flow {
  private listening = false;
  private failure: Error | undefined = undefined;
  /** The reason of this side's abort. */
  private abortion: unknown = undefined;
  private finished = false;
  /** Whether the process may end with it open. */
  private asleep = false;
  /** A peer that always keeps up costs no listener for it. */
  private draining = false;

  constructor(private readonly duplex: Carrier) {
    super();
    useAsyncContexts();
    duplex[FLOW] = this;
    // The output is written once a turn, and must not wait for more (RFC 9293 section 3.7.4).
    duplex.setNoDelay?.(true);
    duplex.on('error', onError);
    duplex.on('close', onClose);
    // Events from before the listeners were added.
    if (duplex.readableEnded) this.receivedFin();
    if (duplex.writableFinished) this.written();
    if (duplex.destroyed) this.gone();
  }

  override get alpn(): string | undefined {
    const { duplex } = this;
    // A TLS peer that chose nothing speaks HTTP/1.1.
    return 'encrypted' in duplex ? duplex.alpnProtocol || 'http/1.1' : undefined;
  }

  override keepAwake(on: boolean): void {
    if (on !== this.asleep) return;
    this.asleep = !on;
    if (on) this.duplex.ref?.();
    else this.duplex.unref?.();
  }

  override get progress(): number {
    const { duplex } = this;
    return (duplex.bytesWritten ?? 0) - duplex.writableLength - (duplex._handle?.writeQueueSize ?? 0);
  }

  override complete(): void {
    const { duplex } = this;
    if (duplex.writableEnded || duplex.destroyed) return;
    duplex.on('finish', onFinish);
    duplex.end();
  }

  override error(error?: unknown): void {
    const { duplex } = this;
    this.unwritable();
    if (duplex.destroyed) return;
    this.abortion =
      error ??
      new ProtocolError('closed', 'the flow was aborted by this side', { scope: 'connection', initiator: 'local' });
    // Without an argument: the error is the flow's, and no listener of the stream is to be woken by it.
    // RST, unless this side has ended and all of it is on its way: a FIN here would pass for an end. While the FIN itself is on its
    // way libuv takes no reset (EINVAL), and Node would keep the socket for ever.
    const ended = duplex.writableEnded && duplex.writableLength === 0;
    if (!ended && isTcp(duplex)) duplex.resetAndDestroy?.();
    else duplex.destroy();
  }

  protected send(pieces: readonly (string | Uint8Array)[]): boolean {
    const { duplex } = this;
    // A closed peer takes no more: do not wait for it.
    if (isBroken(duplex)) this.unwritable();
    if (isBroken(duplex) || duplex.writableEnded) return true;
    const more = writePieces(duplex, pieces);
    // The peer reset it within this very write: it is not ready for more, though nothing waits in it. Its close comes in another turn.
    if (isBroken(duplex)) this.unwritable();
    if (!more && !this.draining) {
      this.draining = true;
      duplex.on('drain', onDrain);
    }
    return more;
  }

  protected read(on: boolean): void {
    const { duplex } = this;
    if (!on) {
      duplex.pause();
      return;
    }
    if (!this.listening) {
      this.listening = true;
      duplex.on('end', onEnd);
      duplex.on('data', onData);
    }
    // Its waiting chunks are emitted in another turn, outside the context of the code that took the last of it.
    callForAll(() => duplex.resume());
  }

  /** @internal */
  received(chunk: Uint8Array): void {
    this.push(chunk);
  }

  /** @internal */
  receivedFin(): void {
    this.finished = true;
    this.finish();
  }

  /** @internal */
  caughtUp(): void {
    this.writable();
  }

  /** @internal */
  written(): void {
    this.unwritable();
  }

  /** @internal */
  failed(error: Error): void {
    this.failure ??= error;
    if (TLS_FAILED.test((error as NodeJS.ErrnoException).code ?? '') && !this.duplex.destroyed) this.duplex.destroy();
  }

  /** @internal */
  gone(): void {
    this.unwritable();
    const { failure } = this;
    if (this.finished && failure === undefined) return;
    this.breakOff(
      this.abortion ??
        new ProtocolError(
          'connection-reset',
          failure === undefined ? 'the connection was closed' : brokenTlsReason(failure),
          {
            scope: 'connection',
            cause: failure,
          },
        ),
    );
  }
}

function writePieces(duplex: Duplex, pieces: readonly (string | Uint8Array)[]): boolean {
  if (pieces.length === 1) return writePiece(duplex, pieces[0]!);
  let more = true;
  duplex.cork();
  for (const piece of pieces) more = writePiece(duplex, piece);
  duplex.uncork();
  return more || !duplex.writableNeedDrain;
}

function writePiece(duplex: Duplex, piece: string | Uint8Array): boolean {
  return typeof piece === 'string' ? duplex.write(piece, 'latin1') : duplex.write(piece);
}

function onData(this: Carrier, chunk: Uint8Array | string): void {
  this[FLOW]?.received(typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : asBuffer(chunk));
}

function onEnd(this: Carrier): void {
  this[FLOW]?.receivedFin();
}

function onDrain(this: Carrier): void {
  this[FLOW]?.caughtUp();
}

function onFinish(this: Carrier): void {
  this[FLOW]?.written();
}

function onError(this: Carrier, error: Error): void {
  this[FLOW]?.failed(error);
}

function onClose(this: Carrier): void {
  this[FLOW]?.gone();
}
