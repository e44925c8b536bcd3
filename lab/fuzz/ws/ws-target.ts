/** WebSocket frames, as this engine and the receiver of the package `ws` read them, in both roles and with permessage-deflate. */
import { cut, mutate } from '../h1/mutate.js';
import { Random } from '../random.js';
import { AGREE, type Case, type Target, type Verdict } from '../target.js';
import { PeerFrames } from './grammar.js';
import { evidenceOf } from './evidence.js';
import { WS_ROWS } from './lawful.js';
import * as ours from './ours.js';
import type { Outcome } from './outcome.js';
import { SETTINGS } from './settings.js';
import * as theirs from './theirs.js';

const NAMES = Object.keys(SETTINGS);

/** The cuts of a case depend on its bytes alone. */
const randomOf = (bytes: Buffer): Random =>
  new Random(bytes.length, bytes.length < 4 ? 0 : bytes.readInt32BE(bytes.length - 4));

const octetByOctet = (bytes: Buffer): Buffer[] => Array.from(bytes, (octet) => Buffer.of(octet));

const same = (one: Outcome, other: Outcome): boolean =>
  one.end === other.end &&
  one.events.length === other.events.length &&
  one.events.every((event, at) => event === other.events[at]);

const wordsOf = (reason: string): string => reason.replace(/[0-9]+/g, 'N');

async function judgeOne({ bytes, context }: Case): Promise<Verdict> {
  const settings = SETTINGS[context]!;
  const random = randomOf(bytes);
  const whole = ours.read(settings, [bytes]);
  for (const pieces of [octetByOctet(bytes), cut(random, bytes)]) {
    const apart = ours.read(settings, pieces);
    if (!same(whole, apart) || whole.reason !== apart.reason)
      return { kind: 'finding', what: 'a cut changes the outcome', ours: whole, theirs: apart };
  }
  const other = await theirs.read(settings, random.chance(50) ? [bytes] : cut(random, bytes));
  if (same(whole, other)) return AGREE;
  const row = WS_ROWS.find(({ covers }) => covers(whole, other, () => evidenceOf(bytes, settings)));
  if (row !== undefined) return { kind: 'lawful', name: row.name };
  const what = `${whole.end.split(' ', 2).join(' ')} (${wordsOf(whole.reason)}) against ${other.end.split(' ', 2).join(' ')} (${wordsOf(other.reason)})`;
  return { kind: 'finding', what, ours: whole, theirs: other };
}

export const ws: Target = {
  name: 'ws',
  lawful: WS_ROWS,
  make(random) {
    const context = random.pick(NAMES);
    const bytes = new PeerFrames(random, SETTINGS[context]!).bytes();
    return { bytes: random.chance(20) ? mutate(random, bytes) : bytes, context };
  },
  async judge(cases) {
    const verdicts: Verdict[] = [];
    for (const one of cases) verdicts.push(await judgeOne(one));
    return verdicts;
  },
};
