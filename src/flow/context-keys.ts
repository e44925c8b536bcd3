/** The keys that transports of any kind share. */
import { asyncScheduler, type SchedulerLike } from 'rxjs';
import { integerBetween, objectValue, oneOf, textValue, timeOrForever } from '../option-checks.js';
import { type DefaultedKey, key, type Key } from './context.js';

/**
 * The scheme that a flow is for: for `https`, only protected flows are made, in any context. If it is not set, the TLS options decide: with
 * them it is `https`.
 */
export const SCHEME: Key<'http' | 'https'> = key('scheme', { check: oneOf('http', 'https') });

/** A host: a name, or an address. */
export const HOST: Key<string> = key('host', { check: textValue });

/** A TCP port: that of the scheme, 80 or 443, unless set. */
export const PORT: Key<number> = key('port', { check: integerBetween(0, 65_535) });

/** ms for a connection to be made; Infinity: for ever. Past it: `connect-timeout`. */
export const CONNECT_TIMEOUT: DefaultedKey<number> = key('connect timeout', {
  default: 10_000,
  check: timeOrForever,
});

/** The clock of the timeouts. */
export const SCHEDULER: DefaultedKey<SchedulerLike> = key<SchedulerLike>('scheduler', {
  default: asyncScheduler,
  check: objectValue,
});
