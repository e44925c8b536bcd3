// The client, asked to get along with node:http2.
import { once } from 'node:events';
import { constants, createSecureServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { type ClientResponse, fromPull, type H2ClientConnection, type ServerPush } from 'rxpaf';
import { firstValueFrom, forkJoin, type Observable, Subject, toArray } from 'rxjs';
import { becomes, clientOf, connected, failureOf, sha, sleep, told, whole } from '../kits/peers/peer.js';
import { http2Server } from '../kits/peers/node-server.js';
import { certificate } from '../kits/units/node-sockets.js';

const large = Buffer.alloc(3_000_000, 'content that is large ');
const PRIOR = { protocols: ['h2'] } as const;

const echo = (stream: ServerHttp2Stream): void => {
  stream.respond({ ':status': 200 });
  stream.pipe(stream);
};

const speak = (url: string): Promise<{ connection: H2ClientConnection; ended: Promise<unknown> }> =>
  connected<H2ClientConnection>(url, { alpn: 'h2' });

describe('a request to node:http2, as it arrives', () => {
  it('has the pseudo-header fields, and the fields', async () => {
    const { url } = await http2Server((stream, headers) => stream.end(JSON.stringify(headers)));
    const headers = { 'x-one': '1', cookie: 'a=b; c=d', host: 'other.example' };
    const [, content] = await told(clientOf({ ...PRIOR, decompress: false }).get(`${url}/path?q#f`, { headers }));
    expect(JSON.parse(content)).toEqual({
      ':method': 'GET',
      ':scheme': 'http',
      // What the program says in Host (RFC 9113 section 8.3.1).
      ':authority': 'other.example',
      ':path': '/path?q',
      'x-one': '1',
      cookie: 'a=b; c=d',
    });
  });

  it.each(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PURGE'])('%s', async (method) => {
    const { url } = await http2Server((stream, headers) => {
      stream.respond({ ':status': 200, 'x-method': headers[':method'] }, { endStream: method === 'HEAD' });
      if (method !== 'HEAD') stream.end('x');
    });
    const [response, content] = await whole(clientOf(PRIOR).request(url, { method }));
    expect([response.headers.get('x-method'), content.length]).toEqual([method, method === 'HEAD' ? 0 : 1]);
    expect(response.protocol).toBe('h2');
  });

  it('asks for its priority (RFC 9218)', async () => {
    const { url } = await http2Server((stream, headers) => stream.end(headers['priority']));
    expect((await told(clientOf(PRIOR).get(url, { priority: { urgency: 1, incremental: true } })))[1]).toBe('u=1, i');
  });
});

describe('content and node:http2', () => {
  it.each([
    ['text', () => large.toString()],
    ['bytes', () => large],
    ['an iterable of one large piece', () => [large]],
    ['an iterable', () => Array.from({ length: 30 }, (_, index) => large.subarray(index * 1e5, (index + 1) * 1e5))],
  ])('%s goes there and comes back', async (_, content) => {
    const { url } = await http2Server(echo);
    const [, echoed] = await whole(clientOf(PRIOR).post(url, content));
    expect(sha(echoed)).toBe(sha(large));
  });

  it('of many exchanges at once, over one connection, with small windows', async () => {
    const { url, sessions } = await http2Server(echo, { settings: { initialWindowSize: 1000, maxFrameSize: 16_384 } });
    const http = clientOf(PRIOR);
    const some = large.subarray(0, 200_000);
    const all = await Promise.all(Array.from({ length: 20 }, () => whole(http.post(url, fromPull([some])))));
    expect(new Set(all.map(([, echoed]) => sha(echoed)))).toEqual(new Set([sha(some)]));
    expect(sessions.length).toBe(1);
  });

  it('goes on where the server changes its windows in the middle', async () => {
    const { url, sessions } = await http2Server(echo);
    const http = clientOf(PRIOR);
    const answers = Array.from({ length: 5 }, () => whole(http.post(url, fromPull([large]))));
    await becomes(() => sessions.length === 1);
    for (const initialWindowSize of [0, 100_000, 1, 300_000]) {
      await new Promise<void>((done) => sessions[0]!.settings({ initialWindowSize }, () => done()));
    }
    for (const [, echoed] of await Promise.all(answers)) expect(sha(echoed)).toBe(sha(large));
  });

  it('that nobody reads stalls no other exchange', async () => {
    const { url } = await http2Server((stream, headers) => stream.end(headers[':path'] === '/large' ? large : 'small'));
    const http = clientOf(PRIOR);
    const unread = await firstValueFrom(forkJoin([1, 2].map(() => http.get(`${url}/large`))));
    for (let count = 0; count < 50; count++) expect(await told(http.get(url))).toEqual([200, 'small']);
    for (const { body } of unread) expect(sha(await firstValueFrom(body.bytes()))).toBe(sha(large));
  });

  it('gets its response before it is read: the response is whole, and the rest is not sent', async () => {
    const { url, sessions } = await http2Server((stream) => {
      stream.respond({ ':status': 413 });
      stream.end('too much');
      stream.close(constants.NGHTTP2_NO_ERROR);
    });
    const http = clientOf(PRIOR);
    for (const size of [1_000, 100_000, 3_000_000]) {
      expect(await told(http.post(url, fromPull([large.subarray(0, size)])))).toEqual([413, 'too much']);
    }
    expect(sessions.length).toBe(1);
  });
});

