import { throwError } from 'rxjs';

/**
 * Reports an unhandled error of the program, as RxJS reports those of a subscriber: by `config.onUnhandledError`, or else as an uncaught
 * exception. The error does not go to code that happens to be on the stack.
 * @internal
 */
export function reportUnhandled(error: unknown): void {
  throwError(() => error).subscribe();
}
