// The client, and HTTP/2 servers that reset, go away, restart, or break off: every request ends, in one value or one typed error.
import { constants, type ServerHttp2Stream } from 'node:http2';
import type { H2ClientConnection } from 'rxpaf';
import { firstValueFrom } from 'rxjs';
import { becomes, clientOf, connected, failureOf, told } from '../kits/peers/peer.js';
import { http2SecureServer, http2Server, httpServer } from '../kits/peers/node-server.js';
import { selfSigned } from '../kits/certificate.js';

const PRIOR = { protocols: ['h2'] } as const;

describe('resets of node:http2 (RFC 9113 section 6.4)', () => {
  it.each([
    ['NGHTTP2_REFUSED_STREAM', 'refused', 'REFUSED_STREAM', true],
    ['NGHTTP2_INTERNAL_ERROR', 'protocol-error', 'INTERNAL_ERROR', false],
    ['NGHTTP2_CANCEL', 'protocol-error', 'CANCEL', false],
    ['NGHTTP2_ENHANCE_YOUR_CALM', 'protocol-error', 'ENHANCE_YOUR_CALM', false],
    ['NGHTTP2_HTTP_1_1_REQUIRED', 'protocol-error', 'HTTP_1_1_REQUIRED', true],
  ] as const)('%s before the response', async (name, code, reason, retryable) => {
    const { url } = await http2Server((stream) => stream.close(constants[name]));
    expect(await failureOf(clientOf(PRIOR).get(url))).toMatchObject({ code, reason, retryable });
  });

  it('a refused request is sent again, whatever its method', async () => {
    let count = 0;
    const { url } = await http2Server((stream) => {
      if (++count < 3) stream.close(constants.NGHTTP2_REFUSED_STREAM);
      else stream.pipe(stream);
    });
    expect(await told(clientOf({ ...PRIOR, retry: { base: 1 } }).post(url, 'content'))).toEqual([200, 'content']);
    expect(count).toBe(3);
  });

  it('within the body: an error to its reader, and nobody else', async () => {
    const { url } = await http2Server((stream, headers) => {
      if (headers[':path'] === '/well') return void stream.end('well');
      stream.respond({ ':status': 200 });
      stream.write('some');
      setTimeout(() => stream.destroy(new Error('broken')), 20);
    });
    const http = clientOf(PRIOR);
    const response = await firstValueFrom(http.get(url));
    const failure = await failureOf(response.body.text());
    expect([failure.code, failure.reason]).toEqual(['protocol-error', 'INTERNAL_ERROR']);
    expect(await told(http.get(`${url}/well`))).toEqual([200, 'well']);
  });

  it('content that is not of its length (section 8.1.1)', async () => {
    const { url } = await http2Server((stream) => {
      stream.respond({ ':status': 200, 'content-length': 10 });
      stream.end('short');
    });
    const response = await firstValueFrom(clientOf(PRIOR).get(url));
    expect((await failureOf(response.body.text())).code).toBe('truncated');
  });
});

