import type { TimeLimits } from '../drive/time-limits.js';

/** The settings that all connections of a client share. */
export interface ConnectionSettings {
  readonly timeLimits: TimeLimits;
  /** Exchanges that may wait for their turn on one connection. */
  readonly queue: number;
  /** HTTP/1.1 requests that may be under way at once: 1 turns pipelining off. */
  readonly pipelining: number;
}

/**
 * @throws RangeError for invalid numbers.
 * @internal
 */
export function checkConnectionOptions(options: {
  readonly pipelining: number | undefined;
  readonly queue: number | undefined;
}): Omit<ConnectionSettings, 'timeLimits'> {
  const { pipelining = 1, queue = 1000 } = options;
  if (!(Number.isInteger(pipelining) && pipelining > 0)) {
    throw new RangeError(`pipelining: expected a number of requests above zero, got ${pipelining}`);
  }
  if (!(queue >= 0)) throw new RangeError(`queue: expected a number of requests, got ${queue}`);
  return { pipelining, queue };
}
