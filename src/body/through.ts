import type { Duplex } from 'node:stream';
import type { OperatorFunction, Subscriber } from 'rxjs';
import { withoutRest } from '../bytes.js';
import { derive } from '../demand/demand-observable.js';
import { Fifo } from '../demand/fifo.js';
import { holdCurrent, type Lease } from '../demand/lease.js';
import { OperatorSubscriber } from '../demand/operator-subscriber.js';
import { toError } from '../errors.js';
import { checkBoolean, checkNames } from '../option-checks.js';
import { fromPull } from './from-pull.js';

/** How a body goes through a transform. */
export interface ThroughOptions {
  /**
   * Whether a compressor of `node:zlib` is flushed as soon as it has taken every chunk that has come: true unless set. Set it to false if
   * only the size of the whole matters.
   */
  readonly flush?: boolean;
}

/**
 * Sends a body through a Node transform, with backpressure on both of its sides: `zlib`, a cipher, a parser.
 *
 * A compressor keeps its output for a better ratio, so an event of `text/event-stream` would come out with a later one. Here a compressor
 * of `node:zlib` (gzip, deflate, brotli, zstd) is flushed whenever it has taken every chunk, and nothing more waits for it. So each event
 * arrives as it is sent. Chunks that come while it is at work are flushed together, and its window is kept. So a body that comes as fast as
 * it is compressed loses nothing. One that comes more slowly loses nothing at 16 KiB a chunk, and about a tenth (gzip) or a fifth (brotli)
 * of the ratio at 1 KiB a chunk. Any other transform is not flushed: one of your own pushes when it wants to.
 *
 * @param transform - the stream, or a function that makes one for each subscription (one stream serves one).
 *
 * @example
 * ```ts
 * request.body.pipe(through(() => createGunzip()));
 * events.pipe(through(() => createGzip())); // each event as it is sent
 * file.pipe(through(() => createGzip(), { flush: false })); // as small as can be
 * ```
 */
export function through(
  transform: Duplex | (() => Duplex),
  options: ThroughOptions = {},
): OperatorFunction<Uint8Array, Uint8Array> {
  checkNames('through()', options, ['flush']);
  const { flush: flushes = true } = options;
  checkBoolean('flush', flushes);
  return (source) =>
    derive<Uint8Array>(source, (subscriber) => {
      const duplex = typeof transform === 'function' ? transform() : transform;
      // The readable side first: a write may cause output at once.
      subscriber.add(fromPull(duplex).subscribe(subscriber));
      const flush = flushes ? flushOf(duplex) : undefined;
      source.subscribe(new TransformWriter(subscriber, duplex, flush));
    });
}

/** zlib's Z_SYNC_FLUSH: all that came goes out, and the window is kept. Without an argument zlib forgets its window; the others do not. */
const SYNC_FLUSH = [2] as const;

/** The compressors of node:zlib by their names (the module is not imported here), with the arguments of their `flush`. */
const COMPRESSORS = new Map<string, [] | readonly [number]>([
  ['Gzip', SYNC_FLUSH],
  ['Deflate', SYNC_FLUSH],
  ['DeflateRaw', SYNC_FLUSH],
  ['BrotliCompress', []],
  ['ZstdCompress', []],
]);

/** A function that flushes `duplex`, if it is a compressor. A decoder has the same methods, and nothing to flush. */
function flushOf(duplex: Duplex): (() => void) | undefined {
  const { flush } = duplex as { readonly flush?: (...args: readonly number[]) => void };
  if (typeof flush !== 'function') return undefined;
  for (let type: unknown = Object.getPrototypeOf(duplex); type !== null; type = Object.getPrototypeOf(type)) {
    const args = COMPRESSORS.get((type as object).constructor.name);
    if (args !== undefined) return () => flush.call(duplex, ...args);
  }
  return undefined;
}

/** Writes to the transform; a chunk's delivery ends when the transform has taken it, or never will. */
class TransformWriter extends OperatorSubscriber<Uint8Array, Uint8Array> {
  private readonly leases = new Fifo<Lease | undefined>();
  private readonly taken = (): void => {
    this.leases.shift()?.release();
    // Credit may have brought more.
    const { duplex } = this;
    if (this.leases.size === 0 && !duplex.destroyed && !duplex.writableEnded) this.flush?.();
  };

  constructor(
    to: Subscriber<Uint8Array>,
    private readonly duplex: Duplex,
    private readonly flush: (() => void) | undefined,
  ) {
    super(to);
  }

  protected override _next(chunk: Uint8Array): void {
    const lease = holdCurrent();
    // It waits for earlier chunks.
    const waits = lease !== undefined && this.leases.size > 0;
    this.leases.push(lease);
    this.duplex.write(waits ? withoutRest(chunk) : chunk, this.taken);
  }

  protected override _error(error: unknown): void {
    this.duplex.destroy(toError(error));
  }

  /** The transform still works on its input; its own end comes by its readable side. */
  protected override _complete(): void {
    this.duplex.end();
  }

  /** A stream that is being destroyed may keep its callbacks to itself. */
  protected override onFinalize(): void {
    this.duplex.destroy();
    while (this.leases.size > 0) this.leases.shift()?.release();
  }
}
