import { ClientError, ProtocolError, type ProtocolErrorCode } from '../errors.js';
import { clientError, thrown } from './error-translation.js';

describe('what went wrong on the wire, in a client’s words', () => {
  it.each<[code: ProtocolErrorCode, as: string]>([
    ['malformed-response', 'malformed-response'],
    ['malformed-body', 'malformed-response'],
    ['unsupported-transfer-coding', 'malformed-response'],
    ['header-section-too-large', 'header-section-too-large'],
    ['too-many-fields', 'header-section-too-large'],
    ['content-length-mismatch', 'invalid-response-body-length'],
    ['truncated', 'truncated'],
    ['head-timeout', 'headers-timeout'],
    ['body-timeout', 'body-timeout'],
    ['write-timeout', 'write-timeout'],
    ['handshake-timeout', 'handshake-timeout'],
    ['handshake-failed', 'handshake-failed'],
    ['unknown-protocol', 'unknown-protocol'],
    ['connection-reset', 'connection-reset'],
    ['stream-reset', 'protocol-error'],
    ['protocol-error', 'protocol-error'],
    ['enhance-your-calm', 'protocol-error'],
    ['refused', 'refused'],
    ['going-away', 'closed'],
    ['closed', 'closed'],
  ])('%s is %s, with the reason, the message and the cause', (code, as) => {
    const cause = new ProtocolError(code, 'so it was', { reason: 'CANCEL' });
    const error = clientError(cause);
    expect(error).toMatchObject({
      code: as,
      reason: 'CANCEL',
      message: 'so it was',
      cause,
      retryable: code === 'refused',
    });
  });

  it('REFUSED_STREAM is safe to send again, whatever it came with (RFC 9113 section 8.7)', () => {
    const refused = clientError(new ProtocolError('stream-reset', 'no', { reason: 'REFUSED_STREAM' }));
    expect(refused).toMatchObject({ code: 'refused', retryable: true, reason: 'REFUSED_STREAM' });
  });

  it('a lost connection is safe if the server has sent nothing; no other failure is', () => {
    const retryable = (code: ProtocolErrorCode): boolean => clientError(new ProtocolError(code, ''), true).retryable;
    expect(retryable('closed')).toBe(true);
    expect(retryable('connection-reset')).toBe(true);
    expect(retryable('truncated')).toBe(false);
    expect(retryable('head-timeout')).toBe(false);
  });

  it('a length that this side did not keep to is the request’s fault', () => {
    const local = new ProtocolError('content-length-mismatch', 'too short', { initiator: 'local' });
    expect(clientError(local).code).toBe('invalid-request');
  });

  it('is itself where it is one already', () => {
    const error = new ClientError('closed', 'over');
    expect(clientError(error)).toBe(error);
    expect(thrown(error)).toBe(error);
  });
});

describe('what this side failed with', () => {
  it('is an exception, with its cause', () => {
    const cause = new Error('disk');
    expect(thrown(cause)).toMatchObject({ code: 'exception', message: 'disk', cause, retryable: false });
    expect(clientError(cause).code).toBe('exception');
    expect(thrown('disk')).toMatchObject({ code: 'exception', message: 'disk' });
  });

  it('is an invalid request where it was misuse: a TypeError', () => {
    expect(thrown(new TypeError('no such field name')).code).toBe('invalid-request');
  });
});
