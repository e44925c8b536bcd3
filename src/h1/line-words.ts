/** The words of lines: those that nearly every start line has are found without making a string (RFC 9112 section 3). */

/** Whether "HTTP/1.1" is there: it nearly always is. */
export function isVersion11(bytes: Uint8Array, at: number): boolean {
  return (
    bytes[at] === 0x48 &&
    bytes[at + 1] === 0x54 &&
    bytes[at + 2] === 0x54 &&
    bytes[at + 3] === 0x50 &&
    bytes[at + 4] === 0x2f &&
    bytes[at + 5] === 0x31 &&
    bytes[at + 6] === 0x2e &&
    bytes[at + 7] === 0x31
  );
}

const GET = 0x474554;
const POST = 0x504f5354;

/** The commonest methods, without a new string. */
export function methodOf(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start > 4) return undefined;
  let word = 0;
  for (let position = start; position < end; position++) word = (word << 8) | bytes[position]!;
  return word === GET ? 'GET' : word === POST ? 'POST' : undefined;
}

/** A list with one more line of it (RFC 9110 section 5.3). */
export function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}, ${value}`;
}
