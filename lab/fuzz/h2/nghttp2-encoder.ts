/** nghttp2's encoder by way of a `node:http2` client: the field blocks that it makes of header lists, and nothing read. */
import * as http2 from 'node:http2';
import { Duplex } from 'node:stream';
import { frame, framesOf, PREFACE, TYPE } from './wire.js';

class Connection extends Duplex {
  output: Buffer = Buffer.alloc(0);

  override _read(): void {
    // Input is pushed.
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.output = Buffer.concat([this.output, chunk]);
    done();
  }
}

/** One request of the client: its header list, and the table size that the server allows from here on. */
export interface Step {
  readonly lines: readonly string[];
  readonly tableLimit: number;
}

function settings(tableLimit: number): Buffer {
  const payload = Buffer.alloc(6);
  payload.writeUInt16BE(1, 0);
  payload.writeUInt32BE(tableLimit, 2);
  return frame(TYPE.SETTINGS, 0, 0, payload);
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The blocks that nghttp2 makes of the steps of each of `scripts`, each script being a connection of its own. */
export async function encodeAll(scripts: readonly (readonly Step[])[]): Promise<readonly (readonly Buffer[])[]> {
  const open = scripts.map((steps) => {
    const connection = new Connection();
    connection.on('error', () => undefined);
    const client = http2.connect('http://a', { createConnection: () => connection, settings: { enablePush: false } });
    client.on('error', () => undefined);
    return { steps, connection, client };
  });
  const most = Math.max(...scripts.map(({ length }) => length));
  await turn();
  for (let at = 0; at < most; at++) {
    for (const { steps, connection } of open) {
      const step = steps[at];
      if (step !== undefined) connection.push(settings(step.tableLimit));
    }
    for (let turns = 0; turns < 4; turns++) await turn();
    for (const { steps, client } of open) {
      const step = steps[at];
      if (step !== undefined) client.request(headersOf(step.lines)).on('error', () => undefined);
    }
    for (let turns = 0; turns < 4; turns++) await turn();
  }
  const encoded = open.map(({ connection }) => {
    const frames = framesOf(connection.output.subarray(PREFACE.length));
    return blocksIn(frames.filter(({ type }) => type === TYPE.HEADERS || type === TYPE.CONTINUATION));
  });
  for (const { client } of open) client.destroy();
  return encoded;
}

function headersOf(lines: readonly string[]): http2.OutgoingHttpHeaders {
  const headers: Record<string, string | string[]> = {
    ':path': '/',
    ':authority': 'a',
    ':scheme': 'http',
    ':method': 'GET',
  };
  for (let at = 0; at < lines.length; at += 2) headers[lines[at]!] = lines[at + 1]!;
  return headers;
}

function blocksIn(frames: ReturnType<typeof framesOf>): Buffer[] {
  const blocks: Buffer[] = [];
  let fragments: Buffer[] = [];
  for (const { type, flags, payload } of frames) {
    const priority = type === TYPE.HEADERS && (flags & 0x20) !== 0;
    fragments.push(priority ? payload.subarray(5) : payload);
    if ((flags & 4) === 0) continue;
    blocks.push(Buffer.concat(fragments));
    fragments = [];
  }
  return blocks;
}
