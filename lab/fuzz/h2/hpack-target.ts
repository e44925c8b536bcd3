/**
 * HPACK both ways: field blocks, ours and others, as our decoder and nghttp2's read them; and what nghttp2's encoder makes
 * of header lists, as our decoder reads it.
 */
import { HpackDecoder } from '../../../src/h2/hpack/decoder.js';
import { isFieldValue, isToken } from '../../../src/http/fields.js';
import { mutate } from '../h1/mutate.js';
import { Random } from '../random.js';
import { AGREE } from '../target.js';
import type { LawfulRow, Target, Verdict } from '../target.js';
import { blocks, headerList, join, part, PSEUDO_LINES } from './hpack-grammar.js';
import { encodeAll } from './nghttp2-encoder.js';
import type { Step } from './nghttp2-encoder.js';
import * as nghttp2 from './nghttp2.js';
import type { Outcome } from './outcome.js';
import { plain, UNTOLD } from './outcome.js';
import { frame, LAST_PING, PREFACE, TYPE } from './wire.js';

const LIMITS = { headerList: 1 << 20, headerFields: 1 << 16 };

/** Table sizes that a decoder may allow. */
const TABLE_LIMITS = [4096, 4096, 4096, 0, 100, 65_536];

const MALFORMED: LawfulRow = {
  name: 'a header list that is not a request: irrelevant for HPACK, and nghttp2 reports it only by a reset',
  section: 'RFC 9113 section 8.1.1',
  sentence: 'For malformed requests, a server MAY send an HTTP response prior to closing or resetting the stream.',
};

const LEFT_OUT: LawfulRow = {
  name: 'fields that no message may have: irrelevant for HPACK, and nghttp2 leaves them out',
  section: 'RFC 9113 section 8.2.1',
  sentence:
    'A field name MUST NOT contain characters in the ranges 0x00-0x20, 0x41-0x5a, or 0x7f-0xff (all ranges inclusive).',
};

const TOO_LARGE: LawfulRow = {
  name: 'an integer, or a string, past what this side takes',
  section: 'RFC 7541 section 5.1',
  sentence:
    'Integer encodings that exceed implementation limits -- in value or octet length -- MUST be treated as decoding errors.',
};

/** Header lists, until one block cannot be read. */
interface Decoded {
  readonly lists: (readonly string[])[];
  error: string;
}

function decodeAll(list: readonly Buffer[], tableLimit: number): Decoded {
  const decoder = new HpackDecoder(LIMITS);
  if (tableLimit !== 4096) decoder.setTableLimit(tableLimit);
  const decoded: Decoded = { lists: [], error: '' };
  for (const block of list) {
    try {
      decoded.lists.push(decoder.decode(block));
    } catch (error) {
      decoded.error = (error as Error).message;
      break;
    }
  }
  return decoded;
}

/** The bytes of a client whose requests are `list`. */
function wireOf(list: readonly Buffer[]): Buffer {
  const frames = list.map((block, at) => frame(TYPE.HEADERS, 5, 2 * at + 1, block));
  return Buffer.concat([PREFACE, frame(TYPE.SETTINGS, 0, 0), frame(TYPE.SETTINGS, 1, 0), ...frames, LAST_PING]);
}

function judgeDecoding(list: readonly Buffer[], tableLimit: number, theirs: Outcome): Verdict {
  const ours = decodeAll(list, tableLimit);
  const finding = (what: string): Verdict => ({ kind: 'finding', what, ours, theirs: plain(theirs) });
  let malformed = false;
  let leftOut = false;
  for (const [at, lines] of ours.lists.entries()) {
    const request = theirs.requests.get(2 * at + 1);
    if (request === undefined) malformed = true;
    else if (request.fields.join('\0') !== lines.join('\0')) {
      leftOut = true;
      if (request.fields.join('\0') !== lawfulLines(lines).join('\0')) return finding('header lists differ');
    }
  }
  const [weFail, theyFail] = [
    ours.error !== '',
    theirs.connection === 'COMPRESSION_ERROR' || theirs.connection === UNTOLD,
  ];
  if (weFail === theyFail && leftOut) return { kind: 'lawful', name: LEFT_OUT.name };
  if (weFail === theyFail) return malformed && !weFail ? { kind: 'lawful', name: MALFORMED.name } : AGREE;
  if (weFail && /^an HPACK integer is too (?:large|long)$/.test(ours.error))
    return { kind: 'lawful', name: TOO_LARGE.name };
  return finding(weFail ? `we refuse: ${ours.error.replace(/[0-9]+/g, 'N')}` : `they refuse: ${theirs.connection}`);
}

