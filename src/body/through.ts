import type { Duplex } from 'node:stream';
import type { OperatorFunction, Subscriber } from 'rxjs';
import { derive } from '../demand/demand-observable.js';
import { Fifo } from '../demand/fifo.js';
import { holdCurrent, type Lease } from '../demand/lease.js';
import { OperatorSubscriber } from '../demand/operator-subscriber.js';
import { toError } from '../errors.js';
import { fromPull } from './from-pull.js';

/**
 * Sends a body through a Node transform, with backpressure on both of its sides: `zlib`, a cipher, a parser.
 *
 * @param transform - the stream, or a function that makes one for each subscription (one stream serves one).
 *
 * @example
 * ```ts
 * request.body.pipe(through(() => createGunzip()));
 * ```
 */
export function through(transform: Duplex | (() => Duplex)): OperatorFunction<Uint8Array, Uint8Array> {
  return (source) =>
    derive<Uint8Array>(source, (subscriber) => {
      const duplex = typeof transform === 'function' ? transform() : transform;
      // The readable side first: what is written may come out at once.
      subscriber.add(fromPull(duplex).subscribe(subscriber));
      source.subscribe(new TransformWriter(subscriber, duplex));
    });
}

/** Writes to the transform; a chunk's delivery ends when the transform has taken it, or never will. */
class TransformWriter extends OperatorSubscriber<Uint8Array, Uint8Array> {
  private readonly leases = new Fifo<Lease | undefined>();
  private readonly taken = (): void => this.leases.shift()?.release();

  constructor(
    to: Subscriber<Uint8Array>,
    private readonly duplex: Duplex,
  ) {
    super(to);
  }

  protected override _next(chunk: Uint8Array): void {
    this.leases.push(holdCurrent());
    this.duplex.write(chunk, this.taken);
  }

  protected override _error(error: unknown): void {
    this.duplex.destroy(toError(error));
  }

  /** The transform still works on what it was given; its own end comes by its readable side. */
  protected override _complete(): void {
    this.duplex.end();
  }

  /** A stream that is being destroyed may keep its callbacks to itself. */
  protected override onFinalize(): void {
    this.duplex.destroy();
    while (this.leases.size > 0) this.leases.shift()?.release();
  }
}
