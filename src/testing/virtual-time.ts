/**
 * Detects code that leaves virtual time. A test of this kit is synchronous. When it is over, no Promise that was made in it has been
 * settled, no native timer has fired, and no read has come back. Code that waits for one of them waits for ever. A test that expects
 * nothing of it passes without having tested anything. So the kit detects this, and the test fails.
 */
import { createHook } from 'node:async_hooks';
import { isObservable } from 'rxjs';
import { isReadable } from '../body/from-pull.js';

/** A test waited for something that virtual time does not see: a Promise, a native timer, a stream of Node. */
export class LeftVirtualTime extends Error {
  override readonly name = 'LeftVirtualTime';
}

const ADVICE = `\
A test in virtual time is synchronous: no Promise is settled, and no native timer fires, before it is over. Let the test give
an Observable of virtual time instead.
  of(value), throwError(...)       for a value or an error at once.
  cold('--r|', { r: value })       for a value after 2 ms.
  timer(2).pipe(map(() => value))  instead of a setTimeout.
  fromPull([...]), of(bytes)       for content, instead of an async iterable or a stream of Node.
A program whose Promises cannot be replaced is tested in real time, over memoryPair().`;

/** A reader's words for the names that Node gives to asynchronous resources; others are I/O. */
const RESOURCES: Readonly<Record<string, string>> = {
  PROMISE: 'a Promise was made',
  Timeout: 'a native timer was set (setTimeout or setInterval)',
  Immediate: 'setImmediate was called',
  Microtask: 'queueMicrotask was called',
  TickObject: 'process.nextTick was called',
};

/** Places that are listed. */
const TOLD = 6;

/** Looks for code that leaves virtual time while a test runs. */
export class Escapes {
  private readonly certain: string[] = [];
  private readonly seen = new Set<string>();
  private readonly hook = createHook({
    init: (_id, type) => {
      if (this.seen.size < TOLD) this.see(type);
    },
  });

  /** Runs `work`, which is synchronous. */
  watch<T>(work: () => T): T {
    this.hook.enable();
    try {
      return work();
    } finally {
      this.hook.disable();
    }
  }

  /** `what` gave `value`: if nothing of it can come before the test is over, the test fails. */
  check(value: unknown, what: string): void {
    const kind = kindOf(value);
    if (kind !== undefined) this.certain.push(`${what} is ${kind}`);
  }

  /** Calls that were seen, though the test need not have waited for them, in words. */
  get suspicion(): string | undefined {
    if (this.seen.size === 0) return undefined;
    return ['While the test ran:', ...[...this.seen].map((line) => `  ${line}`), '', ADVICE].join('\n');
  }

  /** The reason for which the test fails, whatever it expected. */
  get failure(): LeftVirtualTime | undefined {
    if (this.certain.length === 0) return undefined;
    return new LeftVirtualTime(['the test leaves virtual time:', ...this.certain, '', ADVICE].join('\n'));
  }

  private see(type: string): void {
    const stack = (new Error().stack ?? '').split('\n').slice(1);
    // The console's own calls are not part of the test.
    if (stack.some((line) => /node:internal\/console|tty\.js/.test(line))) return;
    const place = stack.find((line) => !/node:|node_modules|virtual-time\.[jt]s|\(<anonymous>\)/.test(line));
    const what = RESOURCES[type] ?? `I/O was begun (${type})`;
    this.seen.add(`${what}${place === undefined ? '' : `, ${place.trim()}`}`);
  }
}

/** The kind of a value that only comes when a test is over; undefined for any other value. */
function kindOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || isObservable(value)) return undefined;
  if ('then' in value && typeof value.then === 'function') return 'a Promise';
  if (isReadable(value)) return 'a stream of Node';
  if (Symbol.asyncIterator in value) return 'an async iterable';
  return undefined;
}
