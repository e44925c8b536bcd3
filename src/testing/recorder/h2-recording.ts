/** A recorded connection of HTTP/2: the request and the response of each stream, and the builders of it. */
import { FLAG, FRAME, readUint31 } from '../../h2/frame/frame.js';
import { Draft, toldFields } from './exchange-draft.js';
import type { Reading } from './h1-recording.js';
import { partOf, PREFACE } from './h2-builder-calls.js';
import { framesFrom, type WireFrame } from './h2-frames.js';
import type { Redactor } from './redaction.js';
import type { Piece, Side } from './direction.js';

/** The offset at which each side begins to be HTTP/2, and the request that was the first stream's, after `Upgrade: h2c`. */
export interface H2Beginning {
  readonly received: number;
  readonly sent: number;
  readonly upgraded?: Draft;
}

export function readH2(received: Side, sent: Side, redactor: Redactor, beginning: H2Beginning): Reading {
  const streams = new Map<number, Draft>();
  if (beginning.upgraded !== undefined) streams.set(1, asFirstStream(beginning.upgraded));
  const pieces: Piece[] = [];
  const begin = beginning.received + PREFACE.bytes.length;
  if (received.bytes.length >= begin) pieces.push({ start: beginning.received, end: begin, part: PREFACE });
  for (const frame of framesFrom(received.bytes, begin)) {
    const octets = received.bytes.subarray(frame.start, frame.end);
    pieces.push({ start: frame.start, end: frame.end, part: partOf(frame, octets, redactor) });
    receive(frame, streams, received, redactor);
  }
  for (const frame of framesFrom(sent.bytes, beginning.sent)) send(frame, streams, sent, redactor);
  return { pieces, drafts: [...streams.values()].sort((a, b) => a.stream - b.stream) };
}

/** The first request of HTTP/1.1 gets its response on stream 1, "half-closed" (RFC 7540 section 3.2). */
function asFirstStream(draft: Draft): Draft {
  draft.status = undefined;
  draft.answered = false;
  draft.ended = Infinity;
  return draft;
}

function receive(frame: WireFrame, streams: Map<number, Draft>, received: Side, redactor: Redactor): void {
  const { type, flags, stream, payload, lines, end } = frame;
  let draft = streams.get(stream);
  if (type === FRAME.HEADERS && draft === undefined) {
    draft = new Draft(stream, received.timeOf(end));
    if (Array.isArray(lines)) request(draft, lines as readonly string[], redactor);
    streams.set(stream, draft);
  }
  if (draft === undefined) return;
  if (type === FRAME.DATA && payload.length > 0) draft.content.push(payload);
  if (type === FRAME.RST_STREAM) breakOff(draft, received.timeOf(end));
  if ((type === FRAME.DATA || type === FRAME.HEADERS) && (flags & FLAG.END_STREAM) !== 0) draft.whole = true;
}

function send(frame: WireFrame, streams: Map<number, Draft>, sent: Side, redactor: Redactor): void {
  const { type, flags, stream, payload, lines, end } = frame;
  if (type === FRAME.PUSH_PROMISE && Array.isArray(lines)) {
    const promised = new Draft(readUint31(payload, 0), sent.timeOf(end));
    request(promised, lines as readonly string[], redactor);
    promised.whole = true;
    streams.set(promised.stream, promised);
    return;
  }
  const draft = streams.get(stream);
  if (draft === undefined || draft.answered) return;
  if (type === FRAME.HEADERS && Array.isArray(lines)) {
    const status = Number(valueOf(lines as readonly string[], ':status'));
    // Interim responses and trailers do not describe the response.
    if (status >= 200) draft.answer(status, lines as readonly string[], redactor);
  }
  if (type === FRAME.DATA && payload.length > 0) draft.body.push(payload);
  if (type === FRAME.RST_STREAM) breakOff(draft, sent.timeOf(end));
  if ((type === FRAME.DATA || type === FRAME.HEADERS) && (flags & FLAG.END_STREAM) !== 0) {
    draft.answered = true;
    draft.ended = sent.timeOf(end);
  }
}

function breakOff(draft: Draft, at: number): void {
  draft.reset = true;
  draft.ended = Math.min(draft.ended, at);
}

function request(draft: Draft, lines: readonly string[], redactor: Redactor): void {
  draft.method = valueOf(lines, ':method') ?? '';
  draft.target = redactor.target(valueOf(lines, ':path') ?? valueOf(lines, ':authority') ?? '');
  draft.requestHeaders = toldFields(lines, redactor);
}

function valueOf(lines: readonly string[], name: string): string | undefined {
  const at = lines.findIndex((line, index) => index % 2 === 0 && line === name);
  return at < 0 ? undefined : lines[at + 1];
}
