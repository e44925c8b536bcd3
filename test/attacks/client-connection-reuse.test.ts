/**
 * Servers that respond to a request that nobody made: responses after responses and before requests, redirects that lead nowhere, waits
 * without end, and invalid TLS.
 */
import type { Socket } from 'node:net';
import { firstValueFrom, toArray } from 'rxjs';
import {
  asked,
  type Behaviour,
  codeOf,
  hostileServer,
  hostileTlsServer,
  HURRIED,
  outcome,
  outcomeOf,
  SOON,
  suffers,
} from '../kits/attacks/hostile-server.js';
import { becomes, connected, told, turns } from '../kits/peers/peer.js';

const ok = (content: string): string => `HTTP/1.1 200 OK\r\nContent-Length: ${content.length}\r\n\r\n${content}`;
const redirect = (location: string, more = 'Content-Length: 0\r\n\r\n'): string =>
  `HTTP/1.1 302 Found\r\nLocation: ${location}\r\n${more}`;

describe('RFC 9112 section 9.2: responses without a request', () => {
  it.each([
    ['an answer', ok('evil')],
    ['half an answer', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nevil'],
    ['the beginning of an answer', 'HTTP/1.1 2'],
    ['a final answer behind an interim one', `HTTP/1.1 103 x\r\n\r\n${ok('evil')}`],
    ['empty lines', '\r\n\r\n'],
    ['a byte', '\0'],
  ])('%s after a response is given to nobody', async (_, behind) => {
    let count = 0;
    const server = await hostileServer(asked((socket) => socket.write(ok(`good ${++count}`) + behind)));
    await suffers({}, async (http) => {
      expect(await told(http.get(server.url))).toEqual([200, 'good 1']);
      expect(await told(http.get(server.url))).toEqual([200, 'good 2']);
    });
    expect(server.sockets).toHaveLength(2);
  });

  it('a response that comes while the connection is idle is given to nobody', async () => {
    const server = await hostileServer(asked((socket) => socket.write(ok('good'))));
    await suffers({}, async (http) => {
      expect(await told(http.get(server.url))).toEqual([200, 'good']);
      server.sockets[0]!.write(ok('evil'));
      await becomes(() => server.sockets[0]!.destroyed);
      expect(await told(http.get(server.url))).toEqual([200, 'good']);
    });
  });

  it('a response before the request breaks the connection', async () => {
    const server = await hostileServer((socket) => socket.write(ok('evil')));
    const { ended } = await connected(server.url);
    expect(codeOf(await ended)).toBe('malformed-response');
  });

  it('of three responses to two pipelined requests, the last is ignored', async () => {
    let requests = 0;
    const server = await hostileServer(
      asked((socket) => ++requests === 2 && socket.write(ok('1') + ok('2') + ok('evil'))),
    );
    const asking = suffers({ pipelining: 2, connections: 1 }, (http) =>
      Promise.all([outcomeOf(http.get(server.url)), outcomeOf(http.get(server.url))]),
    );
    expect(await asking).toEqual(['200 "1"', '200 "2"']);
  });

  it('a response to the first of two pipelined requests, then garbage, fails the second alone', async () => {
    let requests = 0;
    const server = await hostileServer(
      asked((socket) => ++requests === 2 && socket.write(`${ok('1')}garbage\r\n\r\n`)),
    );
    const asking = suffers({ pipelining: 2, connections: 1 }, (http) =>
      Promise.all([outcomeOf(http.get(server.url)), outcomeOf(http.get(server.url))]),
    );
    expect(await asking).toEqual(['200 "1"', 'malformed-response']);
  });

  it('a response to HEAD has no content, whatever its length: the bytes after it are garbage', async () => {
    const server = await hostileServer(asked((socket) => socket.write(ok('evil'))));
    await suffers({}, async (http) => {
      expect(await outcomeOf(http.head(server.url))).toBe('200 ""');
      await becomes(() => server.sockets.every(({ destroyed }) => destroyed));
    });
  });

  it('101 to a request that asked for it hands over no more than its own bytes', async () => {
    const switched = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nbehind';
    const server = await hostileServer(asked((socket) => socket.end(switched)));
    await suffers({}, async (http) => {
      const { status, flow } = await firstValueFrom(http.get(server.url, { headers: { upgrade: 'x' } }));
      const came = await firstValueFrom(flow!.pipe(toArray()));
      expect([status, Buffer.concat(came).toString()]).toEqual([101, 'behind']);
      flow!.error();
    });
  });
});

describe('RFC 9110 section 15.4: redirects', () => {
  it.each([
    ['javascript:alert(1)', 'invalid-redirect'],
    ['file:///etc/passwd', 'invalid-redirect'],
    ['data:text/plain,evil', 'invalid-redirect'],
    ['ftp://127.0.0.1/', 'invalid-redirect'],
    ['unix:/var/run/docker.sock', 'invalid-redirect'],
    ['http://', 'invalid-redirect'],
    ['http://user:secret@127.0.0.1/', 'invalid-redirect'],
    ['http://127.0.0.1:99999/', 'invalid-redirect'],
    ['http://[::1', 'invalid-redirect'],
    ['http://a b/', 'invalid-redirect'],
    ['http://127.0.0.1:1/', 'connect-failed'],
    ['/', 'too-many-redirects'],
    ['', 'too-many-redirects'],
    ['?', 'too-many-redirects'],
    ['//', 'invalid-redirect'],
    ['\\\\', 'invalid-redirect'],
    ['a\\b', 'too-many-redirects'],
  ])('to %j', async (location, expected) => {
    const server = await hostileServer(asked((socket) => socket.write(redirect(location))));
    expect(await outcome(server)).toBe(expected);
  });

  it('to a place with a very long name', async () => {
    const server = await hostileServer(asked((socket) => socket.write(redirect(`/${'a'.repeat(15_000)}`))));
    expect(await outcome(server)).toBe('too-many-redirects');
  });

  it('to several places lead nowhere', async () => {
    const server = await hostileServer(asked((socket) => socket.write(redirect('/a', 'Location: /b\r\n\r\n'))));
    expect(await outcome(server, { limits: HURRIED })).toBe('invalid-redirect');
  });

  it('cannot bring lines of their own into the next request', async () => {
    const heads: string[] = [];
    const server = await hostileServer(
      asked((socket, head) => {
        heads.push(head);
        socket.write(heads.length === 1 ? redirect('/\tX:\t1\xa0\xff%0d%0aEvil: 1') : ok('done'), 'latin1');
      }),
    );
    expect(await outcome(server)).toBe('200 "done"');
    expect(heads[1]!.split('\r\n')[0]).toBe('GET /X:1%A0%FF%0d%0aEvil:%201 HTTP/1.1');
  });

  it('around two origins end at their limit', async () => {
    const servers = await Promise.all(
      [1, 0].map((other) =>
        hostileServer(asked((socket) => socket.write(redirect(`http://127.0.0.1:${servers[other]!.port}/`)))),
      ),
    );
    expect(await outcome(servers[0]!, { redirects: 20 })).toBe('too-many-redirects');
  });

  it.each(['Content-Length: 1000000000000\r\n\r\n', 'Transfer-Encoding: chunked\r\n\r\n', '\r\n'])(
    'with content without end (%j) are followed at once',
    async (framing) => {
      const server = await hostileServer(
        asked((socket, head) => {
          if (head.startsWith('GET /next')) return socket.write(ok('next'));
          socket.write(redirect('/next', framing));
          return trickle(socket, framing.startsWith('T') ? '4\r\nevil\r\n' : 'evil');
        }),
      );
      expect(await outcome(server, { limits: HURRIED })).toBe('200 "next"');
    },
  );
});

describe('RFC 9110 section 10.2.3: Retry-After', () => {
  it.each(['1000000000', '99999999999999999999999999', 'Fri, 31 Dec 9999 23:59:59 GMT'])(
    'of %s is not waited for: the response is given',
    async (wait) => {
      const busy = `HTTP/1.1 503 Busy\r\nRetry-After: ${wait}\r\nContent-Length: 4\r\n\r\nbusy`;
      const server = await hostileServer(asked((socket) => socket.write(busy)));
      expect(await outcome(server, { retry: {} })).toBe('503 "busy"');
    },
  );

  it.each(['-1', '1e9', 'soon', '', 'Thu, 01 Jan 1970 00:00:00 GMT', '0'])(
    'of %j does not cause endless retries',
    async (wait) => {
      let requests = 0;
      const server = await hostileServer(
        asked((socket) => {
          requests++;
          socket.write(`HTTP/1.1 429 Slow\r\nRetry-After: ${wait}\r\nContent-Length: 0\r\n\r\n`);
        }),
      );
      expect(await outcome(server, { retry: { attempts: 3, base: 1, limit: 10 } })).toBe('429 ""');
      expect(requests).toBe(4);
    },
  );

  it('in between can be left', async () => {
    let requests = 0;
    const server = await hostileServer(
      asked((socket) => {
        requests++;
        socket.write('HTTP/1.1 503 Busy\r\nRetry-After: 20\r\nContent-Length: 0\r\n\r\n');
      }),
    );
    await suffers({ retry: { limit: 30_000 } }, async (http) => {
      const waiting = http.get(server.url).subscribe();
      await becomes(() => http['awaitingRetry'].size === 1);
      waiting.unsubscribe();
    });
    expect(requests).toBe(1);
  });
});

describe('TLS', () => {
  /** A record of the handshake type, with a ServerHello that never ends. */
  const helloBegun = Buffer.from([22, 3, 3, 0x40, 0, 2, 0, 0x3f, 0xfc]);
  const alert = Buffer.from([21, 3, 3, 0, 2, 2, 40]);

  it.each<[string, Behaviour, string]>([
    ['never answers', () => undefined, 'handshake-timeout'],
    ['stalls in its hello', (socket) => socket.write(helloBegun), 'handshake-timeout'],
    ['stalls by the byte', (socket) => trickle(socket, '\x16'), 'handshake-failed'],
    ['closes at once', (socket) => socket.end(), 'handshake-failed'],
    ['closes in its hello', (socket) => socket.end(helloBegun), 'handshake-failed'],
    ['resets', (socket) => socket.once('data', () => socket.resetAndDestroy()), 'handshake-failed'],
    ['sends an alert', (socket) => socket.end(alert), 'handshake-failed'],
    ['speaks HTTP', (socket) => socket.write(ok('plain')), 'handshake-failed'],
    ['speaks garbage without end', (socket) => trickle(socket, '\xff'.repeat(1000)), 'handshake-failed'],
  ])('that %s is reported by its code', async (_, behaviour, expected) => {
    const { port } = await hostileServer(behaviour);
    expect(await outcome({ url: `https://127.0.0.1:${port}` }, { limits: HURRIED })).toBe(expected);
  });

  it('that stalls can be left', async () => {
    const { port, sockets } = await hostileServer(() => undefined);
    await suffers({}, async (http) => {
      const waiting = http.get(`https://127.0.0.1:${port}`).subscribe();
      await becomes(() => sockets.length === 1);
      await turns();
      waiting.unsubscribe();
      await becomes(() => sockets[0]!.destroyed);
    });
  });

  it('RFC 7301: an id that was not offered is refused', async () => {
    const server = await hostileTlsServer(() => undefined, { ALPNCallback: () => 'http/1.1' });
    expect(await outcome(server, { protocols: ['h2'], limits: HURRIED })).toMatch(
      /^(handshake-failed|protocol-mismatch)$/,
    );
  });

  it('a certificate that nobody vouches for is refused', async () => {
    const server = await hostileTlsServer(asked((socket) => socket.write(ok('evil'))));
    expect(await outcome(server, { tls: {} })).toBe('handshake-failed');
  });

  it.each<[string, string, string]>([
    ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncontent', '200 "content" truncated'],
    ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\ncontent\r\n', '200 "content" truncated'],
    // Up to the close it would be, too, but Node does not distinguish an end without close_notify.
  ])('RFC 9112 section 9.8: content %s that ends without close_notify is incomplete', async (_, said, expected) => {
    const server = await hostileTlsServer(asked((socket) => void socket.write(said, () => cut(socket))));
    expect(await outcome(server)).toBe(expected);
  });
});

/** The TCP below. */
function rawOf(socket: Socket): Socket {
  return (socket as unknown as { readonly _parent: Socket })._parent;
}

/** FIN without close_notify. */
function cut(socket: Socket): void {
  rawOf(socket).end();
}

/** Says `text` every few ms, as long as the connection lasts. */
function trickle(socket: Socket, text: string): void {
  const timer = setInterval(() => socket.write(text, 'latin1'), SOON / 20);
  socket.once('close', () => clearInterval(timer));
}
