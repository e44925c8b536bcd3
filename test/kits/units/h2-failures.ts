import type { H2ErrorCode, FaultScope } from '../../../src/errors.js';

/** What a `ProtocolError` of this reason, and scope, is like. */
export function failure(reason: H2ErrorCode, scope: FaultScope = 'connection'): Error {
  return expect.objectContaining({ name: 'ProtocolError', reason, scope }) as Error;
}
