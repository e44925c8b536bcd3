/** `listen` with an Observable of certificates: each new connection is shown the newest one that is of use. */
import { once } from 'node:events';
import { Subject } from 'rxjs';
import type { ListenTlsOptions } from './certificate-renewal.js';
import { endAll, listens, opened } from '../../test/kits/units/listening.js';
import { certificate, type Pem, secured, shownName, until } from '../../test/kits/units/node-sockets.js';

let pem: Pem;
beforeAll(async () => {
  pem = await certificate('localhost');
});

afterEach(endAll);

describe('tls as an Observable', () => {
  it('shows each new connection the newest certificate, SNI contexts too, and does not change the old connections', async () => {
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

  it('goes on with the certificate it has when the new one is invalid, and reports that', async () => {
    const certificates = new Subject<ListenTlsOptions>();
    const server = listens({ port: 0, tls: certificates });
    certificates.next(pem);
    const port = await server.port;
    certificates.next({ key: 'half', cert: 'written' });
    certificates.next({ ...(await certificate('not this one')), contexts: { 'a.test': { key: 'no', cert: 'no' } } });
    expect(server.failures.map(({ error }) => error.scope)).toEqual(['accept', 'accept']);
    const socket = await secured({ port });
    opened.push(socket);
    expect(shownName(socket)).toBe('localhost');
  });

  it('stops renewing when unsubscribed', async () => {
    const certificates = new Subject<ListenTlsOptions>();
    const server = listens({ port: 0, tls: certificates });
    certificates.next(pem);
    await server.address;
    server.end();
    expect(certificates.observed).toBe(false);
  });
});
