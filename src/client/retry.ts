/** Whether a request is sent again, and when: decisions only. The caller has the clock, the random numbers, and the count. */
import { checkNames } from '../option-checks.js';
import { ClientError, type ClientErrorCode } from '../errors.js';
import { type Fields, isToken } from '../http/fields.js';
import { isIdempotent } from '../http/method.js';
import { parseHttpDate } from '../http/date.js';

/** When a request is sent again. */
export interface RetryPolicy {
  /** How many times more a request is sent, after the first: 2. 0 is never. */
  readonly attempts: number;
  /** ms that the first wait is at most; each further one may be twice as long: 100. */
  readonly base: number;
  /** ms that no wait is longer than, `Retry-After` included: 10 000. */
  readonly limit: number;
  /** Responses after which it is sent again: 408, 429, 502, 503, 504. */
  readonly statuses: readonly number[];
  /** Methods that may be sent again though the server may have acted on them: the idempotent ones (RFC 9110 section 9.2.2). */
  readonly methods: readonly string[];
}

/** The policy of a client that sets none. */
export const DEFAULT_RETRY: RetryPolicy = Object.freeze({
  attempts: 2,
  base: 100,
  limit: 10_000,
  statuses: Object.freeze([408, 429, 502, 503, 504]),
  methods: Object.freeze(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']),
});

/** The longest wait that a timer can be set to, in ms. */
const LONGEST = 2 ** 31 - 1;

const LAWFUL: { readonly [name in keyof RetryPolicy]: readonly [expected: string, (value: unknown) => boolean] } = {
  attempts: ['an integer, 0 or more', (value) => isIn(value, 0, Number.MAX_SAFE_INTEGER) && Number.isInteger(value)],
  base: [`ms from 0 to ${LONGEST}`, (value) => isIn(value, 0, LONGEST)],
  limit: [`ms from 0 to ${LONGEST}`, (value) => isIn(value, 0, LONGEST)],
  statuses: [
    'a list of statuses from 400 to 599',
    (value) => Array.isArray(value) && value.every((status) => isIn(status, 400, 599) && Number.isInteger(status)),
  ],
  methods: [
    'a list of methods',
    (value) => Array.isArray(value) && value.every((method) => typeof method === 'string' && isToken(method)),
  ],
};

function isIn(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most;
}

/**
 * The default policy with `changes` in its place; an undefined value changes nothing.
 *
 * @throws RangeError for an unknown name, or a value that is out of its range.
 */
export function retryPolicyWith(
  changes: { readonly [name in keyof RetryPolicy]?: RetryPolicy[name] | undefined } = {},
): RetryPolicy {
  checkNames('retry', changes, Object.keys(LAWFUL));
  const policy: Record<string, unknown> = { ...DEFAULT_RETRY };
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) continue;
    const [expected, isLawful] = LAWFUL[name as keyof RetryPolicy];
    if (!isLawful(value)) throw new RangeError(`retry ${name}: expected ${expected}, got ${JSON.stringify(value)}`);
    policy[name] = Array.isArray(value) ? Object.freeze([...(value as unknown[])]) : value;
  }
  return Object.freeze(policy) as unknown as RetryPolicy;
}

/** The end of an attempt: an error, or a response that may be tried again. */
export type Failure = ClientError | { readonly status: number };

/** The facts about a request that a retry needs. */
export interface RetriedRequest {
  readonly method: string;
  /**
   * Whether the program has the response's head already: then nothing can be taken back. A `Failure` that is a status has none
   * yet.
   */
  readonly responded?: boolean;
}

/** The connection was not there, or went before the response: the next one may do better. */
const OF_THE_CONNECTION: ReadonlySet<ClientErrorCode> = new Set<ClientErrorCode>([
  ...(['connect-failed', 'connect-timeout', 'closed', 'connection-reset', 'refused', 'truncated'] as const),
]);

/**
 * Whether `request` may be sent again after `failure`. Any method may if the server has certainly not acted on it; otherwise, only the
 * methods that the policy names. The number of attempts, and whether the content can be sent a second time, are not checked here.
 */
export function mayRetry(failure: Failure, request: RetriedRequest, policy: RetryPolicy): boolean {
  if (request.responded === true) return false;
  if (!(failure instanceof ClientError)) {
    return policy.statuses.includes(failure.status) && policy.methods.includes(request.method);
  }
  if (failure.retryable) return true;
  return OF_THE_CONNECTION.has(failure.code) && policy.methods.includes(request.method);
}

/**
 * - `at-once`: the server has certainly not acted on the request, so it is sent again, and that does not count as a retry.
 * - `later`: by the policy.
 */
export type Resending = 'at-once' | 'later' | 'never';

/** Errors before a request was sent that took their time already, or that another attempt would get again. */
const TOO_LATE: ReadonlySet<ClientErrorCode> = new Set<ClientErrorCode>([
  ...(['connect-timeout', 'handshake-timeout', 'queue-full'] as const),
]);

/**
 * Whether a forwarded request is sent again. If the server has certainly not acted on it, any method is: the request was never sent, or the
 * server refused it (RFC 9113 section 8.7). If the connection ended before a response, only an idempotent one is: a proxy must not repeat
 * any other (RFC 9110 section 9.2.2). On a used HTTP/1.1 connection, the server had most likely closed it before.
 *
 * @param sent - whether any of it was sent in this attempt.
 */
export function resending({ code, retryable }: ClientError, method: string, sent: boolean): Resending {
  if (!sent) return TOO_LATE.has(code) ? 'never' : 'later';
  if (code === 'refused') return 'at-once';
  if ((code !== 'closed' && code !== 'connection-reset') || !isIdempotent(method)) return 'never';
  return retryable ? 'at-once' : 'later';
}

/**
 * ms to wait before retry number `attempt` (1 is the first): exponential, with full jitter, so that clients which failed
 * together do not come back together.
 *
 * @param random - from 0 to below 1, `Math.random` for one.
 */
export function backoff(attempt: number, policy: Pick<RetryPolicy, 'base' | 'limit'>, random: () => number): number {
  // Past 31 doublings the limit is reached in any case, and 0 times Infinity is not 0.
  const most = policy.base * 2 ** Math.min(attempt - 1, 31);
  return Math.floor(random() * Math.min(policy.limit, most));
}

/**
 * ms that the server asks to wait (RFC 9110 section 10.2.3), from 0 to the longest time of a timer; undefined without a valid field. If it
 * is longer than the policy's `limit`, a retry before it would be useless.
 *
 * @param now - ms since 1970.
 */
export function retryAfter(response: { readonly headers: Fields }, now: number): number | undefined {
  const value = response.headers.get('retry-after');
  if (value === undefined) return undefined;
  if (/^[0-9]+$/.test(value)) return Math.min(Number(value) * 1000, LONGEST);
  const date = parseHttpDate(value, now);
  return date === undefined ? undefined : Math.min(Math.max(date - now, 0), LONGEST);
}
