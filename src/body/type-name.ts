/** The type of a value, in words: for the message of an error, which never contains the value itself. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value !== 'object') return `a ${typeof value}`;
  if (Array.isArray(value)) return 'an array';
  // An object without a prototype has no constructor.
  const name = (value as { constructor?: { name?: unknown } }).constructor?.name;
  if (typeof name !== 'string' || name === '' || name === 'Object') return 'an object';
  return `${/^[AEIOU](?!RL)/.test(name) ? 'an' : 'a'} ${name}`;
}

/** The error for a value that cannot be sent as content. */
export function noContent(value: unknown): TypeError {
  return new TypeError(
    `the content is ${typeName(value)}: expected text, bytes, an Observable, an iterable, a stream, a file, a Blob, a FormData or a ` +
      `URLSearchParams${hint(value)}`,
  );
}

/** The error for a chunk of streamed content that cannot be sent. */
export function noPiece(value: unknown): TypeError {
  return new TypeError(`a chunk of the content is ${typeName(value)}: expected text or bytes`);
}

function hint(value: unknown): string {
  if (typeof value !== 'object' || value === null) return '';
  if ('then' in value) return '; use from(promise), or wait for it';
  if ('bodyUsed' in value) return '; use its body';
  return Object.getPrototypeOf(value) === Object.prototype ? '; send an object as JSON' : '';
}
