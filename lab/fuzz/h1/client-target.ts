/** Responses: our client's engine beside llhttp's, for requests of several methods. */
import { Random } from '../random.js';
import { AGREE } from '../target.js';
import type { Case, Target, Verdict } from '../target.js';
import { compare } from './compare.js';
import { ANSWERED, responses } from './grammar.js';
import { judgeDifference, startOf, unlike } from './judge.js';
import { RESPONSE_ROWS, TAB_BEHIND_CHUNKED, TOLD_ROWS } from './lawful-responses.js';
import * as llhttp from './llhttp-client.js';
import { cut, mutate } from './mutate.js';
import { readResponses } from './ours.js';
import type { Reading } from './reading.js';

/** llhttp does not accept `chunked` with a tab after it: it gets a space there, and the rest is compared as usual. */
const TAB = /^(transfer-encoding:[^\r\n]*chunked *)\t[ \t]*(?=\r\n)/gim;

function hasTabBehindChunked(bytes: Buffer): boolean {
  return bytes.includes('\t\r\n') && withoutTabBehindChunked(bytes) !== bytes;
}

function withoutTabBehindChunked(bytes: Buffer): Buffer {
  if (!bytes.includes('\t')) return bytes;
  const text = bytes.toString('latin1');
  const changed = text.replace(TAB, (line, coding: string) => coding.padEnd(line.length));
  return changed === text ? bytes : Buffer.from(changed, 'latin1');
}

function judgeOne(one: Case, theirs: Reading): Verdict {
  const { bytes, context: method } = one;
  const ours = readResponses(method, [bytes]);
  const random = new Random(bytes.length, bytes.at(-1));
  const split = unlike(ours, readResponses(method, cut(random, bytes)));
  if (split !== undefined) return split;
  const difference = compare(ours, theirs);
  if (difference === undefined)
    return hasTabBehindChunked(bytes) ? { kind: 'lawful', name: TAB_BEHIND_CHUNKED } : AGREE;
  const start = startOf((pieces) => readResponses(method, pieces), bytes, difference.index);
  return judgeDifference(RESPONSE_ROWS, difference, one, start, ours, theirs);
}

export const h1Client: Target = {
  name: 'h1-client',
  lawful: [...RESPONSE_ROWS, ...TOLD_ROWS],
  make(random) {
    const context = random.pick(ANSWERED);
    const bytes = Buffer.from(responses(random), 'latin1');
    return { bytes: random.chance(35) ? mutate(random, bytes) : bytes, context };
  },
  async judge(cases) {
    const theirs = await llhttp.readResponses(
      cases.map(({ bytes, context: method }) => ({ method, bytes: withoutTabBehindChunked(bytes) })),
    );
    return cases.map((one, index) => judgeOne(one, theirs[index]!));
  },
};
