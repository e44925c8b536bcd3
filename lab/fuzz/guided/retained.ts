/** How many bytes an object keeps, about: text, bytes, and eight for each property, all the way down. */

/** `besides`: what is not its own. */
export function retained(root: object, besides: readonly object[]): number {
  const seen = new Set<object>(besides);
  const waiting: object[] = [root];
  let size = 0;
  const meet = (value: unknown): void => {
    size += 8;
    if (typeof value === 'string') size += value.length;
    else if (typeof value === 'object' && value !== null && !seen.has(value)) {
      seen.add(value);
      waiting.push(value);
    }
  };
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (ArrayBuffer.isView(next)) size += next.byteLength;
    else if (next instanceof Map) for (const pair of next as Map<unknown, unknown>) pair.forEach(meet);
    else if (next instanceof Set) (next as Set<unknown>).forEach(meet);
    else for (const key in next) meet((next as Record<string, unknown>)[key]);
  }
  return size;
}
