/** `for await` over bytes. Promises are the caller's here: they resolve the caller's calls, and nothing of the library waits for one. */
import type { Observable, Subscription } from 'rxjs';
import { Fifo } from '../demand/fifo.js';
import { withoutRest } from '../bytes.js';
import { holdCurrent, type Lease } from '../demand/lease.js';

type Result = IteratorResult<Uint8Array>;

interface Waiting {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

const DONE: Result = { done: true, value: undefined };

/**
 * Subscribes at the first `next()`; each chunk is retained until the following `next()`, or `return()`.
 * @internal
 */
export function iterate(source: Observable<Uint8Array>): AsyncIterableIterator<Uint8Array> {
  return new BodyIterator(source);
}

class BodyIterator implements AsyncIterableIterator<Uint8Array> {
  private subscription: Subscription | undefined = undefined;
  private readonly chunks = new Fifo<{ readonly chunk: Uint8Array; readonly lease: Lease | undefined }>();
  private readonly waiting: Waiting[] = [];
  private taken: Lease | undefined = undefined;
  private end: { readonly error?: unknown } | undefined = undefined;

  constructor(private readonly source: Observable<Uint8Array>) {}

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    this.release();
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      if (this.end === undefined) this.subscription ??= this.start();
      this.serve();
    });
  }

  return(): Promise<Result> {
    // First: a source that writes when it gets credit would write to nobody.
    this.subscription?.unsubscribe();
    this.release();
    while (this.chunks.size > 0) this.chunks.shift()?.lease?.release();
    this.finish({});
    return Promise.resolve(DONE);
  }

  private start(): Subscription {
    return this.source.subscribe({
      next: (chunk) => {
        const waits = this.waiting.length === 0;
        this.chunks.push({ chunk: waits ? withoutRest(chunk) : chunk, lease: holdCurrent() });
        this.serve();
      },
      error: (error: unknown) => this.finish({ error }),
      complete: () => this.finish({}),
    });
  }

  private finish(end: { readonly error?: unknown }): void {
    this.end ??= end;
    this.serve();
  }

  private release(): void {
    const lease = this.taken;
    this.taken = undefined;
    lease?.release();
  }

  /** Resolves the calls of `next` in order, with the chunks that have come. */
  private serve(): void {
    while (this.waiting.length > 0) {
      const head = this.chunks.shift();
      if (head !== undefined) {
        // Of a `next()` that did not wait for the one before.
        const before = this.taken;
        this.taken = head.lease;
        this.waiting.shift()!.resolve({ done: false, value: head.chunk });
        // At the end: a write that the credit causes comes in here.
        before?.release();
        continue;
      }
      if (this.end === undefined) return;
      const { resolve, reject } = this.waiting.shift()!;
      if ('error' in this.end) {
        const { error } = this.end;
        this.end = {};
        reject(error);
      } else resolve(DONE);
    }
  }
}
