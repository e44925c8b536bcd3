/** Frames: our server's engine beside nghttp2's. */
import { cut, mutate } from '../h1/mutate.js';
import { Random } from '../random.js';
import { AGREE } from '../target.js';
import type { Case, Target, Verdict } from '../target.js';
import { compare } from './compare.js';
import type { H2Difference } from './compare.js';
import { connection } from './grammar.js';
import { H2_ROWS } from './lawful.js';
import type { Evidence, H2Row } from './lawful.js';
import * as nghttp2 from './nghttp2.js';
import * as ours from './ours.js';
import { plain } from './outcome.js';
import type { Outcome } from './outcome.js';
import { framesOf, LAST_PING, PREFACE, TYPE, wholeFrames } from './wire.js';

/** What a case is on the wire. */
function wireOf({ bytes }: Case): Buffer {
  return Buffer.concat([wholeFrames(bytes), LAST_PING]);
}

/** Content that came before a reset is as much as had come, however it was cut: it is left out. */
function withoutCutContent(outcome: Outcome): string {
  const { requests, resets, connection } = outcome;
  const kept = [...requests].map(([stream, request]) =>
    connection === '' && !resets.has(stream) ? [stream, request] : [stream, { ...request, body: '' }],
  );
  return JSON.stringify([kept, plain({ ...outcome, requests: new Map() })]);
}

function judgeOne(bytes: Buffer, theirs: Outcome): Verdict {
  const whole = ours.serve([bytes]);
  const inPieces = ours.serve(cut(new Random(bytes.length, bytes.at(-1)), bytes));
  if (withoutCutContent(whole) !== withoutCutContent(inPieces)) {
    return {
      kind: 'finding',
      what: 'the output depends on how the bytes are cut',
      ours: plain(inPieces),
      theirs: plain(whole),
    };
  }
  const difference = compare(whole, theirs, cancelledIn(bytes));
  if (difference === undefined) return AGREE;
  const reason = reasonOf(whole, difference);
  const evidence: Evidence = {
    frames: framesOf(bytes.subarray(PREFACE.length)),
    resets: whole.reasons.size > 1,
    ours: difference.ours,
  };
  const row = H2_ROWS.find((each) => covers(each, difference, reason, evidence));
  if (row !== undefined) return { kind: 'lawful', name: row.name };
  const what = `${difference.kind}: ${difference.ours} (${reason}) against ${difference.theirs}`;
  return { kind: 'finding', what, ours: plain(whole), theirs: plain(theirs) };
}

function covers(row: H2Row, { kind, theirs }: H2Difference, reason: string, evidence: Evidence): boolean {
  if (row.kind !== kind || !row.reason.test(reason)) return false;
  return (row.theirs?.test(theirs) ?? true) && (row.shows?.(evidence) ?? true);
}

/** The streams that have an RST_STREAM frame. */
function cancelledIn(wire: Buffer): Set<number> {
  return new Set(
    framesOf(wire.subarray(PREFACE.length)).flatMap(({ type, stream }) => (type === TYPE.RST_STREAM ? [stream] : [])),
  );
}

/** What we say of the difference, numbers left out; `some stream` where we only end streams. */
function reasonOf({ reasons }: Outcome, { kind, stream }: H2Difference): string {
  if (kind === 'they-end') return [...new Set(reasons.values())].length > 0 ? 'some stream' : '';
  return (reasons.get(stream) ?? '').replace(/[0-9]+/g, 'N');
}

export const h2: Target = {
  name: 'h2',
  lawful: H2_ROWS,
  make(random) {
    const bytes = connection(random);
    return { bytes: random.chance(25) ? mutate(random, bytes) : bytes, context: '' };
  },
  async judge(cases) {
    const wires = cases.map(wireOf);
    const theirs = await nghttp2.serve(wires);
    return wires.map((wire, index) => judgeOne(wire, theirs[index]!));
  },
};
