// The client, and servers whose responses break off, come too late, or do not come: faults of HTTP/1.1 as in the wild.
import type { Socket } from 'node:net';
import type { ClientError, H1ClientConnection } from 'rxpaf';
import { firstValueFrom, Subject } from 'rxjs';
import { becomes, clientOf, connected, failureOf, sleep, told, turns } from '../kits/peers/peer.js';
import { closing, httpServer, rawServer, sayingServer } from '../kits/peers/node-server.js';

const OK = 'HTTP/1.1 200 OK\r\n';

/** Responds to the first request of a connection with `answer`, and then calls `then`. */
const answering = (answer: string, then: (socket: Socket) => void): Promise<{ url: string }> =>
  rawServer((socket) => socket.once('data', () => socket.write(answer, 'latin1', () => then(socket))));

/** What came of a body, and how it ended. */
async function partsOf(url: string): Promise<[content: string, failure: unknown]> {
  const response = await firstValueFrom(clientOf().get(url));
  let content = '';
  return new Promise((done) =>
    response.body.subscribe({
      next: (chunk) => (content += Buffer.from(chunk).toString()),
      error: (error: unknown) => done([content, error]),
      complete: () => done([content, undefined]),
    }),
  );
}

describe('a body that breaks off: what came is delivered, then the error (RFC 9112 section 8)', () => {
  it.each([
    ['within Content-Length', 'content-length: 10\r\n\r\nhello'],
    ['within a chunk', 'transfer-encoding: chunked\r\n\r\na\r\nhello'],
    ['between chunks', 'transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n'],
    ['before the last CRLF', 'transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n'],
  ])('%s', async (_, answer) => {
    const { url } = await answering(OK + answer, (socket) => socket.end());
    expect(await partsOf(url)).toEqual(['hello', expect.objectContaining({ code: 'truncated', retryable: false })]);
  });

  it('by a reset', async () => {
    const { url } = await answering(`${OK}content-length: 10\r\n\r\nhello`, (socket) =>
      setTimeout(() => socket.resetAndDestroy(), 50),
    );
    const [, failure] = await partsOf(url);
    expect(failure).toMatchObject({ code: 'connection-reset' });
  });

  it('but one without a length is complete with the connection', async () => {
    const { url } = await answering(`${OK}\r\nhello`, (socket) => socket.end());
    expect(await partsOf(url)).toEqual(['hello', undefined]);
  });

  it('an invalid chunk is reported as such', async () => {
    const { url } = await answering(
      `${OK}transfer-encoding: chunked\r\n\r\n5\r\nhello\r\nno chunk\r\n`,
      () => undefined,
    );
    expect(await partsOf(url)).toEqual(['hello', expect.objectContaining({ code: 'malformed-response' })]);
  });
});

