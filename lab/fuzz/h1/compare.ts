/**
 * Two readings of the same bytes, side by side. A message that both accept must be the same to the last byte. No table has a row for such a
 * difference, because request smuggling is made of it (RFC 9112 section 11.2). The remaining differences are that one reader goes on and
 * the other refuses, or stops, which may be lawful.
 */
import type { Message, Reading } from './reading.js';

/** The fate of a message: `head`: its head was reported, and it did not come to its end. */
export type Fate = 'message' | 'head' | 'nothing';

export type Difference =
  /** The reader that refuses the message `index`, its words, and the fate of the message at the other reader. */
  | {
      readonly kind: 'we-refuse' | 'they-refuse';
      readonly index: number;
      readonly reason: string;
      readonly other: Fate;
    }
  /** After the head of message `index`, one gives all bytes that follow to another protocol; the other reads on. */
  | { readonly kind: 'we-switch' | 'they-switch'; readonly index: number; readonly reason: ''; readonly other: Fate }
  /** After the message before this one we take the connection to be at its end; the other reads on. */
  | { readonly kind: 'we-stop'; readonly index: number; readonly reason: string; readonly other: Fate }
  /** The trailer section of message `index` is the same, but for lines that we leave out. */
  | { readonly kind: 'we-drop'; readonly index: number; readonly reason: string; readonly other: 'message' }
  /** They disagree on what a message is, or where one ends. */
  | { readonly kind: 'disagree'; readonly index: number; readonly reason: string; readonly other: Fate };

export function compare(ours: Reading, theirs: Reading): Difference | undefined {
  let dropped: Difference | undefined;
  const most = Math.max(ours.messages.length, theirs.messages.length);
  for (let index = 0; index <= most; index++) {
    const a = ours.messages[index];
    const b = theirs.messages[index];
    if (a !== undefined && b !== undefined) {
      const head = differsInHead(a, b);
      const switcher = head === undefined ? switchedAlone(ours, theirs, index) : undefined;
      if (switcher !== undefined) return { kind: switcher, index, reason: '', other: 'message' };
      const reason = head ?? differsInContent(a, b);
      if (reason !== undefined) return { kind: 'disagree', index, reason, other: 'message' };
    }
    if (a?.complete !== true || b?.complete !== true) return apart(ours, theirs, index) ?? dropped;
    if (sameLines(a.trailers, b.trailers)) continue;
    const names = leftOut(a.trailers, b.trailers);
    if (names === undefined) return { kind: 'disagree', index, reason: 'trailers', other: 'message' };
    dropped ??= { kind: 'we-drop', index, reason: names.join(), other: 'message' };
  }
  return dropped;
}

function differsInHead(a: Message, b: Message): string | undefined {
  if (a.start !== b.start) return 'start line';
  return sameLines(a.fields, b.fields) ? undefined : 'fields';
}

/** The content of a message that is not complete is as much of it as came. */
function differsInContent(a: Message, b: Message): string | undefined {
  const [shorter, longer] = a.body.length < b.body.length ? [a, b] : [b, a];
  if (!longer.body.startsWith(shorter.body)) return 'content';
  return shorter.complete && shorter.body.length < longer.body.length ? 'end of content' : undefined;
}

function sameLines(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}

/** The names of the lines that `all` has and `kept` has not; undefined if `kept` is not a part of it. */
function leftOut(kept: readonly string[], all: readonly string[]): string[] | undefined {
  const names: string[] = [];
  let at = 0;
  for (let index = 0; index < all.length; index += 2) {
    if (all[index] === kept[at] && all[index + 1] === kept[at + 1]) at += 2;
    else names.push(all[index]!);
  }
  return at === kept.length ? names : undefined;
}

/** The reader that gives the bytes after the head of message `index` to another protocol, if only one of them does. */
function switchedAlone(ours: Reading, theirs: Reading, index: number): 'we-switch' | 'they-switch' | undefined {
  const weSwitch = ours.end === 'tunnel' && ours.messages.length === index + 1;
  const theySwitch = theirs.end === 'tunnel' && theirs.messages.length === index + 1;
  if (weSwitch === theySwitch) return undefined;
  return weSwitch ? 'we-switch' : 'they-switch';
}

const FAR = { nothing: 0, head: 1, message: 2 } as const;

/** How message `index`, which is not whole on both sides, came to nothing. */
function apart(ours: Reading, theirs: Reading, index: number): Difference | undefined {
  const a = fateOf(ours, index);
  const b = fateOf(theirs, index);
  // Neither has accepted it: an earlier refusal by one of them does not matter.
  if (
    a === b &&
    (ours.end === theirs.end || (isRefused(ours) && isRefused(theirs))) &&
    ours.leftover === theirs.leftover
  ) {
    return undefined;
  }
  const weRefuse: Difference = { kind: 'we-refuse', index, reason: ours.reason, other: b };
  const theyRefuse: Difference = { kind: 'they-refuse', index, reason: theirs.reason, other: a };
  // The reader that came less far was the first to refuse.
  if (ours.end === 'refused' && theirs.end === 'refused') return FAR[a] > FAR[b] ? theyRefuse : weRefuse;
  if (ours.end === 'refused' && a !== 'message') return weRefuse;
  if (theirs.end === 'refused' && b !== 'message') return theyRefuse;
  if (a === 'nothing' && b !== 'nothing' && ours.end === 'open')
    return { kind: 'we-stop', index, reason: '', other: b };
  // Nothing has begun for one that the other saw the end of.
  if (a === 'nothing' && b === 'nothing' && theirs.end === 'open') return weRefuse;
  if (a === 'nothing' && b === 'nothing' && ours.end === 'open') return theyRefuse;
  return { kind: 'disagree', index, reason: `end: ${a}, ${ours.end} against ${b}, ${theirs.end}`, other: b };
}

/** Whether the last message is not whole. */
function isRefused({ end }: Reading): boolean {
  return end === 'refused' || end === 'truncated';
}

function fateOf(reading: Reading, index: number): Fate {
  const message = reading.messages[index];
  if (message === undefined) return 'nothing';
  return message.complete ? 'message' : 'head';
}
