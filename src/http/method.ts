/** The properties of methods (RFC 9110 section 9.2). Methods are case-sensitive. */

/** Whether a method only asks (RFC 9110 section 9.2.1). */
export function isSafe(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS' || method === 'TRACE';
}

/** Whether a request with it may be made several times, to the same effect (RFC 9110 section 9.2.2). */
export function isIdempotent(method: string): boolean {
  return isSafe(method) || method === 'PUT' || method === 'DELETE';
}
