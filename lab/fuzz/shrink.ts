/** Makes an input smaller that shows something, as long as it goes on to show it. */
import type { Case } from './target.js';

/** Simpler values for a byte. */
const PLAIN = Buffer.from('a0');

/** More tries than this are not worth the wait. */
const MOST_TRIES = 4000;

export async function shrink(one: Case, shows: (smaller: Case) => Promise<boolean>): Promise<Case> {
  let best = one;
  let tries = 0;
  const attempt = async (bytes: Buffer): Promise<boolean> => {
    if (++tries > MOST_TRIES || bytes.length > best.bytes.length || bytes.equals(best.bytes)) return false;
    const smaller = { ...best, bytes };
    if (!(await shows(smaller))) return false;
    best = smaller;
    return true;
  };

  let shorter = true;
  while (shorter) {
    shorter = false;
    for (let size = Math.ceil(best.bytes.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let at = 0; at < best.bytes.length;) {
        const { bytes } = best;
        if (await attempt(Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]))) shorter = true;
        else at += size;
      }
    }
  }
  for (let at = 0; at < best.bytes.length; at++) {
    for (const plain of PLAIN) {
      if (PLAIN.includes(best.bytes[at]!)) break;
      const bytes = Buffer.from(best.bytes);
      bytes[at] = plain;
      if (await attempt(bytes)) break;
    }
  }
  return best;
}