describe('what node:http2 says besides', () => {
  it('trailers, both ways (RFC 9113 section 8.1)', async () => {
    const { url } = await http2Server((stream) => {
      let sum = '';
      stream.on('trailers', (trailers) => (sum = String(trailers['x-sum'])));
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': `${sum} and back` }));
      stream.pipe(stream);
    });
    const [response] = await whole(clientOf(PRIOR).post(url, fromPull([large]), { trailers: [{ 'x-sum': '42' }] }));
    expect((await firstValueFrom(response.trailers)).get('x-sum')).toBe('42 and back');
  });

  it('100 (Continue), 103, and then the response', async () => {
    const { url, server } = await http2Server(() => undefined);
    server.removeAllListeners('stream');
    server.on('checkContinue', (request, response) => {
      response.writeContinue();
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      request.pipe(response);
    });
    server.on('stream', (stream, headers) => {
      if (headers.expect !== '100-continue') return void stream.end();
      stream.additionalHeaders({ ':status': 100 });
      stream.additionalHeaders({ ':status': 103, link: '</style.css>; rel=preload' });
      echo(stream);
    });
    const init = { interim: true, headers: { expect: '100-continue' } };
    const all = await firstValueFrom(clientOf(PRIOR).post(url, 'hello', init).pipe(toArray()));
    expect(all.map(({ status }) => status)).toEqual([100, 103, 200]);
    expect(all[1]!.headers.get('link')).toBe('</style.css>; rel=preload');
    expect(await firstValueFrom(all[2]!.body.text())).toBe('hello');
  });

  it('PING, both ways (RFC 9113 section 6.7)', async () => {
    const { url, sessions } = await http2Server((stream) => stream.end('x'));
    const { connection } = await speak(url);
    expect(await firstValueFrom(connection.ping())).toBeGreaterThanOrEqual(0);
    await new Promise<void>((done, failed) => sessions[0]!.ping((error) => (error === null ? done() : failed(error))));
  });

  it('SETTINGS_MAX_CONCURRENT_STREAMS: requests beyond it wait, and get their responses', async () => {
    let most = 0;
    let now = 0;
    const { url } = await http2Server(
      (stream) => {
        most = Math.max(most, ++now);
        stream.once('close', () => now--);
        setTimeout(() => stream.end('x'), 5);
      },
      { settings: { maxConcurrentStreams: 3 } },
    );
    const { connection } = await speak(url);
    await becomes(() => connection.capacity === 3);
    await Promise.all(Array.from({ length: 30 }, () => told(connection.request({ url }))));
    expect(most).toBe(3);
  });
});

