import { fc } from '../../test/kits/properties.js';
import { ClientError, type ClientErrorCode } from '../errors.js';
import { Fields } from '../http/fields.js';
import { backoff, DEFAULT_RETRY, mayRetry, resending, retryAfter, type RetryPolicy, retryPolicyWith } from './retry.js';

const failure = (code: ClientErrorCode, retryable = false): ClientError => new ClientError(code, code, { retryable });
const IDEMPOTENT = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'];
const OTHERS = ['POST', 'PATCH', 'CONNECT', 'get'];

describe('idempotent methods (RFC 9110 section 9.2.2)', () => {
  it.each(IDEMPOTENT)('%s is sent again where nobody knows what the server did', (method) => {
    expect(mayRetry(failure('connection-reset'), { method }, DEFAULT_RETRY)).toBe(true);
    expect(mayRetry({ status: 503 }, { method }, DEFAULT_RETRY)).toBe(true);
  });

  it.each(OTHERS)('%s is not', (method) => {
    expect(mayRetry(failure('connection-reset'), { method }, DEFAULT_RETRY)).toBe(false);
    expect(mayRetry({ status: 503 }, { method }, DEFAULT_RETRY)).toBe(false);
  });

  it.each([...IDEMPOTENT, ...OTHERS])('%s is, where the server has certainly not acted on it', (method) => {
    expect(mayRetry(failure('refused', true), { method }, DEFAULT_RETRY)).toBe(true);
    expect(mayRetry(failure('queue-full', true), { method }, DEFAULT_RETRY)).toBe(true);
  });

  it('and nothing is once the program has the response', () => {
    const request = { method: 'GET', responded: true };
    expect(mayRetry(failure('truncated'), request, DEFAULT_RETRY)).toBe(false);
    expect(mayRetry(failure('refused', true), request, DEFAULT_RETRY)).toBe(false);
  });
});

describe('what is worth another attempt', () => {
  const worth: readonly ClientErrorCode[] = [
    ...(['connect-failed', 'connect-timeout', 'closed', 'connection-reset', 'refused', 'truncated'] as const),
  ];
  it.each(worth)('%s', (code) => {
    expect(mayRetry(failure(code), { method: 'GET', responded: false }, DEFAULT_RETRY)).toBe(true);
  });

  it.each<ClientErrorCode>([
    'exception',
    'malformed-response',
    'invalid-response-body-length',
    'protocol-error',
    'header-section-too-large',
    'handshake-failed',
    'handshake-timeout',
    'unknown-protocol',
    'protocol-mismatch',
    'proxy-refused',
    'no-transport',
    'headers-timeout',
    'body-timeout',
    'write-timeout',
    'invalid-request',
    'queue-full',
    'too-many-redirects',
    'invalid-redirect',
    'unsupported-content-coding',
    'body-not-repeatable',
  ])('not %s', (code) => {
    expect(mayRetry(failure(code), { method: 'GET' }, DEFAULT_RETRY)).toBe(false);
  });

  it.each([408, 429, 502, 503, 504])('status %d', (status) => {
    expect(mayRetry({ status }, { method: 'GET' }, DEFAULT_RETRY)).toBe(true);
  });

  it.each([200, 302, 400, 401, 404, 421, 425, 500, 501, 505])('not status %d', (status) => {
    expect(mayRetry({ status }, { method: 'GET' }, DEFAULT_RETRY)).toBe(false);
  });

  it('is what the policy says', () => {
    const policy = retryPolicyWith({ statuses: [500], methods: ['POST'] });
    expect(mayRetry({ status: 500 }, { method: 'POST' }, policy)).toBe(true);
    expect(mayRetry({ status: 503 }, { method: 'POST' }, policy)).toBe(false);
    expect(mayRetry({ status: 500 }, { method: 'GET' }, policy)).toBe(false);
    expect(mayRetry(failure('closed'), { method: 'POST' }, policy)).toBe(true);
  });
});

describe('Retry-After (RFC 9110 section 10.2.3)', () => {
  const now = Date.UTC(2026, 10, 22, 12);
  const asks = (value: string | readonly string[] | undefined): number | undefined =>
    retryAfter({ headers: Fields.from({ 'retry-after': value }) }, now);

  it.each([
    ['delay-seconds', '120', 120_000],
    ['no delay', '0', 0],
    ['leading zeros', '007', 7000],
    ['more than a timer can', '99999999999999999999999', 2 ** 31 - 1],
    ['IMF-fixdate', 'Sun, 22 Nov 2026 12:00:05 GMT', 5000],
    ['rfc850-date', 'Sunday, 22-Nov-26 12:01:00 GMT', 60_000],
    ['asctime-date', 'Sun Nov 22 13:00:00 2026', 3_600_000],
    ['a date that has passed', 'Fri, 31 Dec 1999 23:59:59 GMT', 0],
    ['a date far ahead', 'Fri, 31 Dec 9999 23:59:59 GMT', 2 ** 31 - 1],
  ])('%s: %s', (_name, value, ms) => {
    expect(asks(value)).toBe(ms);
  });

  it.each([undefined, '', '-1', '1.5', '1e3', '0x10', '5 s', 'soon', 'Sun, 31 Nov 2026 12:00:00 GMT', ['1', '2']])(
    'nothing that can be understood: %j',
    (value) => {
      expect(asks(value)).toBeUndefined();
    },
  );
});

