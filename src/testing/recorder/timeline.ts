/**
 * The bytes of a peer as a diagram: a letter a chunk, time as it passed. Time without an open exchange is shortened, so that the diagram
 * stays readable. Time in which an exchange was open is kept, because a handler takes it again.
 */
import { asBuffer } from '../../bytes.js';
import type { Draft } from './exchange-draft.js';
import type { Piece, Side } from './direction.js';
import { joined, literal, type Part } from './source-code.js';

/** A diagram of a peer's bytes, and its values. */
export interface Timeline {
  readonly diagram: string;
  readonly values: Readonly<Record<string, Part>>;
}

interface Item {
  readonly at: number;
  readonly part: Part;
}

/** The letters, first those that are easy to type. */
const LETTERS = [
  ...Array.from('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'),
  ...Array.from({ length: 0x250 - 0x100 }, (_, index) => String.fromCharCode(0x100 + index)),
];

/** `count` letters. */
export function lettersOf(count: number): readonly string[] {
  if (count > LETTERS.length) throw new RangeError(`there are ${LETTERS.length} letters, not ${count}`);
  return LETTERS.slice(0, count);
}

/** `mark`: the end of the peer's bytes. `idle`: ms that stay of a time without an open exchange. */
export function timelineOf(
  received: Side,
  pieces: readonly Piece[],
  drafts: readonly Draft[],
  { mark, idle }: { readonly mark: '|' | '#' | undefined; readonly idle: number },
): Timeline {
  const items = lettered(chunksOf(received, pieces));
  const letters = new Map<string, string>();
  const values: Record<string, Part> = {};
  const clock = new Clock(drafts, idle);
  let diagram = '';
  let next = 0;
  const draw = (at: number, char: string): void => {
    const frame = Math.max(next, clock.frameOf(at));
    diagram += passing(frame - next) + char;
    next = frame + 1;
  };
  for (const { at, part } of items) {
    const letter = letters.get(part.code) ?? LETTERS[letters.size]!;
    letters.set(part.code, letter);
    values[letter] = part;
    draw(at, letter);
  }
  if (mark !== undefined) draw(received.end?.at ?? 0, mark);
  return { diagram: diagram.trim(), values };
}

/** Each chunk with the pieces that it completes. */
function chunksOf(received: Side, pieces: readonly Piece[]): Item[] {
  const items: Item[] = [];
  let index = 0;
  let from = 0;
  for (const { at, bytes } of received.chunks) {
    const to = from + bytes.length;
    const parts: Part[] = [];
    for (let piece = pieces[index]; piece !== undefined && piece.start < to; piece = pieces[index]) {
      const body = pieces[index + 1];
      if (piece.part === undefined) {
        parts.push(literal(received.bytes.subarray(Math.max(from, piece.start), Math.min(to, piece.end))));
      } else if (piece.end <= to) {
        const whole =
          body !== undefined && body.end <= to && piece.withBody?.(received.bytes.subarray(body.start, body.end));
        parts.push(whole || piece.part);
        if (whole) index++;
      }
      if (piece.end > to) break;
      index++;
    }
    if (parts.length > 0) items.push({ at, part: joined(parts) });
    from = to;
  }
  return items;
}

/** If there are more chunks than letters, neighbours are put together. */
function lettered(items: readonly Item[]): readonly Item[] {
  if (new Set(items.map(({ part }) => part.code)).size <= LETTERS.length) return items;
  const step = Math.ceil(items.length / LETTERS.length);
  const fewer: Item[] = [];
  for (let from = 0; from < items.length; from += step) {
    const group = items.slice(from, from + step);
    fewer.push({ at: group.at(-1)!.at, part: joined(group.map(({ part }) => part)) });
  }
  return fewer;
}

/** The frames of a diagram, for times of a recording that never go back. */
class Clock {
  private time: number | undefined = undefined;
  private frame = 0;

  constructor(
    private readonly drafts: readonly Draft[],
    private readonly idle: number,
  ) {}

  frameOf(at: number): number {
    const { time } = this;
    this.time = at;
    // Before the peer's first bytes no exchange is open.
    if (time === undefined) return (this.frame = 0);
    const busyUntil = Math.max(
      time,
      ...this.drafts
        .filter(({ begun, ended }) => begun <= time && ended > time)
        .map(({ ended }) => Math.min(ended, at)),
    );
    const busy = busyUntil - time;
    return (this.frame += Math.round(busy + Math.min(this.idle, at - busyUntil)));
  }
}

function passing(time: number): string {
  if (time <= 16) return '-'.repeat(time);
  return ` ${time}ms `;
}

/** The bytes of a timeline's values, by letter. */
export function bytesByLetter({ values }: Timeline): Record<string, Uint8Array> {
  return Object.fromEntries(Object.entries(values).map(([letter, { bytes }]) => [letter, asBuffer(bytes)]));
}
