/** Formats numbers for people. */

export function bytes(size) {
  if (size < 1000) return `${size} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let value = size;
  let unit = -1;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

export function time(ms) {
  if (ms === undefined) return '…';
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}

export const count = (number, what) => `${number} ${what}${number === 1 ? '' : 's'}`;

export const protocol = (id) => (id === 'h2' ? 'HTTP/2' : 'HTTP/1.1');
