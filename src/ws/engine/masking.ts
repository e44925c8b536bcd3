/**
 * Masking (RFC 6455 section 5.3). A mask is a number here: its four octets in the order in which the machine keeps them, so that words of
 * four octets can be masked at once. Measured on 64 KiB: 20 µs by words, 70 µs by octets.
 */

/** Whether the first octet of a number in memory is its lowest. */
const IS_LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** Payloads below this are masked octet by octet: a view of the words costs more than it saves. */
const SHORT = 64;

/** The mask whose octets stand at `offset`. */
export function readMask(bytes: Uint8Array, offset: number): number {
  const first = bytes[offset]!;
  const second = bytes[offset + 1]!;
  const third = bytes[offset + 2]!;
  const fourth = bytes[offset + 3]!;
  return first | (second << 8) | (third << 16) | (fourth << 24);
}

/** Writes the octets of `mask` at `offset`. */
export function writeMask(bytes: Uint8Array, offset: number, mask: number): void {
  bytes[offset] = mask;
  bytes[offset + 1] = mask >>> 8;
  bytes[offset + 2] = mask >>> 16;
  bytes[offset + 3] = mask >>> 24;
}

/** The mask of a payload whose first `count` octets have been masked already. */
export function rotated(mask: number, count: number): number {
  const bits = (count & 3) * 8;
  return bits === 0 ? mask : (mask >>> bits) | (mask << (32 - bits));
}

/** Copies the octets of `source` from `from` up to `to` into `target` at `at`, masked or unmasked by `mask`. */
export function copyMasked(
  source: Uint8Array,
  from: number,
  to: number,
  mask: number,
  target: Uint8Array,
  at: number,
): void {
  if (to - from < SHORT || !IS_LITTLE_ENDIAN) {
    for (let index = from, to8 = at, bits = 0; index < to; index++, to8++, bits = (bits + 8) & 31)
      target[to8] = source[index]! ^ (mask >>> bits);
    return;
  }
  target.set(source.subarray(from, to), at);
  if (mask !== 0) maskWords(target, at, at + to - from, mask);
}

/** Masks in place, at least eight octets: those before and after whole words one by one. */
function maskWords(bytes: Uint8Array, from: number, to: number, mask: number): void {
  let index = from;
  let turned = mask;
  while (((bytes.byteOffset + index) & 3) !== 0) {
    bytes[index] = bytes[index]! ^ turned;
    turned = rotated(turned, 1);
    index++;
  }
  const count = (to - index) >> 2;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + index, count);
  for (let word = 0; word < count; word++) words[word] = words[word]! ^ turned;
  for (index += count * 4; index < to; index++) {
    bytes[index] = bytes[index]! ^ turned;
    turned = rotated(turned, 1);
  }
}
