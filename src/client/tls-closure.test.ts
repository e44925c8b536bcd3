/**
 * RFC 9112 section 9.8: over TLS, "a response that has neither chunked transfer coding nor Content-Length is complete only if a
 * valid closure alert has been received". Node does not say whether one has: a bare FIN and a close_notify are the same `end` to
 * it. So here is what a client cannot know (should the first test fail, it can: docs/security.md says that it cannot), and what it does.
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { catchError, firstValueFrom, map, of } from 'rxjs';
import { ClientError } from '../errors.js';
import { certificate } from '../../test/kits/units/node-sockets.js';
import { client } from './client.js';

const servers: Server[] = [];
const sockets = new Set<Socket>();

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

function kept<S extends Socket>(socket: S): S {
  sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)));
  return socket;
}

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/**
 * A TLS server that responds with `answer`, through a relay. With `closes`, TLS ends as it should; otherwise the relay cuts the wire
 * before, or `spoils` it.
 */
async function answering(answer: string, closes: boolean, spoils: boolean): Promise<number> {
  const cuts: (() => unknown)[] = [];
  const server = createTlsServer(await certificate('localhost'), (socket) => {
    kept(socket).once('data', () => {
      if (closes) socket.end(answer);
      // After a turn of the loop in which the relay has read it.
      else socket.write(answer, () => setTimeout(() => setImmediate(() => cuts.forEach((cut) => cut())), 50));
    });
  });
  const port = await listening(server);
  const relay = createServer({ allowHalfOpen: true }, (near) => {
    const far = kept(connect(port, '127.0.0.1'));
    kept(near).pipe(far);
    far.on('data', (chunk) => near.write(chunk)).on('end', () => near.end());
    cuts.push(() => (spoils ? near.write(Buffer.alloc(64, 0xff)) : near.end()));
  });
  return listening(relay);
}

async function told(answer: string, closes: boolean, spoils = false): Promise<string> {
  const port = await answering(answer, closes, spoils);
  const http = client({ baseUrl: `https://127.0.0.1:${port}/`, tls: { rejectUnauthorized: false }, retry: false });
  const content = http.text('/').pipe(
    map((text) => `whole: ${text}`),
    catchError((error: unknown) => of(error instanceof ClientError ? error.code : String(error))),
  );
  return firstValueFrom(content).finally(() => http.close());
}

describe('RFC 9112 section 9.8: the end of a TLS connection', () => {
  it('without a closure alert is, to Node, one with: content that only the end delimits passes for whole', async () => {
    const answer = 'HTTP/1.1 200 OK\r\n\r\nhalf';
    expect([await told(answer, true), await told(answer, false)]).toEqual(['whole: half', 'whole: half']);
  });

  it.each([
    ['Content-Length', 'HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nhalf'],
    ['chunked', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ])('truncates what %s delimits, either way', async (_, answer) => {
    expect([await told(answer, true), await told(answer, false)]).toEqual(['truncated', 'truncated']);
  });
});

describe('bytes that are not a record of TLS, after the handshake', () => {
  it.each([
    ['the end', 'HTTP/1.1 200 OK\r\n\r\nhalf'],
    ['Content-Length', 'HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nhalf'],
  ])('ends a response that %s delimits, at once: connection-reset', async (_, answer) => {
    expect(await told(answer, false, true)).toBe('connection-reset');
  });
});
