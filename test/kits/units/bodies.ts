/** What tests of bytes share: sources that count, a reader that keeps what it gets, and leases in the hand. */
import { Subscription } from 'rxjs';
import { type Release, retain } from '../../../src/demand/lease.js';
import { ProtocolError } from '../../../src/errors.js';
import { Body, type BodyOptions } from '../../../src/body/body.js';

/** `size` bytes that show their place: byte n is n mod 251, counted from `from`. */
export function bytes(size: number, from = 0): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => (from + index) % 251);
}

export function textOf(chunks: readonly Uint8Array[]): string {
  return Buffer.concat(chunks).toString('latin1');
}

export function utf8(text: string): Uint8Array {
  return Buffer.from(text);
}

/** How content ends whose peer went away in the middle of it. */
export function truncated(): ProtocolError {
  return new ProtocolError('truncated', 'the peer went away');
}

/** A Body whose owner keeps accounts. */
export class Accounted {
  started = 0;
  cancelled = 0;
  /** Bytes whose credit came back. */
  credited = 0;
  /** Bytes that were written. */
  written = 0;
  /** The most that was ever unacknowledged. */
  peak = 0;
  readonly body: Body;

  constructor(options: Omit<BodyOptions, 'owner'> = {}) {
    this.body = new Body({
      ...options,
      owner: {
        onBodyStart: () => (this.started += 1),
        onBodyCredit: (size) => void (this.credited += size),
        onBodyCancel: () => (this.cancelled += 1),
      },
    });
  }

  write(chunk: Uint8Array | string): boolean {
    const piece = typeof chunk === 'string' ? utf8(chunk) : chunk;
    this.written += piece.length;
    const more = this.body.next(piece);
    this.peak = Math.max(this.peak, this.body.unacked);
    return more;
  }

  /** Writes `total` bytes in pieces of `size`, as a writer does that listens; then completes. */
  feed(total: number, size: number): Subscription {
    let left = total;
    let pumping = false;
    return this.body.drained.subscribe(() => {
      if (pumping) return;
      pumping = true;
      while (left > 0) {
        const piece = bytes(Math.min(size, left), total - left);
        left -= piece.length;
        if (!this.write(piece)) break;
      }
      pumping = false;
      if (left === 0) this.body.complete();
    });
  }
}

/** A reader that records all its events, and retains each chunk if it is asked to. */
export class Reader {
  readonly chunks: Uint8Array[] = [];
  readonly ends: unknown[] = [];
  readonly releases: (Release | undefined)[] = [];

  constructor(private readonly options: { readonly retain?: boolean } = {}) {}

  get text(): string {
    return textOf(this.chunks);
  }

  readonly next = (chunk: Uint8Array): void => {
    this.chunks.push(chunk);
    if (this.options.retain === true) this.releases.push(retain());
  };
  readonly error = (error: unknown): void => void this.ends.push(error);
  readonly complete = (): void => void this.ends.push('complete');

  releaseAll(): void {
    for (const release of this.releases.splice(0)) release?.();
  }
}
