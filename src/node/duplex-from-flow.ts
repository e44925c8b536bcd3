/** A Node Duplex over any Flow, for code that takes only streams, TLS above all. Backpressure, half-close and errors go both ways. */
import { Duplex } from 'node:stream';
import { noop, type Subscription, take, timer } from 'rxjs';
import { withoutRest } from '../bytes.js';
import { type Release, retain, scope } from '../demand/lease.js';
import { ProtocolError, toError } from '../errors.js';
import type { Flow } from '../flow/flow.js';
import { DEFAULT_LIMITS } from '../limits.js';
import { unrefScheduler } from './unref-scheduler.js';

/**
 * A Duplex over `flow`, which is its own from then on: it is half-open. Destroying it aborts the flow. If it has ended, its writes go out
 * first, and further input is discarded until the peer ends, too, for 5 s at most (`lingerTimeout`).
 *
 * @example
 * ```ts
 * const secure = tls.connect({ socket: toDuplex(flow), servername: 'example.com' });
 * ```
 */
export function toDuplex(flow: Flow): Duplex {
  return new FlowDuplex(flow);
}

type Callback = (error?: Error | null) => void;

class FlowDuplex extends Duplex {
  private reading: Subscription | undefined = undefined;
  /** Of chunks that wait here, past the high-water mark. */
  private held: Release[] = [];
  private writing: Subscription | undefined = undefined;
  private completed = false;

  constructor(private readonly flow: Flow) {
    super({ allowHalfOpen: true, decodeStrings: true });
  }

  override _read(): void {
    for (const release of this.held.splice(0)) release();
    this.reading ??= this.flow.subscribe({
      next: (chunk) => {
        // It waits in the stream for earlier chunks.
        if (!this.push(this.readableLength > 0 ? withoutRest(chunk) : chunk)) this.hold(retain());
      },
      error: (error: unknown) => this.destroy(toError(error)),
      complete: () => this.push(null),
    });
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, callback: Callback): void {
    this.writeAll([chunk], callback);
  }

  override _writev(chunks: readonly { readonly chunk: Uint8Array }[], callback: Callback): void {
    const pieces = chunks.map(({ chunk }) => chunk);
    this.writeAll(pieces, callback);
  }

  override _final(callback: Callback): void {
    this.completed = true;
    this.flow.complete();
    this.writing = this.flow.drained.subscribe({ complete: () => callback() });
  }

  override _destroy(error: Error | null, callback: Callback): void {
    const { flow } = this;
    const ended = this.completed && error === null;
    this.writing?.unsubscribe();
    if (!ended && !(this.readableEnded && this.writableFinished)) flow.error(error ?? undefined);
    this.reading?.unsubscribe();
    for (const release of this.held.splice(0)) release();
    if (ended && !this.readableEnded) linger(flow);
    callback(error);
  }

  private writeAll(pieces: readonly Uint8Array[], callback: Callback): void {
    if (outsideOfDeliveries(() => this.flow.write(pieces))) return callback();
    let goesOn = false;
    this.writing = this.flow.drained.pipe(take(1)).subscribe({
      next: () => (goesOn = true),
      complete: () => {
        if (goesOn) callback();
        // The reader is about to get the reason; only without a reader is this error all that is known.
        else process.nextTick(callback, new ProtocolError('closed', 'the flow takes no more', { scope: 'connection' }));
      },
    });
  }

  private hold(release: Release | undefined): void {
    if (release !== undefined) this.held.push(release);
  }
}

/**
 * Our side has ended, and the flow is not read any more: an abort now would destroy bytes that are still on their way to the peer. TLS
 * releases the stream below like that, right after its last record.
 */
function linger(flow: Flow): void {
  const late = timer(DEFAULT_LIMITS.lingerTimeout, unrefScheduler).subscribe(() => flow.error());
  flow.subscribe({ error: noop }).add(late);
}

/**
 * The two sides of a Duplex are independent, and a writer waits for its callback: a write during a delivery must not hold that delivery up.
 * Two peers that did so to each other would wait for ever.
 */
function outsideOfDeliveries(write: () => boolean): boolean {
  const outer = scope.current;
  scope.current = undefined;
  try {
    return write();
  } finally {
    scope.current = outer;
  }
}
