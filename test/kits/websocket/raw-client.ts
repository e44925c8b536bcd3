/** WebSockets as a client opens them by hand, with frames that are lawful or not: over HTTP/1.1 and over HTTP/2. */
import { once } from 'node:events';
import { type ClientHttp2Session, connect as connectH2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Inflater, readFrames, told } from './frames.js';

/** What a request of a handshake has, unless it is set to something else, or left out by `undefined`. */
const FIELDS: Readonly<Record<string, string | undefined>> = {
  Host: 'test',
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version': '13',
};

/** A response of HTTP/1.1. */
export interface RawResponse {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  /** What came after its head. */
  readonly rest: Buffer;
  readonly socket: Socket;
}

/** Sends the request of a handshake; `requestLine` and `fields` make it another one. */
export async function handshake(
  port: number,
  fields: Readonly<Record<string, string | undefined>> = {},
  requestLine = 'GET /ws HTTP/1.1',
): Promise<RawResponse> {
  const socket = connect(port, '127.0.0.1');
  const lines = Object.entries({ ...FIELDS, ...fields }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}\r\n`],
  );
  socket.write(`${requestLine}\r\n${lines.join('')}\r\n`);
  let read = Buffer.alloc(0);
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    read = Buffer.concat([read, chunk as Buffer]);
    if (read.includes('\r\n\r\n')) break;
  }
  const end = read.indexOf('\r\n\r\n');
  const [statusLine, ...rest] = read.toString('latin1', 0, end).split('\r\n');
  const headers = new Map(
    rest.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return { status: Number(statusLine!.split(' ')[1]), headers, rest: read.subarray(end + 4), socket };
}

/** An open WebSocket: bytes both ways. */
export interface RawSocket {
  readonly stream: Duplex;
  readonly extensions: string | undefined;
  /** What came with the handshake. */
  readonly rest: Buffer;
  close(): void;
}

/** Opens one over HTTP/1.1. */
export async function openH1(port: number, extensions?: string): Promise<RawSocket> {
  const { status, headers, rest, socket } = await handshake(port, { 'Sec-WebSocket-Extensions': extensions });
  if (status !== 101) throw new Error(`the handshake was declined with ${status}`);
  return { stream: socket, extensions: headers.get('sec-websocket-extensions'), rest, close: () => socket.destroy() };
}

/** Opens one over HTTP/2, by extended CONNECT (RFC 8441). */
export async function openH2(port: number, extensions?: string): Promise<RawSocket> {
  const session: ClientHttp2Session = connectH2(`http://127.0.0.1:${port}`);
  await once(session, 'remoteSettings');
  const stream = session.request({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': 'http',
    ':path': '/ws',
    ':authority': 'test',
    'sec-websocket-version': '13',
    ...(extensions === undefined ? {} : { 'sec-websocket-extensions': extensions }),
  });
  const [headers] = (await once(stream, 'response')) as [Record<string, string | undefined>];
  return {
    stream,
    extensions: headers['sec-websocket-extensions'],
    rest: Buffer.alloc(0),
    close: () => session.destroy(),
  };
}

/**
 * Sends `frames`, and reads until as many frames have come as are `expected`, or the end. After CLOSE it reads to the end of the stream.
 *
 * @returns the frames in words, and whether the server ended the stream.
 */
export async function converse(
  { stream, extensions, rest }: RawSocket,
  frames: readonly Buffer[],
  expected: readonly string[],
): Promise<{ readonly words: string[]; readonly ended: boolean }> {
  const inflater = new Inflater(!(extensions ?? '').includes('server_no_context_takeover'));
  const words: string[] = [];
  let bytes = rest;
  const closes = expected.some((word) => word.startsWith('CLOSE'));
  for (const frame of frames) stream.write(frame);
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    bytes = Buffer.concat([bytes, chunk as Buffer]);
    const read = readFrames(bytes);
    bytes = read.rest;
    words.push(...read.frames.map((frame) => told(frame, inflater)));
    if (!closes && words.length >= expected.length) return { words, ended: false };
  }
  return { words, ended: true };
}
