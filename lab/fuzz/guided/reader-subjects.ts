/** Chunks and frames, by themselves: they are fed what no connection would let through to them. */
import { ProtocolError } from '../../../src/errors.js';
import { ChunkedReader } from '../../../src/h1/chunked-reader.js';
import { checkData } from '../../../src/h2/frame/data.js';
import { FRAME } from '../../../src/h2/frame/frame.js';
import { parseGoaway } from '../../../src/h2/frame/goaway.js';
import { parseHeaders, parsePushPromise } from '../../../src/h2/frame/headers.js';
import { checkPing } from '../../../src/h2/frame/ping.js';
import { checkPriority, parsePriorityUpdate, priorityUpdateValue } from '../../../src/h2/frame/priority.js';
import { FrameReader } from '../../../src/h2/frame/reader.js';
import type { FrameSink } from '../../../src/h2/frame/reader.js';
import { parseRstStream } from '../../../src/h2/frame/rst-stream.js';
import { parseSettings } from '../../../src/h2/frame/settings.js';
import { parseWindowUpdate } from '../../../src/h2/frame/window-update.js';
import { latin1Of } from '../h1/reading.js';
import { cut, TOKENS } from '../h1/mutate.js';
import { frame, TYPE } from '../h2/wire.js';
import { Random } from '../random.js';
import { bounded, same, typed, withinWork } from './invariants.js';
import { retained } from './retained.js';
import { Broken } from './subject.js';
import type { Subject } from './subject.js';

/** `read`, of all kinds of pieces: whole, byte by byte, and cut anywhere. */
function reader(read: (pieces: readonly Buffer[]) => string[]): Pick<Subject, 'run' | 'again'> {
  const within = (pieces: readonly Buffer[], input: Buffer): string[] => withinWork(input.length, () => read(pieces));
  return {
    run: (input) => within([input], input),
    again(input, outcome) {
      const bytes = Array.from(input, (_, at) => input.subarray(at, at + 1));
      same(outcome as string[], within(bytes, input), 'byte by byte');
      const pieces = cut(new Random(input.length, input.at(-1)), input);
      same(outcome as string[], within(pieces, input), 'anywhere');
    },
  };
}

const texts = (list: readonly string[]): Buffer[] => list.map((text) => Buffer.from(text, 'latin1'));

/** Bytes of extensions that the chunks of an input may have. */
const OVERHEAD = 64;

function readChunks(pieces: readonly Buffer[]): string[] {
  const chunks = new ChunkedReader(OVERHEAD);
  let content = '';
  let behind = 0;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length;) {
      if (chunks.state === 'data') {
        const end = Math.min(piece.length, at + chunks.remaining);
        content += latin1Of(piece.subarray(at, end));
        chunks.taken(end - at);
        at = end;
      } else if (chunks.isReading()) at = chunks.read(piece, at, piece.length);
      else {
        behind += piece.length - at;
        break;
      }
    }
  }
  bounded('chunk extensions', chunks.overhead, OVERHEAD + 1);
  const { state, failure, remaining, overhead } = chunks;
  // After an error, the place at which the reading stopped does not matter.
  return [
    content,
    `state: ${state} ${state === 'invalid' ? '' : `${remaining} ${overhead} ${behind}`}`,
    failure?.message ?? '',
  ];
}

export const chunked: Subject = {
  name: 'chunked',
  about: 'content in the chunked transfer coding, up to its trailers',
  covers: /^src\/h1\/chunked-reader\.ts$/,
  seeds: texts(['5\r\nhello\r\n0\r\n', 'A;a="b\\"c"\r\n0123456789\r\n00\r\n\r\n', '1 ;x\r\na\r\n1\t;y\r\nb\r\n0']),
  tokens: texts(TOKENS),
  longest: 300,
  ...reader(readChunks),
};

/** What frames say, as lines; those that are wrong by themselves, as errors. */
class Parsing implements FrameSink {
  readonly lines: string[] = [];
  private content = '';

  onFrame(type: number, flags: number, stream: number, bytes: Buffer, start: number, end: number): void {
    const parsed = typed(() => parse(type, flags, stream, bytes, start, end));
    const told = parsed instanceof ProtocolError ? `${parsed.reason} ${parsed.message}` : JSON.stringify(parsed);
    this.lines.push(`frame ${type}: ${flags} ${stream} ${told} ${bytes.toString('latin1', start, end)}`);
  }

  onDataFrame(stream: number, flags: number, length: number): void {
    const wrong = typed(() => checkData(stream));
    this.lines.push(`data: ${stream} ${flags} ${length}${wrong instanceof ProtocolError ? ` ${wrong.message}` : ''}`);
  }

