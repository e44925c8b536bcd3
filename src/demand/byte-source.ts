/** The common type of a Body and a Flow, for their readers and writers: operators and helpers for both use it. */
import type { Observable } from 'rxjs';

/**
 * Bytes that come with demand: a `Body`, a `Flow`, and the flows of `rxpaf/testing`. It delivers as fast as its deliveries are taken, and
 * slows its sender down while they are retained. Write an operator for it, and `rxpaf/no-leaking-operators` checks the operators after it.
 *
 * @example
 * ```ts
 * const lines = (source: ByteSource): Observable<string> => source.pipe(map((chunk) => Buffer.from(chunk).toString()));
 * const halfFull = ({ unacked, window }: ByteSource): boolean => unacked * 2 > window;
 * ```
 */
export interface ByteSource extends Observable<Uint8Array> {
  /** Bytes that may wait to be taken, before the sender is asked to wait. */
  readonly window: number;
  /** Bytes that have come and are not yet credited: they wait here, or a subscriber retains them. */
  readonly unacked: number;
  /** Whether there is a subscriber now. It is unicast: a second one gets `BodyAlreadySubscribed`. */
  readonly observed: boolean;
}

/**
 * A `ByteSource` that can be written to as well. The writer and the reader of a `Body` are its two ends; the peer of a `Flow` is the other
 * end of both.
 *
 * @example
 * ```ts
 * const copy = (from: ByteSource, to: ByteChannel): Subscription => from.subscribe(to); // with backpressure
 * ```
 */
export interface ByteChannel extends ByteSource {
  /** Whether more writing is welcome. */
  readonly ready: boolean;
  /** Emits when more writing is welcome, at once if it is already; completes when nothing more can be written. */
  readonly drained: Observable<void>;
  /** Writes `chunk`, by reference. Returns false if the writer is to wait for `drained`. */
  next(chunk: Uint8Array): boolean;
  /** Ends the writing side. */
  complete(): void;
  /** Aborts. */
  error(error: unknown): void;
}
