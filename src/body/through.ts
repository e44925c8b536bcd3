import type { Duplex } from 'node:stream';
import { Observable, type OperatorFunction, Subscriber } from 'rxjs';
import { holdCurrent } from '../demand/lease.js';
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
    new Observable((subscriber) => {
      const duplex = typeof transform === 'function' ? transform() : transform;
      // The readable side first: what is written may come out at once.
      subscriber.add(fromPull(duplex).subscribe(subscriber));
      const writer = new TransformWriter(subscriber, duplex);
      source.subscribe(writer);
    });
}

/** Writes to the transform; a chunk's delivery ends when the transform has taken it. */
class TransformWriter extends Subscriber<Uint8Array> {
  constructor(
    to: Subscriber<Uint8Array>,
    private readonly duplex: Duplex,
  ) {
    super(to);
  }

  protected override _next(chunk: Uint8Array): void {
    const lease = holdCurrent();
    this.duplex.write(chunk, () => lease?.release());
  }

  protected override _error(error: unknown): void {
    this.duplex.destroy(error instanceof Error ? error : new Error(String(error)));
    this.unsubscribe();
  }

  protected override _complete(): void {
    this.duplex.end();
    this.unsubscribe();
  }
}
