/** Our encoder as nghttp2 reads it: a `node:http2` client against a peer that is a frame writer and this encoder. */
import * as http2 from 'node:http2';
import { duplexPair } from 'node:stream';
import type { Duplex } from 'node:stream';
import { Output } from '../../bytes.js';
import { FLAG, FRAME, FRAME_HEADER_SIZE } from '../frame/frame.js';
import { finishFieldBlock, framingBound } from '../frame/headers.js';
import { FrameReader } from '../frame/reader.js';
import type { FrameSink } from '../frame/reader.js';
import { parseSettings, writeSettings, writeSettingsAck } from '../frame/settings.js';
import { FrameWriter } from '../frame/writer.js';
import { HpackDecoder } from './decoder.js';
import { encodedBound, HpackEncoder } from './encoder.js';
import { NO_LIMITS } from '../../../test/kits/units/hpack.js';

const PREFACE_SIZE = 24;

/** Responds to every request with the given fields, and follows the client's HEADER_TABLE_SIZE. */
class Answerer implements FrameSink {
  readonly encoder = new HpackEncoder();
  readonly requests: string[][] = [];
  private readonly decoder = new HpackDecoder(NO_LIMITS);
  private readonly writer = new FrameWriter();
  private readonly reader = new FrameReader(this);
  private readonly side: Duplex;
  private skip = PREFACE_SIZE;

  constructor(
    side: Duplex,
    readonly answer: (request: number) => string[],
  ) {
    this.side = side;
    writeSettings(this.writer, []);
    side.on('data', (chunk: Buffer) => {
      const skipped = Math.min(this.skip, chunk.length);
      this.skip -= skipped;
      this.reader.receive(chunk.subarray(skipped));
      this.flush();
    });
    this.flush();
  }

  onFrame(type: number, flags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    if (type === FRAME.HEADERS) {
      const from = (flags & FLAG.PRIORITY) === 0 ? start : start + 5;
      this.requests.push(this.decoder.decode(bytes, from, end));
      this.respond(streamId, this.answer(this.requests.length - 1));
    } else if (type === FRAME.SETTINGS) {
      const list = parseSettings(flags, streamId, bytes, start, end);
      if (list === undefined) return;
      const at = list.findIndex((setting, index) => index % 2 === 0 && setting === 1);
      if (at >= 0) this.encoder.setTableLimit(list[at + 1]!);
      writeSettingsAck(this.writer);
    }
  }

  onDataFrame(): void {
    throw new Error('no DATA was expected');
  }

  onDataContent(): void {
    throw new Error('no DATA was expected');
  }

  onDataFrameEnd(): void {
    throw new Error('no DATA was expected');
  }

  private respond(streamId: number, lines: string[]): void {
    const bound = encodedBound(lines);
    this.writer.reserve(bound + framingBound(bound, 16_384));
    const start = this.writer.position;
    this.writer.position += FRAME_HEADER_SIZE;
    this.encoder.encode(this.writer, lines);
    finishFieldBlock(this.writer, start, FRAME.HEADERS, FLAG.END_STREAM, streamId, 16_384);
  }

  private flush(): void {
    const output = new Output();
    this.writer.flush(output);
    if (output.size > 0) this.side.write(output.toBytes());
  }
}

async function settled(client: http2.ClientHttp2Session, headerTableSize: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    client.settings({ headerTableSize }, (error) => (error === null ? resolve() : reject(error)));
  });
}

async function headersOf(client: http2.ClientHttp2Session): Promise<http2.IncomingHttpHeaders> {
  const stream = client.request({ ':path': '/' });
  return new Promise((resolve, reject) => {
    stream.on('error', reject).on('response', resolve).resume();
  });
}

it('nghttp2 reads what the encoder writes, over any change of the table size (RFC 7541 section 4.2)', async () => {
  const [ours, theirs] = duplexPair();
  const long = 'x'.repeat(600);
  const lines = (request: number): string[] => [
    ...[':status', '200', 'server', 'rxpaf', 'content-type', 'text/plain; charset=utf-8'],
    ...['x-id', `id-${request}`, 'x-repeats', `${request >> 2}`, 'x-long', long, 'x-octets', '\xe9\xff\x80 "~'],
    ...['set-cookie', `a=${request}`, 'set-cookie', 'b=2', 'date', `second ${request >> 3}`],
    ...Array.from({ length: 20 }, (_, at) => [`x-many-${(at + request) % 60}`, `v${at}`]).flat(),
  ];
  const peer = new Answerer(ours, lines);
  const client = http2.connect('http://localhost', { createConnection: () => theirs });
  const sizes = [4096, 100, 0, 1000, 65_536, 0, 4096];
  for (let round = 0; round < 70; round++) {
    if (round % 10 === 0) await settled(client, sizes[round / 10]!);
    const headers = await headersOf(client);
    expect(headers).toMatchObject({
      ':status': 200,
      'content-type': 'text/plain; charset=utf-8',
      'x-id': `id-${round}`,
      'x-repeats': `${round >> 2}`,
      'x-long': long,
      'x-octets': '\xe9\xff\x80 "~',
      'set-cookie': [`a=${round}`, 'b=2'],
      date: `second ${round >> 3}`,
      [`x-many-${round % 60}`]: 'v0',
    });
  }
  expect(peer.requests).toHaveLength(70);
  const closed = new Promise((resolve) => client.once('close', resolve));
  client.destroy();
  await closed;
});
