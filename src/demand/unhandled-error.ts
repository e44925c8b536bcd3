import { throwError } from 'rxjs';

/**
 * Tells an error that is the program's own, and that nobody is there to be told of, as RxJS tells those of a subscriber: by
 * `config.onUnhandledError`, or else as an uncaught exception. Not to whoever happens to be on the stack.
 * @internal
 */
export function reportUnhandled(error: unknown): void {
  throwError(() => error).subscribe();
}
