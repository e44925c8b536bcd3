/** From a difference to a verdict: a difference with a row in the table is lawful, any other is a finding. */
import type { Case, LawfulRow, Verdict } from '../target.js';
import type { Difference, Fate } from './compare.js';
import type { Reading } from './reading.js';

/** A lawful difference of HTTP/1.1 readers: all of what it says must hold. */
export interface H1Row extends LawfulRow {
  /** Never `disagree`. */
  readonly kind: Exclude<Difference['kind'], 'disagree'>;
  /** In the words of who refuses. */
  readonly reason: RegExp;
  /** What becomes of the message on the other side. */
  readonly other?: Fate;
  /** What must be there, in the bytes of the message: the row is about nothing else. */
  readonly shows: (message: MessageText) => boolean;
}

/** A message that was refused, as text; and the bytes after it. */
export class MessageText {
  /** Its first line that is not empty, without its end. */
  readonly startLine: string;
  /** All up to the first empty line. */
  readonly head: string;
  /** The bytes after that. */
  readonly behind: string;

  /** `before`: what came on the connection in front of it. */
  constructor(
    readonly text: string,
    readonly before: string,
    /** The method of its request; '' of a request. */
    readonly answers: string,
  ) {
    const end = /\n\r?\n/.exec(text.replace(/^[\r\n]+/, (empty) => 'x'.repeat(empty.length)));
    this.head = end === null ? text : text.slice(0, end.index + 1);
    this.behind = end === null ? '' : text.slice(end.index + end[0].length);
    this.startLine = /[^\r\n]+/.exec(text)?.[0] ?? '';
  }

  /** The values of the field lines of `name`. */
  values(name: string): string[] {
    return [...this.head.matchAll(new RegExp(`^${name}:([^\\r\\n]*)`, 'gim'))].map(([, value]) =>
      value!.replace(/^[ \t]+|[ \t]+$/g, ''),
    );
  }
}

/** `start`: where in the bytes of the case the message begins that they differ about. */
export function judgeDifference(
  rows: readonly H1Row[],
  difference: Difference,
  { bytes, context }: Case,
  start: number,
  ours: Reading,
  theirs: Reading,
): Verdict {
  if (difference.kind !== 'disagree') {
    const message = new MessageText(bytes.toString('latin1', start), bytes.toString('latin1', 0, start), context);
    // The reader that switches has exactly the bytes after the head.
    const { kind } = difference;
    const leftover = kind === 'they-switch' ? theirs.leftover : kind === 'we-switch' ? ours.leftover : message.behind;
    const row = leftover === message.behind ? rows.find((each) => covers(each, difference, message)) : undefined;
    if (row !== undefined) return { kind: 'lawful', name: row.name };
  }
  return {
    kind: 'finding',
    what: `${difference.kind}: ${difference.reason} (other: ${difference.other})`,
    ours,
    theirs,
  };
}

function covers(row: H1Row, difference: Difference, message: MessageText): boolean {
  if (row.kind !== difference.kind || (row.other !== undefined && row.other !== difference.other)) return false;
  return row.reason.test(difference.reason) && row.shows(message);
}

/** The same bytes, cut otherwise, must be read the same: by us, that is. */
export function unlike(whole: Reading, inPieces: Reading): Verdict | undefined {
  if (JSON.stringify(whole) === JSON.stringify(inPieces)) return undefined;
  return { kind: 'finding', what: 'the output depends on how the bytes are cut', ours: inPieces, theirs: whole };
}

/** The offset of message `index` in `bytes`: after the end of the one before, as `read` sees it. */
export function startOf(read: (pieces: Uint8Array[]) => Reading, bytes: Uint8Array, index: number): number {
  if (index === 0) return 0;
  let known = 0;
  let end = bytes.length;
  // Complete messages only become more, the more bytes there are.
  while (known < end) {
    const middle = (known + end) >> 1;
    if (read([bytes.subarray(0, middle)]).messages[index - 1]?.complete === true) end = middle;
    else known = middle + 1;
  }
  return end;
}
