/** Both roles of an HTTP/2 connection. */
import { createH2Client, createH2Server } from '../../../src/h2/index.js';
import { Fields } from '../../../src/http/fields.js';
import type { RequestHead } from '../../../src/http/head.js';
import { connection, literal } from '../h2/grammar.js';
import { frame, framesOf, PREFACE, TYPE } from '../h2/wire.js';
import { Random } from '../random.js';
import { CREDITS_AT_ONCE } from './application.js';
import { connectionSubject } from './connection.js';
import type { ConnectionKind } from './connection.js';
import { ACTS } from './h1-subjects.js';
import { act, literally } from './program.js';
import type { Subject } from './subject.js';

/** Bits of a program's first byte. */
const ALONE = 8;
const PUSHES = 0x40;
const UPGRADES = 0x80;

const OPTIONS = { scheme: 'http', date: () => 'Sun, 06 Nov 1994 08:49:37 GMT' } as const;

/** Types above these are unknown, but for PRIORITY_UPDATE. */
const TYPES = 10;
const PRIORITY_UPDATE = 0x10;

/** `argument` is the type; flags and stream are the first two octets of the content. */
function wrap(argument: number, content: Buffer): Buffer {
  const type = argument < TYPES ? argument : argument % 2 === 0 ? PRIORITY_UPDATE : argument;
  return frame(type, content[0] ?? 0, content[1] ?? 0, content.subarray(2));
}

/** A frame, as bytes of an input. */
function wrapped(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  return Buffer.concat([act('wrap', type), literally(Buffer.concat([Buffer.of(flags, stream), payload]))]);
}

const SETTINGS = frame(TYPE.SETTINGS, 0, 0);
const SETTINGS_ACK = frame(TYPE.SETTINGS, 1, 0);

const BOTH: Pick<ConnectionKind, 'wrap' | 'comparable' | 'normal' | 'keeps' | 'waiting'> = {
  wrap,
  // Windows open as content is taken: sooner where it comes in smaller pieces.
  comparable: (config) => (config & CREDITS_AT_ONCE) === 0,
  normal(lines, output) {
    const preface = output.subarray(0, PREFACE.length).equals(PREFACE) ? PREFACE.length : 0;
    const frames = framesOf(output.subarray(preface)).filter(({ type }) => type !== TYPE.WINDOW_UPDATE);
    const written = frames.map(
      ({ type, flags, stream, payload }) => `frame ${type} ${flags} ${stream} ${payload.toString('latin1')}`,
    );
    return [...withoutCutContent(lines), ...written];
  },
  keeps: [96 * 1024, 256 * 1024],
  waiting: 256 * 1024,
};

/** Content that came before the end of a stream that was broken off is as much as had come by then. */
function withoutCutContent(lines: readonly string[]): string[] {
  const broken = new Set(lines.flatMap((line) => /^(?:reset|invalid|fault) (\d+)/.exec(line)?.[1] ?? []));
  const all = lines.some((line) => line.startsWith('error'));
  return lines.filter((line) => {
    const stream = /^data (\d+)/.exec(line)?.[1];
    return stream === undefined || !(all || broken.has(stream));
  });
}

const UPGRADED: RequestHead = {
  ...{ method: 'GET', scheme: 'http', authority: 'a', path: '/', protocol: undefined, version: '1.1' },
  headers: Fields.EMPTY,
};

const server: ConnectionKind = {
  ...BOTH,
  role: 'server',
  create: (limits, _config, ledger) => createH2Server({ ...OPTIONS, limits }, ledger),
  started(engine, config) {
    if ((config & UPGRADES) !== 0) engine.startFromUpgrade?.('AAMAAABkAAQAAP__', UPGRADED);
  },
  begins: (config) => ((config & ALONE) !== 0 ? Buffer.alloc(0) : Buffer.concat([PREFACE, SETTINGS, SETTINGS_ACK])),
};

const client: ConnectionKind = {
  ...BOTH,
  role: 'client',
  create: (limits, config, ledger) => createH2Client({ ...OPTIONS, limits, push: (config & PUSHES) !== 0 }, ledger),
  begins: (config) => ((config & ALONE) !== 0 ? Buffer.alloc(0) : Buffer.concat([SETTINGS, SETTINGS_ACK])),
};

const REQUEST = Buffer.from([0x82, 0x86, 0x84, 0x01, 0x01, 0x61]);
const POST = Buffer.from([0x83, 0x86, 0x84, 0x01, 0x01, 0x61]);
const PUSHED = Buffer.concat([Buffer.from([0, 0, 0, 2]), REQUEST]);
const window = (by: number): Buffer => Buffer.from([0, 0, by >> 8, by & 255]);
const setting = (id: number, value: number): Buffer =>
  Buffer.from([0, id, value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255]);