describe('pushes of node:http2 (RFC 9113 section 8.4)', () => {
  const pushing = (stream: ServerHttp2Stream): void => {
    if (!stream.pushAllowed) return void stream.end('not allowed');
    stream.pushStream({ ':path': '/pushed' }, (error, push) => {
      if (error !== null) return;
      push.on('error', () => undefined);
      push.respond({ ':status': 200, 'x-pushed': 'yes' });
      push.end(large);
    });
    stream.end('pushed');
  };

  it('come while they are subscribed to, and only then', async () => {
    const { url } = await http2Server(pushing);
    const { connection } = await speak(url);
    await firstValueFrom(connection.ping());
    expect(await told(connection.request({ url }))).toEqual([200, 'not allowed']);
    const pushed: [ServerPush['request'], Observable<ClientResponse>][] = [];
    const contents: Promise<[ClientResponse, Uint8Array]>[] = [];
    const subscription = connection.pushes.subscribe(({ request, response }) => {
      pushed.push([request, response]);
      contents.push(whole(response));
    });
    await firstValueFrom(connection.ping());
    expect(await told(connection.request({ url }))).toEqual([200, 'pushed']);
    expect(pushed[0]![0]).toMatchObject({ method: 'GET', url: `${url}/pushed` });
    const [response, content] = await contents[0]!;
    expect([response.headers.get('x-pushed'), sha(content)]).toEqual(['yes', sha(large)]);
    subscription.unsubscribe();
    await firstValueFrom(connection.ping());
    expect(await told(connection.request({ url }))).toEqual([200, 'not allowed']);
  });

  it('that nobody takes are declined, and cost nothing', async () => {
    let declined = 0;
    const { url } = await http2Server((stream) => {
      stream.pushStream({ ':path': '/pushed' }, (error, push) => {
        if (error !== null) return;
        push.on('error', () => undefined).once('close', () => (declined += Number(push.rstCode === 8)));
        push.respond({ ':status': 200 });
        push.write('x');
      });
      stream.end('pushed');
    });
    const { connection } = await speak(url);
    connection.pushes.subscribe();
    await firstValueFrom(connection.ping());
    for (let count = 1; count <= 5; count++) {
      await told(connection.request({ url }));
      await becomes(() => declined === count);
    }
    expect(connection.exchangesOpen).toBe(0);
  });
});

describe('tunnels through node:http2', () => {
  it('extended CONNECT: once the server takes it (RFC 8441)', async () => {
    const { url } = await http2Server(
      (stream, headers) => {
        stream.respond({
          ':status': 200,
          'x-asked': `${headers[':method']} ${headers[':protocol']} ${headers[':path']}`,
        });
        stream.pipe(stream);
      },
      { settings: { enableConnectProtocol: true } },
    );
    const { connection } = await speak(url);
    const body = new Subject<Uint8Array>();
    const response = await firstValueFrom(
      connection.request({ url: `${url}/chat`, method: 'CONNECT', protocol: 'websocket', body }),
    );
    expect([connection.extendedConnect, response.headers.get('x-asked')]).toEqual([true, 'CONNECT websocket /chat']);
    const heard: string[] = [];
    response.body.subscribe((chunk) => heard.push(Buffer.from(chunk).toString()));
    body.next(Buffer.from('hello'));
    await becomes(() => heard.join('') === 'hello');
    body.complete();
    await firstValueFrom(response.trailers);
    await becomes(() => connection.exchangesOpen === 0);
  });

  it('extended CONNECT that the server does not take is not sent', async () => {
    const { url } = await http2Server((stream) => stream.end('x'));
    const http = clientOf(PRIOR);
    const init = { method: 'CONNECT', protocol: 'websocket' };
    expect((await failureOf(http.request(url, init))).code).toBe('protocol-mismatch');
    expect(await told(http.get(url))).toEqual([200, 'x']);
  });

  it('CONNECT: the stream is the tunnel (RFC 9113 section 8.5)', async () => {
    const { url, server } = await http2Server(() => undefined);
    server.removeAllListeners('stream');
    server.on('connect', () => undefined);
    server.on('stream', (stream, headers) => {
      stream.respond({ ':status': 200, 'x-to': headers[':authority'] });
      stream.pipe(stream);
    });
    const { connection } = await speak(url);
    const body = new Subject<Uint8Array>();
    const response = await firstValueFrom(
      connection.request({ url: 'http://far.example:70', method: 'CONNECT', body }),
    );
    expect(response.headers.get('x-to')).toBe('far.example:70');
    const content = firstValueFrom(response.body.text());
    body.next(Buffer.from('through '));
    await sleep(20);
    body.next(Buffer.from('the tunnel'));
    body.complete();
    expect(await content).toBe('through the tunnel');
  });
});

describe('a node:http2 server with allowHTTP1', () => {
  it('that ends streams with HTTP_1_1_REQUIRED gets every request over HTTP/1.1, content included', async () => {
    const pem = await certificate('localhost');
    const server = createSecureServer({ ...pem, allowHTTP1: true }, (request, response) => {
      if (request.httpVersion === '2.0') response.stream.close(constants.NGHTTP2_HTTP_1_1_REQUIRED);
      else request.pipe(response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `https://localhost:${(server.address() as AddressInfo).port}`;
    const http = clientOf({ tls: { ca: pem.cert } });
    try {
      const posts = ['a', 'b', 'c'].map((content) => told(http.post(url, content)));
      const echoed = (await Promise.all(posts)).map(([, content]) => content);
      expect(echoed).toEqual(['a', 'b', 'c']);
      expect((await firstValueFrom(http.post(url, 'd'))).protocol).toBe('http/1.1');
    } finally {
      http.close();
      server.close();
    }
  });
});