  onDataContent(_stream: number, chunk: Buffer): void {
    if (chunk.length === 0) throw new Broken('content that is empty');
    this.content += latin1Of(chunk);
  }

  onDataFrameEnd(stream: number, flags: number, padding: number): void {
    this.lines.push(`data ends: ${stream} ${flags} ${padding} ${this.content}`);
    this.content = '';
  }

  get unended(): string {
    return this.content;
  }
}

function parse(type: number, flags: number, stream: number, bytes: Buffer, start: number, end: number): unknown {
  switch (type) {
    case FRAME.HEADERS:
      return inside({ ...parseHeaders(flags, stream, bytes, start, end), promised: 0 }, start, end);
    case FRAME.PUSH_PROMISE:
      return inside({ ...parsePushPromise(flags, stream, bytes, start, end), dependency: 0 }, start, end);
    case FRAME.PRIORITY:
      return checkPriority(stream, bytes, start, end);
    case FRAME.PRIORITY_UPDATE:
      return [parsePriorityUpdate(stream, bytes, start, end), priorityUpdateValue(bytes, start, end)];
    case FRAME.RST_STREAM:
      return parseRstStream(stream, bytes, start, end);
    case FRAME.SETTINGS:
      return parseSettings(flags, stream, bytes, start, end);
    case FRAME.PING:
      return checkPing(stream, start, end);
    case FRAME.GOAWAY:
      return parseGoaway(stream, bytes, start, end);
    case FRAME.WINDOW_UPDATE:
      return parseWindowUpdate(stream, bytes, start, end);
    default:
      return undefined;
  }
}

interface Range {
  readonly start: number;
  readonly end: number;
  readonly dependency?: number;
  readonly promised?: number;
}

/** The place of a frame's field block, from its payload on: never outside of it. */
function inside(at: Range, start: number, end: number): unknown {
  if (at.start < start || at.end > end || at.start > at.end) throw new Broken('a field block outside of its frame', at);
  return { ...at, start: at.start - start, end: at.end - start };
}

/** Payloads longer than this are refused: a reader keeps no more. */
const FRAME_SIZE = 128;

function readFrames(pieces: readonly Buffer[]): string[] {
  const sink = new Parsing();
  const frames = new FrameReader(sink, FRAME_SIZE);
  let end = 'open';
  for (const piece of pieces) {
    const wrong = typed(() => frames.receive(piece));
    if (!(wrong instanceof ProtocolError)) continue;
    end = `${wrong.reason} ${wrong.message}`;
    frames.stop();
    break;
  }
  bounded('a frame reader', retained(frames, [sink]), FRAME_SIZE + 512);
  // Of DATA that ends in an error, as much came as had come.
  return [...sink.lines, end, end === 'open' ? sink.unended : ''];
}

export const frames: Subject = {
  name: 'frames',
  about: 'frames of HTTP/2, and what is in them',
  covers: /^src\/h2\/frame\/(?!writer)/,
  seeds: [
    frame(TYPE.DATA, 8, 1, Buffer.from('\x02hello\0\0')),
    Buffer.concat([
      frame(TYPE.HEADERS, 0x2d, 1, Buffer.from('\x01\0\0\0\x03\x10abc\0')),
      frame(TYPE.PING, 0, 0, Buffer.alloc(8)),
    ]),
    Buffer.concat([
      frame(TYPE.SETTINGS, 0, 0, Buffer.alloc(12)),
      frame(TYPE.SETTINGS, 1, 0),
      frame(TYPE.GOAWAY, 0, 0, Buffer.alloc(9)),
    ]),
    Buffer.concat([
      frame(TYPE.PUSH_PROMISE, 12, 1, Buffer.from('\x01\0\0\0\x02ab\0')),
      frame(0x10, 0, 0, Buffer.from('\0\0\0\x01u=1')),
    ]),
    Buffer.concat([frame(TYPE.WINDOW_UPDATE, 0, 1, Buffer.alloc(4, 1)), frame(TYPE.RST_STREAM, 0, 1, Buffer.alloc(4))]),
    Buffer.concat([
      frame(TYPE.PRIORITY, 0, 1, Buffer.alloc(5)),
      frame(0xfa, 0, 1, Buffer.alloc(5)),
      frame(TYPE.CONTINUATION, 4, 1),
    ]),
  ],
  tokens: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16].map((type) =>
    frame(type, 8, 1, Buffer.alloc([8, 9, 5, 4, 6, 9, 8, 8, 4, 1][type] ?? 6)),
  ),
  longest: 600,
  ...reader(readFrames),
};
