import { identity, type MonoTypeOperatorFunction, type SchedulerLike, throwError, timeout } from 'rxjs';
import type { ClientError } from '../errors.js';

/** The longest time of a timer, ms: a longer time means for ever. */
const LONGEST = 0x7fffffff;

/**
 * The first value has to come within `duration` ms; it fails with `error` otherwise.
 * @internal
 */
export function within<T>(
  duration: number,
  scheduler: SchedulerLike,
  error: () => ClientError,
): MonoTypeOperatorFunction<T> {
  if (duration > LONGEST) return identity;
  return timeout({ first: duration, scheduler, with: () => throwError(error) });
}
