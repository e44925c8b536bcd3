// `run`, the seed's client: one flow, one request, by the protocol that ALPN chose; over sockets, to the servers of Node.
import {
  type ClientResponse,
  type ConnectOptions,
  Context,
  HOST,
  PORT,
  resolve,
  run,
  SCHEME,
  TLS_OPTIONS,
} from 'rxpaf';
import { firstValueFrom, mergeMap, type Observable } from 'rxjs';
import { selfSigned } from '../kits/certificate.js';
import { closing, http2SecureServer, http2Server, httpServer, httpsServer } from '../kits/peers/node-server.js';
import { becomes, failureOf, told } from '../kits/peers/peer.js';

/** Connects, and asks for '/'. */
function asked(url: string, options: ConnectOptions = {}): Observable<ClientResponse> {
  const { protocol, hostname, port } = new URL(url);
  const scheme = protocol === 'https:' ? 'https' : 'http';
  const context = Context.EMPTY.add(SCHEME, scheme).add(HOST, hostname).add(PORT, Number(port));
  const secure = context.add(TLS_OPTIONS, { rejectUnauthorized: false });
  return resolve(scheme === 'https' ? secure : context).pipe(
    mergeMap((flow) => run(flow, { url: `${url}/` }, { scheme, ...options })),
  );
}

describe('run', () => {
  it.each(['http/1.1', 'h2'])('%s, as configured: the response, and then the end of the connection', async (alpn) => {
    const h1 = await httpServer((_, response) => response.end('hello'));
    const h2 = await http2Server((stream) => stream.end('hello'));
    const { url, sockets } = alpn === 'h2' ? h2 : h1;
    expect(await told(asked(url, { alpn }))).toEqual([200, 'hello']);
    await becomes(() => sockets[0]!.destroyed);
  });

  it('uses the protocol that TLS chose', async () => {
    const certificate = await selfSigned();
    const h2 = await http2SecureServer(certificate, (_, response) => response.end('hello'));
    const h1 = await httpsServer(certificate, (_, response) => response.end('hello'));
    for (const [url, protocol] of [[h2.url, 'h2'] as const, [h1.url, 'http/1.1'] as const]) {
      const response = await firstValueFrom(asked(url));
      expect([response.protocol, await firstValueFrom(response.body.text())]).toEqual([protocol, 'hello']);
    }
  });

  it('a protocol that will not do: `protocol-mismatch`, and the connection ends', async () => {
    const { url, sockets } = await httpServer((_, response) => response.end('hello'));
    expect((await failureOf(asked(url, { alpn: 'http/1.1', protocols: ['h2'] }))).code).toBe('protocol-mismatch');
    expect((await failureOf(asked(url, { alpn: 'spdy/3' }))).code).toBe('unknown-protocol');
    await becomes(() => sockets.length === 2 && sockets.every(({ destroyed }) => destroyed));
  });

  it('the next request goes over the response’s connection, while there is one under way', async () => {
    const { url, sockets } = await http2Server((stream, headers) => stream.end(`hello ${headers[':path']}`));
    const { connection } = await firstValueFrom(asked(url, { alpn: 'h2' }));
    const next = asked(url, { alpn: 'h2' }).pipe(
      mergeMap((response) => response.connection.request({ url: `${url}/second` })),
    );
    expect(await told(next)).toEqual([200, 'hello /second']);
    await becomes(() => sockets.length === 2 && sockets.every(({ destroyed }) => destroyed));
    expect((await failureOf(connection.request({ url: `${url}/third` }))).code).toBe('closed');
  });

  it.each(['http/1.1', 'h2'])('%s: unsubscribing before the response ends the connection', async (alpn) => {
    const silent = alpn === 'h2' ? await http2Server(() => undefined) : await httpServer(() => undefined);
    const subscription = asked(silent.url, { alpn }).subscribe();
    await becomes(() => silent.sockets.length === 1);
    const closed = closing(silent.sockets[0]!);
    subscription.unsubscribe();
    await closed;
  });
});
