/**
 * The fault matrix over real sockets: what goes wrong with one connection or stream, on HTTP/1.1, HTTP/2 and TLS, of a server that
 * is a process of its own. In every cell two bystanders are served meanwhile and behind it, the error stream tells what it tells in
 * the table and nothing else, no error is left uncaught, and no subscription, socket or descriptor is left (`FaultServer.under`).
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { withCurl } from './support/example.test-kit.js';
import { allOf, askOn, FaultServer } from './support/fault-injection.test-kit.js';
import { data, frame, FRAME, get, headers, POST, PREFACE, rst, settings } from './support/raw-h2.test-kit.js';

jest.setTimeout(60_000);

let server: FaultServer;
beforeAll(async () => {
  server = await FaultServer.start();
});
afterEach(() => server.cut());
afterAll(() => server.stop());

const request = (line: string, ...fields: readonly string[]): string =>
  [`${line} HTTP/1.1`, 'Host: localhost', ...fields, '', ''].join('\r\n');
const CONTENT = 'Content-Length: 9';
const LAST = 'Connection: close';

/** Says it, and waits for the first of what comes back. */
async function answered(socket: Socket, said: string | Uint8Array): Promise<void> {
  socket.write(said);
  await once(socket, 'data');
}

/** It has arrived, as far as anybody can tell without an answer. */
async function sent(socket: Socket, said: string | Uint8Array): Promise<void> {
  await new Promise((resolve) => socket.write(said, resolve));
  await sleep(50);
}

