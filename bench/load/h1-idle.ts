/** Connections that ask once, and then stay. */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';

/** How many connect at once: fewer than a listener's backlog. */
const AT_ONCE = 128;

/** How many of `wanted` connections this process may have open (its limit of open files, where the system tells it). */
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

function openOne(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`, 'latin1'));
    socket.once('data', () => resolve(socket));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed a connection')));
  });
}

/** Opens `count` connections; each has had one answer when it resolves. */
export async function openIdle(port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (let opened = 0; opened < count; opened += AT_ONCE) {
    const batch = Array.from({ length: Math.min(AT_ONCE, count - opened) }, () => openOne(port));
    sockets.push(...(await Promise.all(batch)));
  }
  return sockets;
}