describe('backoff', () => {
  const policy = { base: 100, limit: 1000 };

  it('doubles its most, up to the limit', () => {
    const most = [1, 2, 3, 4, 5, 6, 2000].map((attempt) => backoff(attempt, policy, () => 1 - Number.EPSILON));
    expect(most).toEqual([99, 199, 399, 799, 999, 999, 999]);
  });

  it('has jitter all the way down', () => {
    expect(backoff(3, policy, () => 0)).toBe(0);
    expect(backoff(3, policy, () => 0.5)).toBe(200);
  });

  it('is whole ms, from 0 to below the most, whatever the dice', () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const ms = fc.integer({ min: 0, max: 2 ** 31 - 1 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), ms, ms, random, (attempt, base, limit, dice) => {
        const wait = backoff(attempt, { base, limit }, () => dice);
        expect(Number.isInteger(wait)).toBe(true);
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThanOrEqual(Math.min(limit, base * 2 ** Math.min(attempt - 1, 31)));
      }),
    );
  });
});

describe('retryPolicyWith', () => {
  it('has defaults, and they cannot be changed', () => {
    expect(retryPolicyWith()).toEqual({
      attempts: 2,
      base: 100,
      limit: 10_000,
      statuses: [408, 429, 502, 503, 504],
      methods: IDEMPOTENT,
    });
    expect([Object.isFrozen(DEFAULT_RETRY), Object.isFrozen(DEFAULT_RETRY.statuses)]).toEqual([true, true]);
  });

  it('takes changes, and keeps a copy of them', () => {
    const statuses = [500];
    const policy = retryPolicyWith({ attempts: 0, statuses, base: undefined });
    statuses.push(501);
    expect(policy).toEqual({ ...DEFAULT_RETRY, attempts: 0, statuses: [500] });
    expect(Object.isFrozen(policy)).toBe(true);
  });

  it.each<[string, object]>([
    ['an unknown name', { retries: 2 }],
    ['a name that every object has', { toString: 2 }],
    ['a negative count', { attempts: -1 }],
    ['half an attempt', { attempts: 0.5 }],
    ['no end', { attempts: Infinity }],
    ['a negative time', { base: -1 }],
    ['no time', { limit: NaN }],
    ['more than a timer can', { limit: 2 ** 31 }],
    ['text', { base: '100' }],
    ['null', { base: null }],
    ['a status that is none', { statuses: [503.5] }],
    ['a status that is no failure', { statuses: [200] }],
    ['one status', { statuses: 503 }],
    ['a method that is none', { methods: ['GE T'] }],
    ['no method', { methods: [''] }],
    ['one method', { methods: 'GET' }],
  ])('refuses %s', (_name, changes) => {
    expect(() => retryPolicyWith(changes as Partial<RetryPolicy>)).toThrow(RangeError);
  });
});

describe('a forwarded request', () => {
  const failing = (code: ClientErrorCode, retryable = true): ClientError => new ClientError(code, code, { retryable });

  it.each<[string, ClientErrorCode, string, boolean, string]>([
    ['that was refused', 'refused', 'POST', true, 'at-once'],
    ['on a used connection that was closed', 'closed', 'GET', true, 'at-once'],
    ['on a used connection that was reset', 'connection-reset', 'PUT', true, 'at-once'],
    ['that is not idempotent, on a used connection', 'closed', 'POST', true, 'never'],
    ['that found no connection', 'connect-failed', 'POST', false, 'later'],
    ['whose connection ended before its turn', 'closed', 'POST', false, 'later'],
    ['that waited for a connection too long', 'connect-timeout', 'GET', false, 'never'],
    ['that had no place to wait', 'queue-full', 'GET', false, 'never'],
  ])('%s (%s, %s)', (_, code, method, sent, expected) => {
    expect(resending(failing(code), method, sent)).toBe(expected);
  });

  it.each<[ClientErrorCode, string, string]>([
    ['connection-reset', 'GET', 'later'],
    ['closed', 'DELETE', 'later'],
    ['connection-reset', 'POST', 'never'],
    ['truncated', 'GET', 'never'],
    ['headers-timeout', 'GET', 'never'],
  ])('that the server may have acted on: %s of a %s', (code, method, expected) => {
    expect(resending(failing(code, false), method, true)).toBe(expected);
  });
});
