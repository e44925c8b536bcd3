/** A bare socket, for what no client library would do: HTTP/1.1 by the byte. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { digestOfText } from '../content.js';
import type { Errand, Manner, Order, Peer, Reply } from '../order.js';

/** Bytes of content that are announced, and do not all come. */
const SAID = 10_000;

export class BareSocket implements Peer {
  readonly name = 'a bare socket';
  readonly schemes = ['http'] as const;

  takes({ manner }: Order): boolean {
    return manner !== undefined;
  }

  async ask({ order, url, signal, reached }: Errand): Promise<Reply> {
    const socket = connect(Number(url.port), url.hostname);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    // A reset, or an end, as it comes; both are seen by the server.
    signal.addEventListener('abort', () => (url.search.length % 2 === 0 ? socket.resetAndDestroy() : socket.destroy()));
    try {
      await once(socket, 'connect', { signal });
      const ended = once(socket, 'end', { signal });
      ended.catch(() => undefined);
      await WRITERS[order.manner!](socket, `${url.pathname}${url.search}`, order.rest, () => reached('sent'));
      reached('sent');
      await ended;
      return replyOf(Buffer.concat(chunks).toString('latin1'));
    } finally {
      socket.destroy();
    }
  }

  close(): void {
    // Nothing is kept.
  }
}

type Writer = (socket: Socket, target: string, rest: number, sent: () => void) => void | Promise<void>;

const head = (target: string, method = 'GET', more = 'Connection: close\r\n'): string =>
  `${method} ${target} HTTP/1.1\r\nHost: soak\r\n${more}\r\n`;

const WRITERS: Readonly<Record<Manner, Writer>> = {
  'half-closed': (socket, target) => void socket.end(head(target, 'GET', '')),
  piecemeal: async (socket, target, rest) => {
    for (const piece of head(target).match(/.{1,16}/gs)!) {
      socket.write(piece);
      await sleep(rest);
    }
  },
  'idle first': async (socket, target, rest) => {
    await sleep(rest);
    socket.write(head(target));
  },
  'stalled head': (socket, target) => void socket.write(head(target).slice(0, -10)),
  malformed: (socket, target) => void socket.write(head(target, 'GET', 'No Field: x\r\n')),
  'cut head': (socket, target) => void socket.write(head(target).slice(0, -10)),
  'cut content': (socket, target) => {
    socket.write(head(target.replace('/text', '/sink'), 'PUT', `Content-Length: ${SAID}\r\n`));
    socket.write(Buffer.alloc(SAID / 2));
  },
};

function replyOf(answer: string): Reply {
  const [, status] = /^HTTP\/1\.1 (\d{3}) /.exec(answer) ?? [];
  if (status === undefined) throw new Error(`no answer: ${JSON.stringify(answer.slice(0, 100))}`);
  return { status: Number(status), digest: digestOfText(answer.slice(answer.indexOf('\r\n\r\n') + 4)) };
}
