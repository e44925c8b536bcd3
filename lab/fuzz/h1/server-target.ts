/** Requests: our server's engine beside llhttp's. */
import { Random } from '../random.js';
import { AGREE } from '../target.js';
import type { Case, Target, Verdict } from '../target.js';
import { compare } from './compare.js';
import { requests } from './grammar.js';
import { judgeDifference, startOf, unlike } from './judge.js';
import { REQUEST_ROWS } from './lawful-requests.js';
import * as llhttp from './llhttp-server.js';
import { cut, mutate } from './mutate.js';
import { readRequests } from './ours.js';

function judgeOne(one: Case): Verdict {
  const { bytes } = one;
  const ours = readRequests([bytes]);
  const random = new Random(bytes.length, bytes.at(-1));
  const split = unlike(ours, readRequests(cut(random, bytes)));
  if (split !== undefined) return split;
  const theirs = llhttp.readRequests(bytes);
  const difference = compare(ours, theirs);
  if (difference === undefined) return AGREE;
  const start = startOf(readRequests, bytes, difference.index);
  return judgeDifference(REQUEST_ROWS, difference, one, start, ours, theirs);
}

export const h1: Target = {
  name: 'h1',
  lawful: REQUEST_ROWS,
  make(random) {
    const bytes = Buffer.from(requests(random), 'latin1');
    return { bytes: random.chance(35) ? mutate(random, bytes) : bytes, context: '' };
  },
  judge: (cases) => Promise.resolve(cases.map(judgeOne)),
};
