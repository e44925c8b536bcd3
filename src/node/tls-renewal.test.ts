/** `listen` with an Observable of certificates: each new connection is shown the newest one that is of use. */
import { once } from 'node:events';
import { Subject } from 'rxjs';
import type { ConnectionOptions } from 'node:tls';
import { nodeInfo } from './node-info.js';
import type { ListenTlsOptions } from './tls-options.js';
import { dial, endAll, listens, opened } from '../../test/kits/units/listening.js';
import {
  authority,
  certificate,
  closed,
  type Listening,
  type Pem,
  secured,
  shownName,
  until,
} from '../../test/kits/units/node-sockets.js';

let pem: Pem;
beforeAll(async () => {
  pem = await certificate('localhost');
});

afterEach(endAll);

describe('tls as an Observable', () => {
  it('shows each new connection the newest certificate, SNI contexts too, and keeps the old connections', async () => {
    const certificates = new Subject<ListenTlsOptions>();
    const server = listens({ port: 0, tls: certificates });
    certificates.next({ ...pem, contexts: { 'a.test': await certificate('a.test 1') } });
    const port = await server.port;
    const old = await secured({ port });
    opened.push(old);
    await until(() => server.sockets.length === 1);
    certificates.next({ ...(await certificate('renewed')), contexts: { 'a.test': await certificate('a.test 2') } });
    const renewed = await secured({ port });
    const named = await secured({ port, servername: 'a.test' });
    opened.push(renewed, named);
    expect([shownName(old), shownName(renewed), shownName(named)]).toEqual(['localhost', 'renewed', 'a.test 2']);
    server.sockets[0]!.write('still here');
    expect(String((await once(old, 'data'))[0])).toBe('still here');
  });

  it('goes on with the certificate that it has when the new one cannot be used, and reports it', async () => {
    const certificates = new Subject<ListenTlsOptions>();
    const server = listens({ port: 0, tls: certificates });
    certificates.next(pem);
    const port = await server.port;
    certificates.next({ key: 'half', cert: 'written' });
    certificates.next({ ...(await certificate('not this one')), contexts: { 'a.test': { key: 'no', cert: 'no' } } });
    expect(server.failures.map(({ error }) => error.scope)).toEqual(['accept', 'accept']);
    expect(server.codes).toEqual(['tls-not-renewed', 'tls-not-renewed']);
    const socket = await secured({ port });
    opened.push(socket);
    expect(shownName(socket)).toBe('localhost');
  });

  /** A server that has begun with `first`, and is to be given more. */
  async function begun(first: ListenTlsOptions): Promise<{
    readonly source: Subject<ListenTlsOptions>;
    readonly server: Listening;
    readonly port: number;
  }> {
    const source = new Subject<ListenTlsOptions>();
    const server = listens({ port: 0, tls: source });
    source.next(first);
    return { source, server, port: await server.port };
  }

  /** What the next client gets: the protocol that ALPN chose, or the code of its failure on the server. */
  async function next(server: Listening, options: ConnectionOptions): Promise<string> {
    const [accepted, failed] = [server.sockets.length, server.failures.length];
    secured(options).then(
      (socket) => void opened.push(socket),
      () => undefined,
    );
    await until(() => server.sockets.length > accepted || server.failures.length > failed);
    const failure = server.failures[failed]?.error;
    if (failure !== undefined) return failure.message.replace('the TLS handshake failed: ', '');
    const socket = server.sockets[accepted]!;
    return `${nodeInfo.peer(socket).tls!.protocol} ${nodeInfo.alpn(socket) as string}`;
  }

  it('obeys all of the options that are renewed', async () => {
    const { source, server, port } = await begun(pem);
    const ca = await authority('clients');
    const client = { port, servername: 'a.test', ALPNProtocols: ['h2', 'http/1.1'] };
    expect(await next(server, client)).toBe('TLSv1.3 h2');
    source.next({ ...pem, maxVersion: 'TLSv1.2' });
    expect(await next(server, client)).toBe('TLSv1.2 h2');
    source.next({ ...pem, ALPNProtocols: ['http/1.1'] });
    expect(await next(server, client)).toBe('TLSv1.3 http/1.1');
    source.next({ ...pem, ALPNCallback: () => 'http/1.1' });
    expect(await next(server, client)).toBe('TLSv1.3 http/1.1');
    source.next({ ...pem, minVersion: 'TLSv1.3' });
    expect(await next(server, { ...client, maxVersion: 'TLSv1.2' })).toMatch(/no version of TLS that is allowed here/);
    source.next({ ...pem, requestCert: true, ca: ca.cert });
    expect(await next(server, client)).toMatch(/the client showed no certificate/);
    expect(await next(server, { ...client, ...(await certificate('alice', ca)) })).toBe('TLSv1.3 h2');
    source.next({ ...pem, requestCert: true, rejectUnauthorized: false });
    expect(await next(server, client)).toBe('TLSv1.3 h2');
    source.next({ ...pem, contexts: { 'a.test': { maxVersion: 'TLSv1.2' } } });
    expect(await next(server, client)).toBe('TLSv1.2 h2');
    expect(await next(server, { ...client, servername: 'b.test' })).toBe('TLSv1.3 h2');
    source.next({ contexts: { 'a.test': pem } });
    expect(await next(server, client)).toBe('TLSv1.3 h2');
    expect(await next(server, { ...client, servername: 'b.test' })).toMatch(/asks for a name that has no certificate/);
    expect(await next(server, { ...client, servername: '' })).toMatch(/asks for no name/);
    source.next({ ...pem, handshakeTimeout: 1 });
    const raw = dial(port);
    await closed(raw);
    expect(server.codes.at(-1)).toBe('handshake-timeout');
    source.next(pem);
    expect(await next(server, client)).toBe('TLSv1.3 h2');
  });

  it.each<[string, unknown, RegExp]>([
    ['an unknown name', { keys: 'x' }, /tls has no option "keys": did you mean "key"\?/],
    ['an option of the socket', { noDelay: false }, /tls has no option "noDelay"/],
    ['a secure context that would be ignored', { secureContext: {} }, /tls has no option "secureContext"/],
    ['a value of another kind', { requestCert: 'yes' }, /requestCert: expected true or false/],
    [
      'an unknown option of a context',
      { contexts: { 'a.test': { contexts: {} } } },
      /context of "a.test" has no option/,
    ],
    ['a name with a port', { contexts: { 'a.test:443': {} } }, /expected a host name/],
    ['an address as a name', { contexts: { '127.0.0.1': {} } }, /is an address/],
    ['names by callback and by list', { contexts: {}, SNICallback: () => undefined }, /set one of them/],
    ['a certificate that is no longer there', { key: undefined, cert: undefined }, /tls has no certificate/],
    ['a key without its certificate', { cert: '' }, /a key without its certificate/],
    ['a certificate without its key', { key: [] }, /a certificate without its key/],
    ['ticket keys of another length', { ticketKeys: Buffer.alloc(16) }, /ticketKeys: expected 48 bytes/],
    ['a version that is none', { minVersion: 'TLSv9' }, /TLSv9/],
    ['no protocols', { ALPNProtocols: [] }, /at least one protocol id/],
  ])('refuses %s in words, and goes on with what it has', async (_what, changes, words) => {
    const { source, server, port } = await begun(pem);
    source.next({ ...pem, ...(changes as ListenTlsOptions) });
    expect(server.codes).toEqual(['tls-not-renewed']);
    const { error } = server.failures[0]!;
    expect(error.message).toMatch(words);
    expect(error.message).toMatch(/The TLS options before it stay in use$/);
    expect(error).toMatchObject({ scope: 'accept', initiator: 'local' });
    expect(await next(server, { port, ALPNProtocols: ['h2'] })).toBe('TLSv1.3 h2');
  });

  it('takes the error of its source for a fault, and the last certificate stays', async () => {
    const { source, server, port } = await begun(pem);
    source.error(new Error('the disk is gone'));
    expect(server.codes).toEqual(['tls-not-renewed']);
    expect(server.failures[0]!.error.message).toMatch(/^the source of TLS options has failed .*: the disk is gone\./);
    expect(await next(server, { port, ALPNProtocols: ['h2'] })).toBe('TLSv1.3 h2');
  });

  it('goes on after its source has completed', async () => {
    const { source, server, port } = await begun(pem);
    source.complete();
    expect(await next(server, { port, ALPNProtocols: ['h2'] })).toBe('TLSv1.3 h2');
    expect(server.failures).toEqual([]);
  });

  it('stops renewing when unsubscribed', async () => {
    const { source, server } = await begun(pem);
    server.end();
    expect(source.observed).toBe(false);
  });
});
