/**
 * The traits of a peer: its behaviour besides its bytes, and faults on their way. Each trait is one line of a `flow`. Faults stand at an
 * offset, so that they can be put between any two bytes of a message.
 */
import { durationOf, parseDiagram } from './diagram.js';
import { checkLetters } from './expectations.js';

/** Something that arrives: bytes, the peer's FIN, or its reset. */
export type Arrival =
  | { readonly kind: 'bytes'; readonly frame: number; readonly bytes: Uint8Array }
  | { readonly kind: 'fin' | 'reset'; readonly frame: number };

/** A trait of a peer: `slowPeer`, `fragment`, and the faults make one. */
export interface FlowTrait {
  /** The peer's arrivals after the faults on their way. */
  readonly arrivals?: (arrivals: readonly Arrival[]) => readonly Arrival[];
  /** Most bytes that arrive in one piece; `every`: the test is run for each way to cut them. */
  readonly fragment?: number | 'every';
  /** When the peer takes the written bytes; unless given, at once. */
  readonly takes?: readonly Take[];
  /** The fault that happens when the peer has taken so many bytes. */
  readonly taken?: { readonly offset: number; readonly then: 'reset' | 'stall' };
}

/** The peer takes `bytes` of the written bytes; all that wait if it is undefined. */
export interface Take {
  readonly frame: number;
  readonly bytes: number | undefined;
}

/** Which bytes an offset counts: `in`, those that the peer sends; `out`, those that are written to it. */
export type Way = 'in' | 'out';

/**
 * A peer that takes written bytes only when the diagram has a letter: the flow is not ready while anything waits. After the last letter it
 * takes nothing more.
 *
 * @param values - bytes that it takes at a letter: all that wait, unless given.
 *
 * @example `flow('a---|', { a: h1.get('/') }, slowPeer('-t--t', { t: 100 }))`
 */
export function slowPeer(diagram: string, values: Readonly<Record<string, number>> = {}): FlowTrait {
  checkLetters(values);
  return { takes: parseDiagram(diagram, '').map(({ frame, mark }) => ({ frame, bytes: values[mark] })) };
}

/**
 * With a size: everything arrives in pieces of at most `size` bytes, in order and at the same time.
 *
 * Without: the whole test runs again and again. The input from this flow's peer is cut in two at each offset, and once byte by byte. Each
 * run has to end as it is drawn. The bytes of one ms are then compared as a whole, however they are cut. This covers the pieces of a body,
 * the chunks of an HTTP/1.1 message, and the DATA frames of a stream. Such a test must keep all its state inside its function.
 *
 * @throws RangeError if `size` is not 1 or more; and at the end of the first run, if there is too much to cut.
 *
 * @example
 * ```ts
 * const client = flow('-a--|', { a: h1.post('/', 'body') }, fragment());
 * serve(client, ({ body }) => body.text().pipe(map((content) => text(content))));
 * expectWire(client).toBe('-x--|', { x: h1.response(200, 'body') });
 * ```
 */
export function fragment(size?: number): FlowTrait {
  if (size !== undefined && !(size >= 1)) throw new RangeError(`fragment: expected bytes above zero, got ${size}`);
  return { fragment: size ?? 'every' };
}

/**
 * All that the peer sends arrives later, its end too.
 *
 * @param time - ms, or a diagram that is so long: `'---'`, `'5s'`.
 * @throws RangeError if time would go back.
 *
 * @example `flow('a-b|', values, delayed('5s'))`
 */
export function delayed(time: number | string): FlowTrait {
  const ms = typeof time === 'number' ? time : durationOf(time);
  if (!(ms >= 0)) throw new RangeError(`delayed: expected 0 ms or more, got ${ms}`);
  return { arrivals: (arrivals) => arrivals.map((arrival) => ({ ...arrival, frame: arrival.frame + ms })) };
}

/**
 * Bytes that the peer sends are lost: `size` of them from `offset` on, or all. Its end comes as it is drawn.
 *
 * @throws RangeError if the peer sends less.
 *
 * @example `flow('-a-|', { a: h1.post('/', 'content') }, dropAt(60))`
 */
