/**
 * Whether a test would call two values equal: the same, the same bytes, errors with the same name, code and message, or arrays
 * and plain objects of equal parts. Anything else is equal to itself only.
 */
export function isEqual(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (left instanceof Uint8Array || right instanceof Uint8Array) {
    return left instanceof Uint8Array && right instanceof Uint8Array && Buffer.compare(left, right) === 0;
  }
  if (left instanceof Error && right instanceof Error) {
    return left.name === right.name && left.message === right.message && codeOf(left) === codeOf(right);
  }
  if (Object.getPrototypeOf(left) !== Object.getPrototypeOf(right) || !isPlain(left)) return false;
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  return names.every(
    (name) =>
      Object.hasOwn(right, name) &&
      isEqual((left as Record<string, unknown>)[name], (right as Record<string, unknown>)[name]),
  );
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null;
}

/** Its code, where it has one. */
export function codeOf(error: Error): unknown {
  return 'code' in error ? error.code : undefined;
}
