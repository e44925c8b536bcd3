// The client, asked to get along with node:http.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { BodyOverflow, type ClientResponse, type Content, Fields, fromPull, type H1ClientConnection } from 'rxpaf';
import { firstValueFrom, from, of, Subject, toArray } from 'rxjs';
import { becomes, clientOf, connected, failureOf, sha, told, whole } from '../kits/peers/peer.js';
import { closing, httpServer, httpServerV6 } from '../kits/peers/node-server.js';

const large = Buffer.alloc(3_000_000, 'content that is large ');

/** Sends what comes back as it comes. */
const echo = (request: IncomingMessage, response: ServerResponse): void => void request.pipe(response);

const inPieces = function* (): Iterable<Uint8Array> {
  for (let at = 0; at < large.length; at += 50_000) yield large.subarray(at, at + 50_000);
};

const CONTENTS: readonly [string, () => Content][] = [
  ['text', () => large.toString()],
  ['bytes', () => large],
  ['a Readable', () => Readable.from([large.subarray(0, 1_000_000), large.subarray(1_000_000)])],
  ['an iterable', inPieces],
  ['an iterable of one large piece', () => [large]],
  ['an Observable', () => of(large)],
];

describe('a request to node:http, as it arrives', () => {
  it('has the method, the target, and the fields, Host first', async () => {
    const { url } = await httpServer(({ method, url: target, rawHeaders }, response) =>
      response.end(JSON.stringify([method, target, rawHeaders])),
    );
    const headers = { 'x-one': ['1', '2'], cookie: 'a=b' };
    const [, content] = await told(clientOf({ decompress: false }).get(`${url}/path?query=%20#fragment`, { headers }));
    const { host } = new URL(url);
    const fields = ['host', host, 'x-one', '1', 'x-one', '2', 'cookie', 'a=b'];
    expect(JSON.parse(content)).toEqual(['GET', '/path?query=%20', fields]);
  });

  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PURGE', 'M-SEARCH'])(
    '%s',
    async (method) => {
      const { url } = await httpServer((request, response) => response.setHeader('x-method', request.method!).end('x'));
      const [response, content] = await whole(clientOf().request(url, { method }));
      expect([response.headers.get('x-method'), content.length]).toEqual([method, method === 'HEAD' ? 0 : 1]);
    },
  );

  it('to a server that listens on IPv6', async () => {
    const { url } = await httpServerV6(({ headers }, response) => response.end(headers.host));
    expect(await told(clientOf().get(url))).toEqual([200, new URL(url).host]);
  });
});

describe('content and node:http', () => {
  it.each(CONTENTS)('%s goes there and comes back', async (_, content) => {
    const { url } = await httpServer(echo);
    const [, echoed] = await whole(clientOf().post(url, content));
    expect(sha(echoed)).toBe(sha(large));
  });

  it('of a source that does not wait for its reader ends in a typed error', async () => {
    const { url } = await httpServer(echo);
    const failure = await failureOf(clientOf().post(url, from(inPieces())));
    expect([failure.code, failure.cause]).toEqual(['exception', expect.any(BodyOverflow)]);
  });

  it('of known length has a Content-Length, other content is chunked', async () => {
    const { url } = await httpServer(({ headers }, response) =>
      response.end(`${headers['content-length']} ${headers['transfer-encoding']}`),
    );
    const http = clientOf();
    expect((await told(http.post(url, 'äöü')))[1]).toBe('6 undefined');
    expect((await told(http.post(url)))[1]).toBe('0 undefined');
    expect((await told(http.post(url, fromPull([large]))))[1]).toBe('undefined chunked');
    const headers = { 'content-length': large.length };
    expect((await told(http.post(url, fromPull([large]), { headers })))[1]).toBe(`${large.length} undefined`);
  });

  it('that is written while the response comes', async () => {
    const { url } = await httpServer((request, response) => {
      response.flushHeaders();
      echo(request, response);
    });
    const said = new Subject<string>();
    const response = await firstValueFrom(clientOf().post(url, said));
    const heard: string[] = [];
    response.body.subscribe((chunk) => heard.push(Buffer.from(chunk).toString()));
    for (const word of ['one', 'two', 'three']) {
      said.next(word);
      await becomes(() => heard.at(-1) === word);
    }
    said.complete();
    await firstValueFrom(response.trailers);
    expect(heard).toEqual(['one', 'two', 'three']);
  });

  it('that nobody takes is not sent: an upload keeps backpressure', async () => {
    let taken: IncomingMessage | undefined;
    const { url } = await httpServer((request, response) => {
      taken = request;
      request.once('end', () => response.end('done'));
    });
    let pulled = 0;
    const endless = function* (): Iterable<Uint8Array> {
      while (pulled < 200) {
        pulled++;
        yield large.subarray(0, 100_000);
      }
    };
    const answer = told(clientOf().post(url, endless()));
    let before = -1;
    await becomes(() => {
      const stalled = pulled > 0 && pulled === before;
      before = pulled;
      return stalled;
    });
    expect(pulled).toBeLessThan(200);
    taken!.resume();
    expect(await answer).toEqual([200, 'done']);
    expect(pulled).toBe(200);
  });

  it('that nobody reads is not taken: a download keeps backpressure', async () => {
    let written = 0;
    const { url } = await httpServer((_, response) => {
      const write = (): void => {
        while (written < 200) {
          written++;
          if (!response.write(large.subarray(0, 100_000))) return void response.once('drain', write);
        }
        response.end();
      };
      write();
    });
    const response = await firstValueFrom(clientOf().get(url));
    let before = -1;
    await becomes(() => {
      const stalled = written === before;
      before = written;
      return stalled;
    });
    expect(written).toBeLessThan(200);
    expect((await firstValueFrom(response.body.bytes())).length).toBe(20_000_000);
  });

  it('is decoded from gzip, deflate and br', async () => {
    const zlib = await import('node:zlib');
    const coders = { gzip: zlib.gzipSync, deflate: zlib.deflateSync, br: zlib.brotliCompressSync };
    const { url } = await httpServer(({ url: path, headers }, response) => {
      const coding = path!.slice(1) as keyof typeof coders;
      const accepted = headers['accept-encoding']!.includes(coding);
      response.setHeader('content-encoding', coding).end(accepted ? coders[coding](large) : '');
    });
    for (const coding of Object.keys(coders)) {
      const [response, content] = await whole(clientOf().get(`${url}/${coding}`));
      expect([coding, sha(content), response.headers.has('content-encoding')]).toEqual([coding, sha(large), false]);
    }
  });
});

