import { withoutRest } from '../bytes.js';

/**
 * A value that waits in an operator while its delivery is retained: bytes without the rest of the buffer that they were cut out of.
 * @internal
 */
export function kept<T>(value: T): T {
  // Bytes take the place of bytes.
  return value instanceof Uint8Array ? (withoutRest(value) as T & Uint8Array) : value;
}