/** In pieces of one octet, each a packet. */
async function trickle(socket: Socket, said: Uint8Array): Promise<void> {
  for (const octet of said) {
    await new Promise((resolve) => socket.write(Buffer.of(octet), resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Preface, settings, and three requests on streams of one connection that are not answered. */
const THREE = Buffer.concat([PREFACE, settings(), ...[1, 3, 5].map((stream) => headers(stream, get('/never')))]);
const UPLOAD = [...POST.filter(([name]) => name !== ':path'), [':path', '/size'] as const];

/** What goes wrong; returns what the peer got, where that is told. */
type Cause = () => Promise<unknown>;

/** A row: what goes wrong, what the peer gets (of its beginning), and the errors that are told. */
type Row = readonly [what: string, cause: Cause, gets: string, ...faults: string[]];

const cells = (rows: readonly Row[]): void =>
  it.each(rows.map(([what, cause, gets, ...faults]) => [what, faults.join(' '), cause, gets] as const))(
    '%s: %s',
    async (_what, faults, cause, gets) => {
      let got: unknown;
      const told = await server.under(async () => {
        got = await cause();
      });
      expect(told.join(' ')).toBe(faults);
      expect(typeof got === 'string' ? got.split('\r\n', 1)[0] : '').toBe(gets);
    },
  );

describe('a peer of HTTP/1.1', () =>
  cells([
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
      'connection-reset',
    ],
    [
      'that resets while it waits',
      async () => {
        const socket = await server.dial();
        await sent(socket, request('GET /never'));
        socket.resetAndDestroy();
      },
      '',
      'connection-reset',
    ],
    [
      'that resets with five requests in the pipeline',
      async () => {
        const socket = await server.dial();
        await sent(socket, request('GET /never').repeat(5));
        socket.resetAndDestroy();
      },
      '',
      'connection-reset',
    ],
    [
      'that resets within an answer',
      async () => {
        const socket = await server.dial();
        await answered(socket, request('GET /bytes/500000000'));
        socket.resetAndDestroy();
      },
      '',
      'connection-reset',
    ],
    [
      'that ends its side within content',
      async () => {
        const socket = await server.dial();
        socket.end(request('POST /size', CONTENT) + 'abc');
        return allOf(socket);
      },
      'HTTP/1.1 400 Bad Request',
      'truncated',
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
        await sleep(1500);
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
    await sleep(50);
    return socket.resume();
  };

  cells([
    ['that resets with three streams', async () => void (await three()).resetAndDestroy(), '', 'connection-reset'],
    ['that ends its side with three streams', async () => void (await three()).end(), '', 'connection-reset'],
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
      'stream-reset',
      'connection-reset',
    ],
    [
      'that falls silent within its preface',
      async () => {
        const socket = await server.dial();
        socket.write(PREFACE.subarray(0, 20));
        await allOf(socket);
      },
      '',
      'head-timeout',
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
        await sleep(1200);
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

/** What a handler does, by its path; what is got of it on either protocol, and the errors that are told. */
const HANDLERS: readonly (readonly [path: string, h1: string, h2: string, ...faults: string[]])[] = [
  ['throws', '500', '500 500 exception\n', 'exception'],
  ['fails-later', '500', '500 500 exception\n', 'exception'],
  ['fails-behind-the-head', '200', '200 broken', 'exception'],
  ['fails-in-its-content', '200', '200 broken', 'exception'],
  ['gives-nothing', '500', '500 500 internal-server-error\n', 'no-response'],
  ['answers-twice', '200', '200 part', 'second-response'],
  ['answers-with-no-status', '500', '500 500 internal-server-error\n', 'invalid-response'],
  ['answers-with-no-content', '500', '500 500 internal-server-error\n', 'invalid-response'],
  ['streams-no-content', '200', '200 broken', 'exception'],
  ['streams-too-little', '200', '200 broken', 'content-length-mismatch'],
  ['streams-too-much', '200', '200 broken', 'content-length-mismatch'],
  ['leaves-the-content', '200', '200 ok'],
  ['never-reads', '200', '200 ok'],
  ['tears-down-with-a-throw', '200', '200 ok', 'exception'],
];

describe('a handler that does what it should not', () => {
  it.each(HANDLERS)('%s, on HTTP/1.1', async (path, status, h2, ...faults) => {
    let got = '';
    const told = await server.under(async () => {
      const socket = await server.dial();
      socket.write(`${request(`POST /${path}`, CONTENT, LAST)}123456789`);
      got = await allOf(socket);
    });
    expect(told).toEqual(faults);
    expect(got.split(' ')[1]).toBe(status);
    const whole = /^transfer-encoding/im.test(got) ? got.endsWith('0\r\n\r\n') : lengthOf(got);
    expect(whole).toBe(!h2.endsWith('broken'));
  });

  it.each(HANDLERS)('%s, on HTTP/2, and the other streams go on', async (path, _status, expected, ...faults) => {
    const told = await server.under(async () => {
      const session = await server.h2();
      const others = [askOn(session, '/slow'), askOn(session, '/good')];
      expect(await askOn(session, `/${path}`, '123456789')).toBe(expected);
      expect(await Promise.all(others)).toEqual(['200 slow', '200 good']);
      session.destroy();
    });
    expect(told).toEqual(faults);
  });
});

/** Whether an answer has as much content as it says. */
function lengthOf(answer: string): boolean {
  const length = /^content-length: (\d+)/im.exec(answer)?.[1];
  return length !== undefined && answer.length - answer.indexOf('\r\n\r\n') - 4 === Number(length);
}

describe('TLS', () => {
  const toSecure = async (said: string | Uint8Array): Promise<void> => {
    const socket = await server.dial(server.secure);
    socket.write(said);
    await allOf(socket);
  };
  /** The beginning of a ClientHello. */
  const hello = Buffer.from('1603010200010001fc0303', 'hex');

  cells([
    ['garbage in place of a handshake', () => toSecure(Buffer.alloc(64, 0xff)), '', 'handshake-failed'],
    ['cleartext HTTP/1.1 in place of a handshake', () => toSecure(request('GET /')), '', 'handshake-failed'],
    ['the preface of HTTP/2 in place of a handshake', () => toSecure(THREE), '', 'handshake-failed'],
    ['an alert in place of a handshake', () => toSecure(Buffer.from('15030100020228', 'hex')), '', 'handshake-failed'],
    [
      'a reset within the handshake',
      async () => {
        const socket = await server.dial(server.secure);
        await sent(socket, hello);
        socket.resetAndDestroy();
      },
      '',
      'handshake-failed',
    ],
    [
      'an end within the handshake',
      async () => {
        const socket = await server.dial(server.secure);
        socket.end(hello);
        await allOf(socket);
      },
      '',
      'handshake-failed',
    ],
    ['silence within the handshake', () => toSecure(hello), '', 'handshake-timeout'],
  ]);

  withCurl('a certificate that the client refuses: handshake-failed', async () => {
    let status = 0;
    const told = await server.under(async () => {
      // Without `--insecure`.
      const { execFile } = await import('node:child_process');
      const child = execFile('curl', ['--silent', '--max-time', '10', `https://127.0.0.1:${server.secure}/`]);
      [status] = (await once(child, 'close')) as [number];
    });
    expect(status).toBe(60);
    expect(told).toEqual(['handshake-failed']);
  });
});

describe('the wall clock', () => {
  const HOURS = 5 * 3_600_000;

  it.each([
    ['forth', HOURS],
    ['back', -HOURS],
  ])('that is set five hours %s neither fires time limits nor holds them up', async (_, ahead) => {
    const told = await server.under(async () => {
      const patient = await server.dial();
      await sent(patient, request('GET /never'));
      const silent = await server.dial();
      await sent(silent, request('POST /size', CONTENT) + 'abc');
      await server.order({ ahead });
      expect(await allOf(silent)).toMatch(/^HTTP\/1.1 408 /);
      expect(patient.destroyed).toBe(false);
      // And of what begins behind it.
      const later = await server.dial();
      later.write(request('POST /size', CONTENT) + 'abc');
      expect(await allOf(later)).toMatch(/^HTTP\/1.1 408 /);
      patient.resetAndDestroy();
    });
    await server.order({ ahead: 0 });
    expect(told).toEqual(['body-timeout', 'body-timeout', 'connection-reset']);
  });
});

describe('heap', () => {
  it('is what it was, behind hundreds of faults', async () => {
    const round = async (): Promise<void> => {
      const session = await server.h2();
      await Promise.all(Array.from({ length: 100 }, () => askOn(session, '/fails-in-its-content')));
      session.destroy();
      await Promise.all(
        Array.from({ length: 20 }, async () => {
          const socket = await server.dial();
          await sent(socket, request('POST /size', CONTENT) + 'abc');
          socket.resetAndDestroy();
        }),
      );
    };
    // What it takes to do so at all.
    for (let turn = 0; turn < 2; turn++) await server.under(round);
    const { heap } = await server.order('report');
    for (let turn = 0; turn < 3; turn++) await server.under(round);
    expect((await server.order('report')).heap - heap).toBeLessThan(2 * 1024 * 1024);
  });
});