describe('a response that does not come', () => {
  it.each<[string, string, (socket: Socket) => void, string]>([
    ['the server closes', '', (socket) => socket.end(), 'closed'],
    ['the server resets', '', (socket) => socket.resetAndDestroy(), 'connection-reset'],
    ['the server closes within the head', 'HTTP/1.1 200', (socket) => socket.end(), 'truncated'],
    ['the server closes behind an interim one', 'HTTP/1.1 103 Hints\r\n\r\n', (socket) => socket.end(), 'closed'],
    ['it is no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n', () => undefined, 'malformed-response'],
    ['it is HTTP/2', '\0\0\x12\x04\0\0\0\0\0\0\x03', () => undefined, 'malformed-response'],
    ['it contradicts itself', `${OK}content-length: 1, 2\r\n\r\n`, () => undefined, 'invalid-response-body-length'],
    ['it has no end', `${OK}${'x: y\r\n'.repeat(5000)}`, () => undefined, 'header-section-too-large'],
    ['interim ones have no end', 'HTTP/1.1 102 P\r\n\r\n'.repeat(1000), () => undefined, 'malformed-response'],
    ['it switches unasked', 'HTTP/1.1 101 S\r\nupgrade: x\r\n\r\n', () => undefined, 'malformed-response'],
  ])('%s', async (_, answer, then, code) => {
    const { url } =
      answer === ''
        ? await rawServer((socket) => socket.once('data', () => then(socket)))
        : await answering(answer, then);
    const failure = await failureOf(clientOf().get(url));
    expect([failure.code, failure.retryable, failure.status]).toEqual([code, false, 502]);
  });

  it('a server that says nothing: `headers-timeout`, and the connection ends', async () => {
    const { url, sockets } = await httpServer(() => undefined);
    const failure = await failureOf(clientOf({ limits: { headTimeout: 100 } }).get(url));
    expect([failure.code, failure.status]).toEqual(['headers-timeout', 504]);
    await becomes(() => sockets[0]!.destroyed);
  });

  it('a server that stops within a body: `body-timeout`', async () => {
    const { url } = await httpServer((_, response) => void response.write('hello'));
    const response = await firstValueFrom(clientOf({ limits: { bodyTimeout: 100 } }).get(url));
    expect((await failureOf(response.body.text())).code).toBe('body-timeout');
  });

  it('a server that takes nothing of an upload: `write-timeout`', async () => {
    const { url } = await rawServer((socket) => socket.pause());
    const http = clientOf({ limits: { writeTimeout: 100 } });
    expect((await failureOf(http.post(url, Buffer.alloc(20_000_000)))).code).toBe('write-timeout');
  });

  it('no server listens: `connect-failed`, with the error of each address', async () => {
    const { url, server } = await httpServer(() => undefined);
    await new Promise((done) => server.close(done));
    const failure = await failureOf(clientOf().get(url));
    expect([failure.code, failure.errors.length]).toEqual(['connect-failed', 1]);
  });
});

describe('a response before its request is complete (RFC 9112 section 9.5)', () => {
  it('is the response, and what is left of the request is not sent', async () => {
    const { url, sockets } = await httpServer((_, response) => {
      response.writeHead(413, { connection: 'close' }).end('too much');
    });
    const left = new Subject<Uint8Array>();
    const http = clientOf();
    const answer = told(http.post(url, left));
    await becomes(() => sockets.length === 1);
    left.next(Buffer.from('some'));
    expect(await answer).toEqual([413, 'too much']);
    await becomes(() => !left.observed);
  });

  it('is the response as well where the server goes on reading', async () => {
    const { url } = await httpServer((request, response) => {
      response.writeHead(200).write('first ');
      request.on('data', (chunk) => response.write(chunk)).once('end', () => response.end(' last'));
    });
    const content = new Subject<Uint8Array>();
    const response = await firstValueFrom(clientOf().post(url, content));
    const text = firstValueFrom(response.body.text());
    content.next(Buffer.from('middle'));
    content.complete();
    expect(await text).toBe('first middle last');
  });

  it('by a server that has ended its side: the response is whole', async () => {
    const { url } = await rawServer((socket) => {
      socket.once('data', () => socket.end(`${OK}content-length: 5\r\n\r\nhello`));
    });
    expect(await told(clientOf().post(url, new Subject()))).toEqual([200, 'hello']);
  });
});

