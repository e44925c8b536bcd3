/** Two outcomes of the same bytes, side by side: first the reported requests, then the ends of streams and of the connection. */
import { trailerLines } from '../../../src/http/trailers.js';
import { UNTOLD } from './outcome.js';
import type { Outcome, Request } from './outcome.js';

export type H2Difference =
  /** They report a request otherwise: no table allows that. */
  | { readonly kind: 'request'; readonly stream: number; readonly ours: string; readonly theirs: string }
  /** One ends the connection, and the other does not; or both do, for other reasons. */
  | {
      readonly kind: 'we-end' | 'they-end' | 'code';
      readonly stream: 0;
      readonly ours: string;
      readonly theirs: string;
    }
  /** A stream stands otherwise at the end. */
  | { readonly kind: 'stream'; readonly stream: number; readonly ours: string; readonly theirs: string };

/** `cancelled`: streams that the client itself has reset; their progress may be reported, or not. */
export function compare(ours: Outcome, theirs: Outcome, cancelled: ReadonlySet<number>): H2Difference | undefined {
  for (const [stream, a] of ours.requests) {
    const b = theirs.requests.get(stream);
    const on = b === undefined ? undefined : differsIn(a, canonical(b));
    if (on !== undefined) return { kind: 'request', stream, ours: on, theirs: on };
  }
  if (ours.connection !== '' || theirs.connection !== '') {
    // A reader that ends the connection may leave open how its streams end.
    if (ours.connection === theirs.connection || (ours.connection !== '' && theirs.connection === UNTOLD))
      return undefined;
    const kind = theirs.connection === '' ? 'we-end' : ours.connection === '' ? 'they-end' : 'code';
    return { kind, stream: 0, ours: ours.connection, theirs: theirs.connection };
  }
  const streams = [ours.requests, theirs.requests, ours.resets, theirs.resets].flatMap((each) => [...each.keys()]);
  for (const stream of new Set(streams)) {
    const a = fateOf(ours, stream);
    const b = fateOf(theirs, stream);
    if (a !== b && !cancelled.has(stream)) return { kind: 'stream', stream, ours: a, theirs: b };
  }
  return undefined;
}

/** How a stream stands at the end. */
function fateOf({ requests, resets }: Outcome, stream: number): string {
  const reset = resets.get(stream);
  const request = requests.get(stream);
  if (reset !== undefined) return request === undefined ? reset : `${reset} after a head`;
  if (request === undefined) return 'nothing';
  return request.ended ? 'a request' : 'a request without end';
}

function differsIn(a: Request, b: Request): string | undefined {
  if (a.fields.join('\0') !== b.fields.join('\0')) return 'fields';
  const [shorter, longer] = a.body.length < b.body.length ? [a.body, b.body] : [b.body, a.body];
  if (!longer.startsWith(shorter)) return 'content';
  return a.ended && b.ended && a.trailers.join('\0') !== b.trailers.join('\0') ? 'trailers' : undefined;
}

const PSEUDO = [':method', ':scheme', ':path', ':protocol', ':authority'];

/**
 * A request as our engine reports it. Pseudo-header fields are in one order, and crumbs of cookies in one line (RFC 9113 section 8.2.3).
 * Trailers that steer are left out (RFC 9110 section 6.5.1).
 */
function canonical(request: Request): Request {
  const pseudo = new Map<string, string>();
  const { fields } = request;
  let first = 0;
  for (; fields[first]?.startsWith(':') === true; first += 2) pseudo.set(fields[first]!, fields[first + 1]!);
  const lines = merged(fields.slice(first));
  if (!pseudo.has(':authority')) pseudo.set(':authority', lines[lines.indexOf('host') + 1] ?? '');
  const ordered = PSEUDO.filter((name) => pseudo.has(name)).flatMap((name) => [name, pseudo.get(name)!]);
  return { ...request, fields: [...ordered, ...lines], trailers: [...trailerLines(merged(request.trailers))] };
}

function merged(lines: readonly string[]): string[] {
  const kept: string[] = [];
  let cookie = -1;
  for (let at = 0; at < lines.length; at += 2) {
    const [name, value] = [lines[at]!, lines[at + 1]!];
    if (name === 'cookie' && cookie >= 0) kept[cookie] = `${kept[cookie]!}; ${value}`;
    else {
      if (name === 'cookie') cookie = kept.length + 1;
      kept.push(name, value);
    }
  }
  return kept;
}