describe('GOAWAY of node:http2 (section 6.8)', () => {
  const slowly = (stream: ServerHttp2Stream): void => {
    stream.respond({ ':status': 200 });
    stream.write('some ');
    setTimeout(() => stream.destroyed || stream.end('more'), 30);
  };

  it('requests under way get their responses, and the connection ends well', async () => {
    const begun: ServerHttp2Stream[] = [];
    const { url, sessions } = await http2Server((stream) => {
      stream.respond({ ':status': 200 });
      stream.write('some ');
      begun.push(stream);
    });
    const { connection, ended } = await connected<H2ClientConnection>(url, { alpn: 'h2' });
    const answers = Array.from({ length: 10 }, () => told(connection.request({ url })));
    await becomes(() => connection.exchangesOpen === 10 && begun.length === 10);
    sessions[0]!.close();
    await becomes(() => connection.capacity === 0);
    expect(await failureOf(connection.request({ url }))).toMatchObject({ code: 'closed', retryable: true });
    for (const stream of begun) stream.end('more');
    expect(await Promise.all(answers)).toEqual(answers.map(() => [200, 'some more']));
    expect(await ended).toBeUndefined();
  });

  it('above its last stream nothing was done: those requests are sent again, on another connection', async () => {
    const { url, sessions } = await http2Server((stream) => {
      if (sessions.length > 1) return void stream.pipe(stream);
      if (stream.id === 1) {
        stream.session!.goaway(constants.NGHTTP2_NO_ERROR, 1);
        slowly(stream);
      }
    });
    const http = clientOf({ ...PRIOR, retry: { base: 1 } });
    const answers = await Promise.all(['1', '2', '3', '4'].map((content) => told(http.post(url, content))));
    expect(answers).toEqual([
      [200, 'some more'],
      [200, '2'],
      [200, '3'],
      [200, '4'],
    ]);
    expect(sessions.length).toBe(2);
  });

  it('again and again, under load: every request gets its response', async () => {
    let answered = 0;
    const { url, sessions } = await http2Server((stream) => {
      stream.pipe(stream);
      if (++answered % 50 === 0) stream.session!.close();
    });
    const http = clientOf({ ...PRIOR, retry: { attempts: 10, base: 1 } });
    const contents = Array.from({ length: 500 }, (_, index) => `${index}`);
    const answers = await Promise.all(contents.map((content) => told(http.post(url, content))));
    expect(answers).toEqual(contents.map((content) => [200, content]));
    expect(sessions.length).toBeGreaterThan(1);
  });

  it('with an error: it is what the requests end with', async () => {
    const { url } = await http2Server((stream) =>
      stream.session!.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM),
    );
    const failure = await failureOf(clientOf(PRIOR).get(url));
    expect(['protocol-error', 'closed', 'connection-reset', 'refused']).toContain(failure.code);
  });
});

describe('a connection that breaks', () => {
  it('ends all that is on it, each in one typed error', async () => {
    let begun = 0;
    const { url, sockets } = await http2Server(() => begun++);
    const http = clientOf(PRIOR);
    const failures = Promise.all(Array.from({ length: 10 }, () => failureOf(http.get(url))));
    await becomes(() => begun === 10);
    sockets[0]!.resetAndDestroy();
    for (const failure of await failures) {
      expect(['connection-reset', 'closed']).toContain(failure.code);
      expect(failure.retryable).toBe(false);
    }
  });

  it('within bodies: they are truncated', async () => {
    const { url, sockets } = await http2Server((stream) => {
      stream.respond({ ':status': 200 });
      stream.write('some');
    });
    const response = await firstValueFrom(clientOf(PRIOR).get(url));
    setTimeout(() => sockets[0]!.end(), 20);
    const failure = await failureOf(response.body.text());
    expect(['truncated', 'closed', 'connection-reset']).toContain(failure.code);
  });

  it('again and again under load: idempotent requests get their responses all the same', async () => {
    let count = 0;
    const { url, sockets } = await httpServer((request, response) => {
      if (++count % 40 === 0) request.socket.destroy();
      else response.end('x');
    });
    const http = clientOf({ connections: 8, retry: { attempts: 20, base: 1, limit: 5 } });
    const answers = await Promise.all(Array.from({ length: 500 }, () => told(http.get(url))));
    expect(answers).toEqual(answers.map(() => [200, 'x']));
    expect(sockets.length).toBeGreaterThan(8);
  });

  it('an invalid preface: the server speaks HTTP/1.1', async () => {
    const { url } = await httpServer((_, response) => response.end('x'));
    const failure = await failureOf(clientOf(PRIOR).get(url));
    expect(['protocol-error', 'malformed-response', 'closed']).toContain(failure.code);
  });
});

describe('ALPN (RFC 7301) and node:http2 with allowHTTP1', () => {
  it.each([
    [['h2', 'http/1.1'], 'h2', '2.0'],
    [['http/1.1', 'h2'], 'h2', '2.0'],
    [['http/1.1'], 'http/1.1', '1.1'],
    [['h2'], 'h2', '2.0'],
  ] as const)('%j is offered: %s', async (protocols, chosen, version) => {
    const { url } = await http2SecureServer({ ...(await selfSigned()), allowHTTP1: true }, (request, response) => {
      response.end(request.httpVersion);
    });
    const http = clientOf({ protocols });
    const response = await firstValueFrom(http.get(url));
    expect([response.protocol, await firstValueFrom(response.body.text())]).toEqual([chosen, version]);
    expect(await told(http.get(url))).toEqual([200, version]);
  });
});