describe('connections that are kept (RFC 9112 section 9.3)', () => {
  it('one for requests in sequence', async () => {
    const { url, sockets } = await httpServer((_, response) => response.end('x'));
    const http = clientOf();
    for (let count = 0; count < 10; count++) await told(http.get(url));
    expect(sockets.length).toBe(1);
  });

  it('none where the server says close, or that it will by then', async () => {
    const { url, sockets, server } = await httpServer((request, response) => {
      if (request.url === '/close') response.setHeader('connection', 'close');
      response.end('x');
    });
    const http = clientOf();
    for (let count = 1; count <= 3; count++) {
      await told(http.get(`${url}/close`));
      expect(sockets.length).toBe(count);
    }
    // Node says so: `Keep-Alive: timeout=1`.
    server.keepAliveTimeout = 1000;
    const [first] = [await told(http.get(url)), await told(http.get(url))];
    expect([first[0], sockets.length]).toEqual([200, 5]);
  });

  it('one that the server closed while it was idle is not used', async () => {
    const { url, sockets } = await httpServer((_, response) => response.end('x'));
    const http = clientOf();
    await told(http.get(url));
    sockets[0]!.end();
    await closing(sockets[0]!);
    await turns();
    expect(await told(http.post(url, 'x'))).toEqual([200, 'x']);
    expect(sockets.length).toBe(2);
  });

  it('one that the server closes just then: the request goes to another, whatever its method', async () => {
    const { url, sockets } = await rawServer((socket) => {
      socket.once('data', () => {
        socket.write(`${OK}content-length: 1\r\n\r\nx`);
        if (sockets.length === 1) socket.once('data', () => socket.end());
      });
    });
    const http = clientOf({ retry: { base: 0 } });
    await told(http.get(url));
    expect(await told(http.post(url, 'x'))).toEqual([200, 'x']);
    expect(sockets.length).toBe(2);
  });

  it('one on which something comes that nobody asked for ends', async () => {
    const answer = `${OK}content-length: 1\r\n\r\nx`;
    const { url, sockets } = await sayingServer(answer + answer);
    const http = clientOf();
    expect(await told(http.get(url))).toEqual([200, 'x']);
    await becomes(() => sockets[0]!.destroyed);
  });

  it('responses that nobody reads end theirs, after the body timeout', async () => {
    const { url, sockets } = await httpServer((_, response) => response.end(Buffer.alloc(5_000_000)));
    const http = clientOf({ limits: { bodyTimeout: 100 } });
    await firstValueFrom(http.get(url));
    await closing(sockets[0]!);
  });

  it('pipelines idempotent requests that it was asked to (section 9.3.2)', async () => {
    const seen: string[] = [];
    const { url, sockets } = await httpServer((request, response) => {
      seen.push(request.url!);
      setTimeout(() => response.end(request.url), 20 - seen.length);
    });
    const { connection } = await connected<H1ClientConnection>(url, { pipelining: 4 });
    const paths = Array.from({ length: 12 }, (_, index) => `/${index}`);
    const answers = await Promise.all(paths.map((path) => told(connection.request({ url: url + path }))));
    expect(answers.map(([, content]) => content)).toEqual(paths);
    expect([seen, sockets.length]).toEqual([paths, 1]);
  });
});

describe('bounds', () => {
  it('no more connections than `connections`; the rest waits its turn', async () => {
    let now = 0;
    let most = 0;
    const { url, sockets } = await httpServer((_, response) => {
      most = Math.max(most, ++now);
      setTimeout(() => {
        now--;
        response.end('x');
      }, 5);
    });
    const http = clientOf({ connections: 3 });
    await Promise.all(Array.from({ length: 30 }, () => told(http.get(url))));
    expect([most, sockets.length]).toEqual([3, 3]);
  });

  it.each([0, 2])('past %d in the `queue`: `queue-full`, which is 503 to a gateway', async (queue) => {
    const { url } = await httpServer((_, response) => void setTimeout(() => response.end('x'), 50));
    const http = clientOf({ connections: 2, queue });
    const failed: Promise<ClientError>[] = [];
    for (const round of ['while connecting', 'once connected']) {
      const answers = Array.from({ length: 2 + queue }, () => told(http.get(url)));
      await sleep(10);
      failed.push(failureOf(http.get(url)), failureOf(http.get(url)));
      expect([round, await Promise.all(answers)]).toEqual([round, answers.map(() => [200, 'x'])]);
    }
    for (const failure of await Promise.all(failed)) {
      expect([failure.code, failure.status, failure.retryable]).toEqual(['queue-full', 503, true]);
    }
  });

  it('unsubscribing while waiting gives the place to others', async () => {
    const { url } = await httpServer((request, response) => {
      if (request.url === '/') setTimeout(() => response.end('x'), 50);
      else response.end('second');
    });
    const http = clientOf({ connections: 1 });
    const first = told(http.get(url));
    const left = http.get(`${url}/left`).subscribe();
    const second = told(http.get(`${url}/second`));
    left.unsubscribe();
    expect([await first, await second]).toEqual([
      [200, 'x'],
      [200, 'second'],
    ]);
  });
});