describe('trailers and node:http (RFC 9112 section 7.1.2)', () => {
  it('go with the request, and come with the response', async () => {
    const { url } = await httpServer((request, response) => {
      response.setHeader('trailer', 'x-sum');
      request.pipe(response, { end: false });
      request.once('end', () => {
        response.addTrailers({ 'x-sum': `${request.trailers['x-sum']} and back` });
        response.end();
      });
    });
    const trailers = [{ 'x-sum': '42' }];
    const [response] = await whole(clientOf().post(url, fromPull([large]), { trailers }));
    expect((await firstValueFrom(response.trailers)).get('x-sum')).toBe('42 and back');
  });

  it('are absent if the server sends no trailers', async () => {
    const { url } = await httpServer((_, response) => response.end('x'));
    const [response] = await whole(clientOf().get(url));
    expect(await firstValueFrom(response.trailers)).toEqual(Fields.EMPTY);
  });
});

describe('interim responses of node:http (RFC 9110 section 15.2)', () => {
  it('100 (Continue): the content waits for it', async () => {
    const { server, url } = await httpServer(echo);
    const order: string[] = [];
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      order.push('asked');
      setTimeout(() => {
        order.push('continue');
        response.writeContinue();
        echo(request, response);
      }, 50);
    });
    const content = function* (): Iterable<Uint8Array> {
      order.push('content');
      yield Buffer.from('hello');
    };
    const init = { headers: { expect: '100-continue' } };
    expect(await told(clientOf().post(url, content, init))).toEqual([200, 'hello']);
    expect(order).toEqual(['asked', 'continue', 'content']);
  });

  it.each(CONTENTS)('100 (Continue), and then %s', async (_, content) => {
    const { url } = await httpServer(echo);
    const [response, echoed] = await whole(clientOf().post(url, content, { headers: { expect: '100-continue' } }));
    expect([response.status, sha(echoed)]).toEqual([200, sha(large)]);
  });

  it('a refusal in its place: the content is not sent, and the next request gets its response', async () => {
    const { server, url } = await httpServer(echo);
    server.on('checkContinue', (_: IncomingMessage, response: ServerResponse) => {
      response.writeHead(413, { connection: 'close' }).end('no');
    });
    let read = false;
    const content = function* (): Iterable<Uint8Array> {
      read = true;
      yield large;
    };
    const http = clientOf();
    const headers = { expect: '100-continue' };
    expect(await told(http.post(url, content, { headers }))).toEqual([413, 'no']);
    expect(read).toBe(false);
    expect(await told(http.post(url, 'again'))).toEqual([200, 'again']);
  });

  it('417: sent again without the expectation (RFC 9110 section 10.1.1)', async () => {
    const { server, url } = await httpServer(echo);
    server.on('checkExpectation', (_: IncomingMessage, response: ServerResponse) => response.writeHead(417).end());
    server.on('checkContinue', (_: IncomingMessage, response: ServerResponse) => response.writeHead(417).end());
    expect(await told(clientOf().post(url, 'hello', { headers: { expect: '100-continue' } }))).toEqual([200, 'hello']);
  });

  it('102 and 103 are emitted if they are wanted, and are else passed over', async () => {
    const { url } = await httpServer((_, response) => {
      response.writeProcessing();
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      response.end('behind');
    });
    const http = clientOf();
    const all = await firstValueFrom(http.get(url, { interim: true }).pipe(toArray()));
    expect(all.map(({ status }) => status)).toEqual([102, 103, 200]);
    expect(all[1]!.headers.get('link')).toBe('</style.css>; rel=preload');
    expect(await firstValueFrom(all[2]!.body.text())).toBe('behind');
    expect(await told(http.get(url))).toEqual([200, 'behind']);
  });
});

