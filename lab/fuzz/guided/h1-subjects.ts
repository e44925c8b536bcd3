/** Both roles of an HTTP/1.1 connection. */
import { createH1Client, createH1Server } from '../../../src/h1/index.js';
import { requests, responses } from '../h1/grammar.js';
import { TOKENS } from '../h1/mutate.js';
import { Random } from '../random.js';
import { CREDITS_AT_ONCE } from './application.js';
import { connectionSubject, WIDE } from './connection.js';
import type { ConnectionKind } from './connection.js';
import { ACTIONS, act, literally } from './program.js';
import type { Subject } from './subject.js';

/** Bits of a program's first byte. */
const PIPELINES = 8;

const OPTIONS = { scheme: 'http', date: () => 'Sun, 06 Nov 1994 08:49:37 GMT' } as const;

const BOTH: Pick<ConnectionKind, 'wrap' | 'begins' | 'comparable' | 'normal' | 'keeps' | 'waiting'> = {
  // A chunk.
  wrap: (argument, content) =>
    Buffer.concat([
      Buffer.from(`${content.length.toString(16)}${argument > 250 ? ';a' : ''}\r\n`),
      content,
      Buffer.from('\r\n'),
    ]),
  begins: () => Buffer.alloc(0),
  // A reader that stops reading stops the reading of messages, at the end of a piece.
  comparable: (config) => (config & CREDITS_AT_ONCE) !== 0 || (config & WIDE) !== 0,
  normal: (lines, output) => [...lines, `written: ${output.toString('latin1')}`],
  keeps: [8 * 1024, 128 * 1024],
  waiting: 64 * 1024,
};

export const serverKind: ConnectionKind = {
  ...BOTH,
  role: 'server',
  create: (limits, _config, ledger) => createH1Server({ ...OPTIONS, limits }, ledger),
};

const client: ConnectionKind = {
  ...BOTH,
  role: 'client',
  create: (limits, config, ledger) =>
    createH1Client({ ...OPTIONS, limits, pipelining: (config & PIPELINES) === 0 ? 1 : 4 }, ledger),
};

/** Each action, with some arguments: pieces of every connection. */
export const ACTS: readonly Buffer[] = ACTIONS.flatMap((action) =>
  [0, 1, 2, 4, 8, 33, 136].map((argument) => act(action, argument)),
);

const tokens = [...TOKENS.map((token) => Buffer.from(token, 'latin1')), ...ACTS];

function seedsOf(make: (random: Random) => string): Buffer[] {
  return Array.from({ length: 24 }, (_, at) => {
    const random = new Random(at + 1);
    const text = literally(Buffer.from(make(random), 'latin1'));
    const parts = [
      Buffer.of(at * 11),
      text.subarray(0, 300),
      act('answer', 8),
      act('pull'),
      act('credit'),
      act('open'),
    ];
    return Buffer.concat(parts);
  });
}

const EXPECTING = 'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n';
const UPGRADING = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n';
const CHUNKED = 'PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';

export const h1Server: Subject = connectionSubject(serverKind, {
  name: 'h1-server',
  about: 'requests, and what the application does meanwhile',
  covers: /^src\/h1\/(?!client)/,
  seeds: [
    ...seedsOf(requests),
    // 101, with Upgrade.
    Buffer.concat([Buffer.of(1), Buffer.from(UPGRADING), act('head', 0x56), act('pull', 17), Buffer.from('other')]),
    Buffer.concat([Buffer.of(4), Buffer.from(EXPECTING), act('continue'), Buffer.from('hello'), act('answer', 8)]),
    Buffer.concat([
      Buffer.of(5),
      Buffer.from(CHUNKED),
      act('wrap'),
      Buffer.from('hello'),
      act('wrap'),
      Buffer.from('\r\n'),
    ]),
  ],
  tokens,
});

export const h1Client: Subject = connectionSubject(client, {
  name: 'h1-client',
  about: 'responses, and what the application does meanwhile',
  covers: /^src\/h1\/(?!server|request-target)/,
  seeds: seedsOf(responses),
  tokens,
});