export function dropAt(offset: number, size = Infinity): FlowTrait {
  return {
    arrivals: (arrivals) => {
      const { before, behind } = split(arrivals, offset, 'dropAt');
      let left = size;
      const kept = behind.flatMap((arrival): Arrival[] => {
        if (arrival.kind !== 'bytes') return [arrival];
        const lost = Math.min(left, arrival.bytes.length);
        left -= lost;
        return lost === arrival.bytes.length ? [] : [{ ...arrival, bytes: arrival.bytes.subarray(lost) }];
      });
      return [...before, ...kept];
    },
  };
}

/**
 * The peer ends its side after `offset` bytes: its FIN comes with the last of them, and nothing comes after it. It still reads.
 *
 * @throws RangeError if the peer sends less.
 *
 * @example `flow('-a-|', { a: h1.post('/', 'content') }, halfCloseAt(60))`
 */
export function halfCloseAt(offset: number): FlowTrait {
  return { arrivals: (arrivals) => ended(arrivals, offset, 'fin', 'halfCloseAt') };
}

/**
 * The peer resets the connection.
 *
 * @param offset - the number of bytes before the reset.
 * @param way - `in`: bytes that it has sent; `out`: bytes that it has taken of those written to it.
 * @throws RangeError if the peer sends less.
 *
 * @example `flow('-a---|', { a: h1.get('/') }, resetAt(17, 'out'))`
 */
export function resetAt(offset: number, way: Way = 'in'): FlowTrait {
  checkOffset(offset, 'resetAt');
  if (way === 'out') return { taken: { offset, then: 'reset' } };
  return { arrivals: (arrivals) => ended(arrivals, offset, 'reset', 'resetAt') };
}

/**
 * The peer falls silent, as if a cable was pulled: no bytes, no FIN, no reset.
 *
 * @param offset - the number of bytes before the silence.
 * @param way - `in`: it sends no more than that; `out`: it takes no more than that of the bytes that are written to it.
 * @throws RangeError if the peer sends less.
 *
 * @example `flow('-a---|', { a: h1.get('/') }, stallAt(17))`
 */
export function stallAt(offset: number, way: Way = 'in'): FlowTrait {
  checkOffset(offset, 'stallAt');
  if (way === 'out') return { taken: { offset, then: 'stall' } };
  return { arrivals: (arrivals) => split(arrivals, offset, 'stallAt').before };
}

/** The arrivals up to `offset`, and the end with the last of them. */
function ended(arrivals: readonly Arrival[], offset: number, kind: 'fin' | 'reset', name: string): Arrival[] {
  const { before, behind } = split(arrivals, offset, name);
  const frame = before.at(-1)?.frame ?? behind[0]?.frame ?? 0;
  return [...before, { kind, frame }];
}

/** `arrivals` in two: the first `offset` bytes, and those after them. */
function split(
  arrivals: readonly Arrival[],
  offset: number,
  name: string,
): { readonly before: Arrival[]; readonly behind: Arrival[] } {
  checkOffset(offset, name);
  const before: Arrival[] = [];
  const behind: Arrival[] = [];
  let left = offset;
  for (const arrival of arrivals) {
    if (arrival.kind !== 'bytes' || left === 0) {
      (left === 0 ? behind : before).push(arrival);
      continue;
    }
    const { bytes } = arrival;
    before.push({ ...arrival, bytes: bytes.subarray(0, left) });
    if (bytes.length > left) behind.push({ ...arrival, bytes: bytes.subarray(left) });
    left -= Math.min(left, bytes.length);
  }
  if (left > 0) throw new RangeError(`${name}: the peer sends ${offset - left} bytes, and not ${offset}`);
  return { before, behind };
}

function checkOffset(offset: number, name: string): void {
  if (!Number.isInteger(offset) || offset < 0) throw new RangeError(`${name}: expected an offset, got ${offset}`);
}