const update = (stream: number, value: string): Buffer =>
  Buffer.concat([Buffer.from([0, 0, 0, stream]), Buffer.from(value)]);

const postOf = (stream: number): Buffer =>
  wrapped(TYPE.HEADERS, 4, stream, Buffer.concat([POST, literal('content-length', '5')]));
const urgent = (stream: number, value: string): Buffer =>
  wrapped(TYPE.HEADERS, 5, stream, Buffer.concat([REQUEST, literal('priority', value)]));

const FIELDS = [
  literal('content-length', '5'),
  literal('content-length', '0'),
  literal('expect', '100-continue'),
  literal('priority', 'u=1, i'),
  literal('te', 'trailers'),
  literal('host', 'a'),
  literal(':protocol', 'websocket'),
  literal(':method', 'CONNECT'),
  literal(':method', 'HEAD'),
  literal(':status', '103'),
  literal(':status', '101'),
  literal('x-a', 'b', 0x40),
  literal('x-a', 'v'.repeat(120), 0x40),
  literal('X', 'a'),
  literal('connection', 'close'),
  literal('cookie', 'a=b', 0x10),
];

const FRAMES = [
  ...[wrapped(TYPE.HEADERS, 5, 1, REQUEST), wrapped(TYPE.HEADERS, 4, 3, POST), wrapped(TYPE.HEADERS, 0, 5, POST)],
  ...[
    wrapped(TYPE.HEADERS, 4, 1, Buffer.of(0x88)),
    wrapped(TYPE.HEADERS, 5, 1, Buffer.of(0x88)),
    wrapped(TYPE.HEADERS, 5, 1),
  ],
  ...[wrapped(TYPE.HEADERS, 5, 1, literal('x-trailer', 'a')), wrapped(TYPE.HEADERS, 4, 1, literal(':status', '100'))],
  ...[wrapped(TYPE.HEADERS, 0x24, 3, Buffer.concat([Buffer.from([0, 0, 0, 1, 16]), REQUEST]))],
  ...[
    wrapped(TYPE.CONTINUATION, 4, 5),
    wrapped(TYPE.CONTINUATION, 0, 5),
    wrapped(TYPE.CONTINUATION, 4, 1, literal('a', 'b')),
  ],
  ...[
    wrapped(TYPE.DATA, 0, 1, Buffer.from('hello')),
    wrapped(TYPE.DATA, 1, 1, Buffer.from('hello')),
    wrapped(TYPE.DATA, 1, 3),
  ],
  ...[wrapped(TYPE.DATA, 8, 1, Buffer.from('\x02hello\0\0')), wrapped(TYPE.DATA, 0, 0), wrapped(TYPE.DATA, 0, 1)],
  ...[wrapped(TYPE.DATA, 0, 1, Buffer.alloc(600))],
  ...[wrapped(TYPE.SETTINGS, 0, 0), wrapped(TYPE.SETTINGS, 1, 0), wrapped(TYPE.SETTINGS, 0, 0, setting(4, 0))],
  ...[
    wrapped(TYPE.SETTINGS, 0, 0, setting(4, 5)),
    wrapped(TYPE.SETTINGS, 0, 0, setting(1, 0)),
    wrapped(TYPE.SETTINGS, 0, 0, setting(1, 50)),
  ],
  ...[
    wrapped(TYPE.SETTINGS, 0, 0, setting(3, 1)),
    wrapped(TYPE.SETTINGS, 0, 0, setting(2, 0)),
    wrapped(TYPE.SETTINGS, 0, 0, setting(8, 1)),
  ],
  ...[
    wrapped(TYPE.SETTINGS, 0, 0, setting(5, 16_384)),
    wrapped(TYPE.SETTINGS, 0, 0, setting(4, 0x7fff_ffff)),
    wrapped(TYPE.SETTINGS, 0, 0, setting(9, 1)),
  ],
  ...[
    wrapped(TYPE.WINDOW_UPDATE, 0, 0, window(5)),
    wrapped(TYPE.WINDOW_UPDATE, 0, 1, window(5)),
    wrapped(TYPE.WINDOW_UPDATE, 0, 1, window(0)),
  ],
  ...[
    wrapped(TYPE.WINDOW_UPDATE, 0, 0, Buffer.from([0x7f, 255, 255, 255])),
    wrapped(TYPE.WINDOW_UPDATE, 0, 0, window(60_000)),
  ],
  ...[
    wrapped(TYPE.RST_STREAM, 0, 1, window(8)),
    wrapped(TYPE.RST_STREAM, 0, 3, window(0)),
    wrapped(TYPE.PING, 0, 0, Buffer.alloc(8)),
  ],
  ...[
    wrapped(TYPE.PING, 1, 0, Buffer.from('shutdown')),
    wrapped(TYPE.PING, 1, 0, Buffer.alloc(8)),
    wrapped(TYPE.PRIORITY, 0, 1, Buffer.from([0, 0, 0, 3, 1])),
  ],
  ...[
    wrapped(TYPE.GOAWAY, 0, 0, Buffer.alloc(8)),
    wrapped(TYPE.GOAWAY, 0, 0, Buffer.from([0x7f, 255, 255, 255, 0, 0, 0, 0])),
  ],
  ...[
    wrapped(TYPE.PUSH_PROMISE, 4, 1, PUSHED),
    wrapped(TYPE.PUSH_PROMISE, 0, 1, PUSHED),
    wrapped(TYPE.HEADERS, 5, 2, Buffer.of(0x88)),
  ],
  ...[
    wrapped(PRIORITY_UPDATE, 0, 0, update(1, 'u=0')),
    wrapped(PRIORITY_UPDATE, 0, 0, update(7, 'u=7, i')),
    wrapped(0xfa, 0, 0),
  ],
];

