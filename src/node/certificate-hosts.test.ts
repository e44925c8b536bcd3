/** 421 for a host that a TLS connection is not for, where client certificates are asked for (RFC 9110 section 7.4, RFC 9113 section 9.1.1). */
import { once } from 'node:events';
import * as http2 from 'node:http2';
import { connect } from 'node:tls';
import { type IncomingMessage, request } from 'node:http';
import { generate } from 'selfsigned';
import { Subscription } from 'rxjs';
import { Faults, serve, type ServeOptions, text } from '../index.js';
import { authority, certificate, type Pem } from '../../test/kits/units/node-sockets.js';

let staff: Pem;
let alice: Pem;
/** For a.test, b.test, every name in c.test, and an address. */
let shared: Pem;
beforeAll(async () => {
  staff = await authority('staff');
  alice = await certificate('alice', staff);
  const altNames = [
    ...['a.test', 'b.test', '*.c.test'].map((value) => ({ type: 2 as const, value })),
    { type: 7 as const, ip: '127.0.0.1' },
    { type: 7 as const, ip: '::1' },
  ];
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'shared' }], {
    algorithm: 'sha256',
    keyType: 'ec',
    extensions: [{ name: 'subjectAltName', altNames }],
  });
  shared = { key, cert };
});

let running: Subscription | undefined;
afterEach(() => running?.unsubscribe());

/** A server, with the codes of its error stream. */
class Served {
  readonly codes: string[] = [];
  readonly port: Promise<number>;

  constructor(options: ServeOptions) {
    const faults = new Faults();
    this.port = new Promise((resolve, reject) => {
      running = new Subscription();
      running.add(faults.subscribe((fault) => void this.codes.push(fault.code)));
      const all: ServeOptions = { host: '127.0.0.1', faults, ...options, listening: ({ port }) => resolve(port!) };
      running.add(serve(all, ({ authority: host }) => text(`for ${host}`)).subscribe({ error: reject }));
    });
  }
}

type Ask = (port: number, servername: string, hosts: readonly string[]) => Promise<number[]>;

const overH1: Ask = async (port, servername, hosts) => {
  const socket = connect({ port, host: '127.0.0.1', servername, rejectUnauthorized: false, ...alice });
  await once(socket, 'secureConnect');
  const statuses: number[] = [];
  for (const host of hosts) {
    const asked = request({ createConnection: () => socket, headers: { host, connection: 'keep-alive' } }).end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    statuses.push(response.statusCode!);
    await once(response.resume(), 'end');
  }
  socket.destroy();
  return statuses;
};

const overH2: Ask = async (port, servername, hosts) => {
  const session = http2.connect(`https://127.0.0.1:${port}`, { servername, rejectUnauthorized: false, ...alice });
  const statuses: number[] = [];
  for (const host of hosts) {
    const stream = session.request({ ':authority': host });
    const [headers] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
    statuses.push(Number(headers[':status']));
    await once(stream.resume(), 'close');
  }
  session.destroy();
  return statuses;
};

describe.each<[string, Ask]>([
  ['HTTP/1.1', overH1],
  ['HTTP/2', overH2],
])('%s', (_protocol, ask) => {
  it('serves the names of the certificate, and refuses others', async () => {
    const server = new Served({ port: 0, tls: { ...shared, requestCert: true, ca: staff.cert } });
    const good = ['a.test', 'A.TEST:8443', 'b.test', 'a.test.', 'x.c.test', '127.0.0.1', '127.0.0.1:1', '[::1]:443'];
    expect(await ask(await server.port, 'a.test', good)).toEqual(good.map(() => 200));
    const bad = ['d.test', 'x.y.c.test', 'c.test', '127.0.0.2', '[::2]', 'a.test.d.test', 'localhost'];
    expect(await ask(await server.port, 'a.test', bad)).toEqual(bad.map(() => 421));
    expect(server.codes).toEqual(bad.map(() => 'misdirected-request'));
  });

  it('refuses a host with other rules than those of the connection, whatever its certificate covers', async () => {
    const contexts = { 'b.test': { requestCert: true, ca: staff.cert }, '*.c.test': {} };
    const server = new Served({ port: 0, tls: { ...shared, contexts } });
    const port = await server.port;
    expect(await ask(port, 'a.test', ['a.test', 'b.test', 'x.c.test'])).toEqual([200, 421, 421]);
    expect(await ask(port, 'b.test', ['a.test', 'b.test', 'x.c.test'])).toEqual([421, 200, 421]);
    expect(await ask(port, 'x.c.test', ['y.c.test', 'b.test', 'a.test'])).toEqual([200, 421, 421]);
  });

  it('serves any host where no client certificate is asked for, and to a proxy of the program', async () => {
    const open = new Served({ port: 0, tls: { ...shared, contexts: { 'b.test': {} } } });
    expect(await ask(await open.port, 'a.test', ['d.test', 'b.test'])).toEqual([200, 200]);
    running?.unsubscribe();
    const behind = new Served({ port: 0, trustedProxy: true, tls: { ...shared, requestCert: true, ca: staff.cert } });
    expect(await ask(await behind.port, 'a.test', ['d.test', 'a.test'])).toEqual([200, 200]);
  });
});