/** The fields that a message may have (RFC 9113 section 8.2.1). */
function lawfulLines(lines: readonly string[]): string[] {
  return pairsOf(lines)
    .filter(
      ([name, value]) =>
        isToken(name.replace(/^:/, '')) && !/[A-Z]/.test(name) && isFieldValue(value) && !isWrongHost(name, value),
    )
    .flat();
}

/** nghttp2 does not report an invalid Host, either. */
function isWrongHost(name: string, value: string): boolean {
  return name === 'host' && /[^\w.:%!$&'()*+,;=~@[\]-]/.test(value);
}

/** The requests that `bytes` stand for. */
function stepsOf(bytes: Buffer): Step[] {
  const random = new Random(bytes.length >= 4 ? bytes.readUInt32BE(0) : 0);
  return Array.from({ length: random.small(1, 5) }, () => {
    // Of one name there is one value: node sorts them by name otherwise.
    const lines = [...new Map(pairsOf(headerList(random)))].flat();
    return { lines, tableLimit: random.pick(TABLE_LIMITS) };
  });
}

function pairsOf(lines: readonly string[]): [string, string][] {
  return Array.from({ length: lines.length / 2 }, (_, at) => [lines[2 * at]!, lines[2 * at + 1]!]);
}

function judgeEncoding(steps: readonly Step[], encoded: readonly Buffer[]): Verdict {
  // Its client announces no table above 4096 octets, but smaller ones on request.
  const decoder = new HpackDecoder(LIMITS, 4096);
  const lists = steps.map(({ tableLimit, lines }, at): unknown => {
    decoder.setTableLimit(tableLimit);
    try {
      const list = decoder.decode(encoded[at] ?? Buffer.alloc(0));
      const same = sorted(list) === sorted([...PSEUDO_LINES, ...lines]);
      return same ? 'same' : { list, lines };
    } catch (error) {
      return (error as Error).message;
    }
  });
  if (encoded.length === steps.length && lists.every((each) => each === 'same')) return AGREE;
  return { kind: 'finding', what: 'a list that nghttp2 encodes is read otherwise', ours: lists, theirs: steps };
}

/** The client of node puts pseudo-header fields in an order of its own. */
function sorted(lines: readonly string[]): string {
  return pairsOf(lines)
    .map((pair) => pair.join('\0'))
    .sort()
    .join('\0\0');
}

export const hpack: Target = {
  name: 'hpack',
  lawful: [MALFORMED, LEFT_OUT, TOO_LARGE],
  make(random) {
    if (random.chance(20)) {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(random.bits());
      return { bytes, context: 'encode' };
    }
    const tableLimit = random.pick(TABLE_LIMITS);
    const list = blocks(random, tableLimit);
    const bytes = join(
      random.chance(40) ? list.map((block) => (random.chance(30) ? mutate(random, block) : block)) : list,
    );
    return { bytes, context: `${tableLimit}` };
  },
  async judge(cases) {
    const verdicts: Verdict[] = cases.map(() => AGREE);
    const among = (context: string): number[] => cases.flatMap((one, at) => (one.context === context ? [at] : []));
    for (const context of new Set(cases.map((one) => one.context))) {
      const chosen = among(context);
      if (context === 'encode') {
        const scripts = chosen.map((at) => stepsOf(cases[at]!.bytes));
        const encoded = await encodeAll(scripts);
        for (const [index, at] of chosen.entries()) verdicts[at] = judgeEncoding(scripts[index]!, encoded[index]!);
      } else {
        const lists = chosen.map((at) => part(cases[at]!.bytes));
        const outcomes = await nghttp2.serve(lists.map(wireOf), Number(context));
        for (const [index, at] of chosen.entries())
          verdicts[at] = judgeDecoding(lists[index]!, Number(context), outcomes[index]!);
      }
    }
    return verdicts;
  },
};
