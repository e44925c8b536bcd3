/** Connections that ask once, and then stay. */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { HELLO } from '../support/content.js';
import {
  ACK,
  connectionPreface,
  END_HEADERS,
  END_STREAM,
  frame,
  HEADERS,
  requestBlock,
  SETTINGS,
} from '../support/h2-frames.js';

/** How many connect at once: fewer than a listener's backlog. */
const AT_ONCE = 128;

/** How many of `wanted` connections this process may have open: its limit of open files, if the system reports it. */
export function allowedConnections(wanted: number): number {
  let limits: string;
  try {
    limits = readFileSync('/proc/self/limits', 'latin1');
  } catch {
    return Math.min(wanted, 200);
  }
  const files = /^Max open files\s+(\d+)/m.exec(limits);
  return files === null ? wanted : Math.max(10, Math.min(wanted, Number(files[1]) - 100));
}

/** How a connection asks for `/`. */
export interface Speech {
  readonly ask: (port: number) => Buffer;
  /** What it says to the first bytes that come. */
  readonly then?: Buffer;
}

export const SPEAK_H1: Speech = { ask: (port) => Buffer.from(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`) };

export const SPEAK_H2: Speech = {
  ask: (port) => {
    const block = requestBlock('GET', '/', `127.0.0.1:${port}`);
    return Buffer.concat([connectionPreface, frame(HEADERS, END_HEADERS | END_STREAM, 1, block)]);
  },
  then: frame(SETTINGS, ACK, 0, Buffer.alloc(0)),
};

/** A WebSocket, to which the server sends the text as a message. */
export const SPEAK_WEBSOCKET: Speech = {
  ask: (port) =>
    Buffer.from(
      `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    ),
};

function openOne(port: number, { ask, then }: Speech): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => socket.write(ask(port)));
    if (then !== undefined) socket.once('data', () => socket.write(then));
    let answer = '';
    const onData = (chunk: Buffer): void => {
      answer += chunk.toString('latin1');
      if (!answer.includes(HELLO)) return;
      socket.off('data', onData).on('data', () => undefined);
      resolve(socket);
    };
    socket.on('data', onData);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed a connection')));
  });
}

/** Opens `count` connections; each has had one response when it resolves. */
export async function openIdle(port: number, count: number, speech: Speech): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (let opened = 0; opened < count; opened += AT_ONCE) {
    const batch = Array.from({ length: Math.min(AT_ONCE, count - opened) }, () => openOne(port, speech));
    sockets.push(...(await Promise.all(batch)));
  }
  return sockets;
}
