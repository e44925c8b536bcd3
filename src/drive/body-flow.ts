/**
 * A flow made of two bodies: the content that comes in on a stream, and the content that goes out on it. This is the tunnel of an
 * HTTP/2 CONNECT (RFC 9113 section 8.5): FIN is END_STREAM, an abort is RST_STREAM, and credit goes both ways.
 */
import type { Subscription } from 'rxjs';
import type { Body } from '../body/body.js';
import { asBuffer } from '../bytes.js';
import { holdCurrent, type Lease } from '../demand/lease.js';
import { ProtocolError } from '../errors.js';
import { Flow } from '../flow/flow.js';

/** @internal */
export class BodyFlow extends Flow {
  private incomingReader: Subscription | undefined = undefined;
  private readonly draining: Subscription;
  /** Deliveries of `incoming` whose bytes have not all been taken, in order, with the bytes that are left of each. */
  private readonly held: { readonly lease: Lease | undefined; left: number }[] = [];
  private taken = 0;
  private broken = false;
  private ending = false;

  constructor(
    private readonly incoming: Body,
    private readonly outgoing: Body,
    /** Resets the stream. */
    private readonly abort: () => void,
  ) {
    super();
    this.draining = outgoing.drained.subscribe({
      next: () => this.writable(),
      complete: () => {
        // After FIN, the exchange reports when the written bytes are on their way.
        if (!this.ending) this.unwritable();
      },
    });
  }

  /** The number of written bytes that the peer has taken. */
  get progress(): number {
    return this.taken - this.outgoing.unacked;
  }

  protected send(pieces: readonly (string | Uint8Array)[]): boolean {
    let ready = true;
    for (const piece of pieces) {
      const bytes = typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece;
      this.taken += bytes.length;
      ready = this.outgoing.next(bytes);
    }
    return ready;
  }

  /** The peer sends as far as the credit goes; bytes that are not taken hold it back. */
  protected read(on: boolean): void {
    if (!on || this.incomingReader !== undefined || this.broken) return;
    this.incomingReader = this.incoming.subscribe({
      next: (chunk) => {
        this.held.push({ lease: holdCurrent(), left: chunk.length });
        this.push(asBuffer(chunk));
      },
      error: (error: unknown) => this.tearDown(error),
      complete: () => this.finish(),
    });
  }

  /** @internal It is a stream of HTTP/2, which shares the window of its connection with others. */
  override mayGather(): boolean {
    return false;
  }

  protected override onCredit(size: number): void {
    let rest = size;
    while (rest > 0 && this.held.length > 0) {
      const first = this.held[0]!;
      const credited = Math.min(rest, first.left);
      first.left -= credited;
      rest -= credited;
      if (first.left > 0) break;
      this.held.shift();
      first.lease?.release();
    }
    super.onCredit(size);
  }

  /** Bytes that were credited once come again, without a new credit. */
  override unread(chunk: Uint8Array): void {
    if (chunk.length > 0) this.held.unshift({ lease: undefined, left: chunk.length });
    super.unread(chunk);
  }

  complete(): void {
    this.ending = true;
    this.outgoing.complete();
  }

  /** All that was written has gone out, FIN included; or nothing more can. */
  flushed(): void {
    this.unwritable();
  }

  error(error?: unknown): void {
    if (this.broken) return;
    // First, so that the reader gets this error, and not that of the reset.
    this.broken = true;
    this.abort();
    const words = 'the tunnel was aborted by this side';
    this.letGo(error ?? new ProtocolError('closed', words, { initiator: 'local' }));
  }

  private tearDown(error: unknown): void {
    if (this.broken) return;
    this.broken = true;
    this.letGo(error);
  }

  private letGo(error: unknown): void {
    this.incomingReader?.unsubscribe();
    this.draining.unsubscribe();
    for (const { lease } of this.held.splice(0)) lease?.release();
    this.unwritable();
    this.reset(error);
  }
}