const tokens = [
  ...FRAMES,
  ...FIELDS.map(literally),
  ...ACTS,
  ...[0x82, 0x88, 0xbe, 0x3f, 0x20].map((byte) => Buffer.of(byte)),
];

/** What the grammar of the differential fuzzer makes, as bytes of an input. */
function fromGrammar(seed: number): Buffer {
  const frames = framesOf(connection(new Random(seed)).subarray(PREFACE.length));
  const parts = frames
    .slice(0, 12)
    .map(({ type, flags, stream, payload }) => wrapped(type, flags, stream, payload.subarray(0, 200)));
  return Buffer.concat([Buffer.of((seed * 5) & 0x47), ...parts, act('answer', 8), act('pull', 14), act('credit')]);
}

export const h2Server: Subject = connectionSubject(server, {
  name: 'h2-server',
  about: 'frames of a client, and what the application does meanwhile',
  covers: /^src\/h2\/(?!client)/,
  seeds: [
    ...Array.from({ length: 24 }, (_, at) => fromGrammar(at + 1)),
    Buffer.concat([
      Buffer.of(0),
      FRAMES[0]!,
      act('answer', 8),
      act('pull', 14),
      FRAMES[1]!,
      act('head'),
      act('data', 3),
      act('end'),
    ]),
    // Content of the announced length; and three responses that wait for a window, in the order of their urgency.
    Buffer.concat([
      Buffer.of(0),
      postOf(1),
      wrapped(TYPE.DATA, 0, 1, Buffer.from('he')),
      act('credit'),
      wrapped(TYPE.DATA, 1, 1, Buffer.from('llo')),
    ]),
    Buffer.concat([
      ...[
        Buffer.of(4),
        wrapped(TYPE.SETTINGS, 0, 0, setting(4, 0)),
        urgent(1, 'u=5'),
        urgent(3, 'u=1'),
        urgent(5, 'u=1'),
      ],
      ...[
        act('answer', 40),
        act('answer', 40),
        act('answer', 40),
        wrapped(TYPE.SETTINGS, 0, 0, setting(4, 9000)),
        act('pull', 14),
      ],
    ]),
    Buffer.concat([Buffer.of(UPGRADES | ALONE), PREFACE, SETTINGS, act('answer', 48), act('pull', 14)]),
  ],
  tokens,
});

export const h2Client: Subject = connectionSubject(client, {
  name: 'h2-client',
  about: 'frames of a server, and what the application does meanwhile',
  covers: /^src\/h2\/(?!server)/,
  seeds: [
    Buffer.concat([Buffer.of(0), FRAMES[3]!, FRAMES[13]!, act('credit')]),
    Buffer.concat([Buffer.of(1), FRAMES[7]!, FRAMES[3]!, FRAMES[12]!, FRAMES[6]!]),
    Buffer.concat([
      Buffer.of(PUSHES),
      wrapped(TYPE.PUSH_PROMISE, 4, 1, PUSHED),
      wrapped(TYPE.HEADERS, 5, 2, Buffer.of(0x88)),
      FRAMES[4]!,
    ]),
    Buffer.concat([
      Buffer.of(4),
      act('open', 0x81),
      act('data', 4),
      act('pull', 14),
      act('end', 1),
      FRAMES[3]!,
      FRAMES[13]!,
    ]),
    Buffer.concat([Buffer.of(0), act('open'), act('open', 1), wrapped(TYPE.GOAWAY, 0, 0, Buffer.alloc(8))]),
  ],
  tokens,
});
