/**
 * The fault matrix over real sockets: faults of a peer on one connection or stream, on HTTP/1.1 and HTTP/2, of a server that is a process
 * of its own. In every cell two bystanders are served during the fault and after it. The error stream and the records match the table
 * exactly. No error is uncaught, and no subscription, socket or descriptor is left (`FaultServer.under`).
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { allOf, askOn } from '../kits/faults/fault-injection.js';
import { answered, cells, CONTENT, faultServer, LAST, request, sent } from '../kits/faults/fault-words.js';
import { data, frame, FRAME, get, headers, POST, PREFACE, rst, settings } from '../kits/attacks/raw-h2.js';

const server = faultServer();

/** In pieces of one octet, each a packet. */
async function trickle(socket: Socket, said: Uint8Array): Promise<void> {
  for (const octet of said) {
    await new Promise((resolve) => socket.write(Buffer.of(octet), resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Preface, settings, and three requests without a response on streams of one connection. */
const THREE = Buffer.concat([PREFACE, settings(), ...[1, 3, 5].map((stream) => headers(stream, get('/never')))]);
const UPLOAD = [...POST.filter(([name]) => name !== ':path'), [':path', '/size'] as const];

/** The record of an exchange whose client has disconnected: no fault. */
const RESET = 'aborted connection-reset';

describe('a peer of HTTP/1.1', () =>
  cells(server, [
    ['that resets before it says a word', async () => void (await server.dial()).resetAndDestroy(), ''],
    [
      'that resets within a head',
      async () => {
        const socket = await server.dial();
        await sent(socket, 'GET / HTTP/1.1\r\nHos');
        socket.resetAndDestroy();
      },
      '',
    ],
    [
      'that resets within content',
      async () => {
        const socket = await server.dial();
        await sent(socket, request('POST /size', CONTENT) + 'abc');
        socket.resetAndDestroy();
      },
      '',
      RESET,
    ],
    [
      'that resets while it waits',
      async () => {
        const socket = await server.dial();
        await sent(socket, request('GET /never'));
        socket.resetAndDestroy();
      },
      '',
      RESET,
    ],
    [
      'that resets with five requests in the pipeline',
      async () => {
        const socket = await server.dial();
        await sent(socket, request('GET /never').repeat(5));
        socket.resetAndDestroy();
      },
      '',
      ...Array<string>(5).fill(RESET),
    ],
    [
      'that resets within an answer',
      async () => {
        const socket = await server.dial();
        await answered(socket, request('GET /bytes/500000000'));
        socket.resetAndDestroy();
      },
      '',
      RESET,
    ],
    [
      'that ends its side within content',
      async () => {
        const socket = await server.dial();
        socket.end(request('POST /size', CONTENT) + 'abc');
        return allOf(socket);
      },
      'HTTP/1.1 400 Bad Request',
      'complete truncated',
    ],
    [
      'that ends its side behind its request',
      async () => {
        const socket = await server.dial();
        socket.end(request('GET /slow', LAST));
        return allOf(socket);
      },
      'HTTP/1.1 200 OK',
    ],
    [
      'that falls silent within a head',
      async () => {
        const socket = await server.dial();
        socket.write('GET / HTTP/1.1\r\nHos');
        return allOf(socket);
      },
      'HTTP/1.1 408 Request Timeout',
      'head-timeout',
    ],
    [
      'that falls silent within content',
      async () => {
        const socket = await server.dial();
        socket.write(request('POST /size', CONTENT) + 'abc');
        return allOf(socket);
      },
      'HTTP/1.1 408 Request Timeout',
      'body-timeout',
    ],
    [
      'that takes nothing',
      async () => {
        const socket = await server.dial();
        socket.write(request('GET /bytes/500000000'));
        socket.pause();
        await server.reports('write-timeout');
      },
      '',
      'write-timeout',
    ],
    [
      'that sends octet by octet',
      async () => {
        const socket = await server.dial();
        await trickle(socket, Buffer.from(`${request('POST /size', CONTENT, LAST)}123456789`));
        return allOf(socket);
      },
      'HTTP/1.1 200 OK',
    ],
    [
      'that takes an answer a little at a time',
      async () => {
        const socket = await server.dial();
        socket.write(request('GET /bytes/2000000', LAST));
        let size = 0;
        let first = '';
        for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
          if (size === 0) first = chunk.toString('latin1');
          size += chunk.length;
          await sleep(1);
        }
        socket.end();
        expect(size).toBeGreaterThan(2_000_000);
        return first;
      },
      'HTTP/1.1 200 OK',
    ],
  ]));

describe('a peer of HTTP/2', () => {
  /** A connection with three requests under way. */
  const three = async (): Promise<Socket> => {
    const socket = await server.dial();
    await answered(socket, THREE);
    await server.turns();
    return socket.resume();
  };

  cells(server, [
    ['that resets with three streams', async () => void (await three()).resetAndDestroy(), '', RESET, RESET, RESET],
    ['that ends its side with three streams', async () => void (await three()).end(), '', RESET, RESET, RESET],
    [
      'that breaks a rule with three streams',
      async () => {
        const socket = await three();
        socket.write(data(9, 'of no stream'));
        await allOf(socket);
      },
      '',
      'protocol-error',
    ],
    [
      'that resets one stream of three, and leaves',
      async () => {
        const socket = await three();
        await sent(socket, rst(3));
        socket.resetAndDestroy();
      },
      '',
      'aborted stream-reset',
      RESET,
      RESET,
    ],
    [
      'that falls silent within its preface',
      async () => {
        const socket = await server.dial();
        socket.write(PREFACE.subarray(0, 20));
        await allOf(socket);
      },
      '',
      // To HTTP/1.1, which gets what has come, it is a request of another version.
      'unsupported-version',
    ],
    [
      'that falls silent within a head, with three streams',
      async () => {
        const socket = await three();
        socket.write(Buffer.concat([frame(FRAME.SETTINGS, 1, 0), headers(7).subarray(0, 12)]));
        await allOf(socket);
      },
      '',
      'head-timeout',
    ],
    [
      'that falls silent within content',
      async () => {
        const socket = await server.dial();
        const begun = [PREFACE, settings(), frame(FRAME.SETTINGS, 1, 0), headers(1, UPLOAD, 4), data(1, 'abc', 0)];
        socket.write(Buffer.concat(begun));
        await server.reports('body-timeout');
        socket.end();
        await allOf(socket);
      },
      '',
      'body-timeout',
    ],
    [
      'that gives no window',
      async () => {
        const session = await server.h2();
        session.settings({ initialWindowSize: 0 });
        await once(session, 'localSettings');
        const got = await askOn(session, '/bytes/100');
        session.destroy();
        return got;
      },
      '200 broken',
      'write-timeout',
    ],
    [
      'that sends octet by octet',
      async () => {
        const socket = await server.dial();
        const said = [PREFACE, settings(), frame(FRAME.SETTINGS, 1, 0), headers(1, UPLOAD, 4), data(1, 'abc')];
        let came = '';
        socket.on('data', (chunk: Buffer) => (came += chunk.toString('latin1')));
        await trickle(socket, Buffer.concat(said));
        while (!came.endsWith('3')) await once(socket, 'data');
        socket.end();
        await allOf(socket);
      },
      '',
    ],
  ]);
});