describe('switching protocols with node:http', () => {
  const lines = async (response: ClientResponse, ...say: string[]): Promise<string> => {
    let heard = '';
    const { flow } = response;
    const reading = new Promise<void>((done) =>
      flow!.subscribe({ next: (chunk) => (heard += Buffer.from(chunk).toString()), complete: done, error: done }),
    );
    for (const word of say) flow!.next(Buffer.from(word));
    flow!.complete();
    await reading;
    return heard;
  };

  it('101: the flow is the program’s, with the bytes right after the head (RFC 9110 section 7.8)', async () => {
    const { server, url } = await httpServer(echo);
    server.on('upgrade', (request: IncomingMessage, socket: NodeJS.ReadWriteStream) => {
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: ${request.headers.upgrade}\r\n\r\nhello `,
      );
      socket.pipe(socket);
    });
    const response = await firstValueFrom(
      clientOf().get(url, { headers: { connection: 'upgrade', upgrade: 'shout' } }),
    );
    expect([response.status, response.headers.get('upgrade')]).toEqual([101, 'shout']);
    expect(await lines(response, 'one ', 'two')).toBe('hello one two');
  });

  it('an upgrade that is declined is a response as any other', async () => {
    const { url } = await httpServer((_, response) => response.end('no'));
    const init = { headers: { connection: 'upgrade', upgrade: 'shout' } };
    const response = await firstValueFrom(clientOf().get(url, init));
    expect([response.status, response.flow, await firstValueFrom(response.body.text())]).toEqual([
      200,
      undefined,
      'no',
    ]);
  });

  it('CONNECT: the tunnel is a flow (RFC 9110 section 9.3.6)', async () => {
    const { server, url } = await httpServer(echo);
    server.on('connect', (request: IncomingMessage, socket: NodeJS.ReadWriteStream, head: Buffer) => {
      socket.write(`HTTP/1.1 200 OK\r\n\r\nto ${request.url}: `);
      socket.write(head);
      socket.pipe(socket);
    });
    const { connection, ended } = await connected<H1ClientConnection>(url);
    const response = await firstValueFrom(connection.request({ url: 'http://far.example:70', method: 'CONNECT' }));
    expect(response.status).toBe(200);
    expect(await ended).toBeUndefined();
    expect(await lines(response, 'hello')).toBe('to far.example:70: hello');
  });

  it('CONNECT that is declined: the response has content', async () => {
    const { server, url } = await httpServer(echo);
    server.on('connect', (_: IncomingMessage, socket: NodeJS.ReadWriteStream) => {
      socket.end('HTTP/1.1 407 Who are you\r\ncontent-length: 3\r\n\r\nwho');
    });
    const { connection } = await connected<H1ClientConnection>(url);
    expect(await told(connection.request({ url: 'http://far.example:70', method: 'CONNECT' }))).toEqual([407, 'who']);
  });
});

describe('leaving node:http', () => {
  it('before the response has come: the server sees the connection end', async () => {
    const { url, sockets } = await httpServer(() => undefined);
    const subscription = clientOf().get(url).subscribe();
    await becomes(() => sockets.length === 1);
    const closed = closing(sockets[0]!);
    subscription.unsubscribe();
    await closed;
  });

  it('within the body: the server sees the connection end, and the next request gets its response on another', async () => {
    const { url, sockets } = await httpServer((request, response) => {
      if (request.url === '/endless') response.write('x');
      else response.end('well');
    });
    const http = clientOf();
    const response = await firstValueFrom(http.get(`${url}/endless`));
    const closed = closing(sockets[0]!);
    await firstValueFrom(response.body);
    await closed;
    expect(await told(http.get(url))).toEqual([200, 'well']);
  });

  it('a request that nobody subscribes to is not sent', async () => {
    const { url, sockets } = await httpServer(echo);
    const http = clientOf();
    http.get(url);
    await told(http.get(url));
    expect(sockets.length).toBe(1);
  });

  it('an upload whose content fails: the server sees it truncated, the program hears its own error', async () => {
    const { url } = await httpServer((request) => {
      void buffer(request).catch(() => (broke = true));
    });
    let broke = false;
    const content = new Subject<string>();
    const failure = failureOf(clientOf().post(url, content));
    content.next('some');
    await new Promise((done) => setTimeout(done, 50));
    content.error(new Error('out of content'));
    expect(await failure).toMatchObject({ code: 'exception', message: 'out of content' });
    await becomes(() => broke);
  });
});
