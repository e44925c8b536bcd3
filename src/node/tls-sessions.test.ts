/** TLS sessions are resumed only where a full handshake would have the same rules (RFC 6066 section 3, RFC 8446 section 4.6.1). */
import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { createSecureContext, type ConnectionOptions, type SecureVersion, type TLSSocket } from 'node:tls';
import { Subject } from 'rxjs';
import { endAll, listens, opened } from '../../test/kits/units/listening.js';
import { authority, certificate, Listening, type Pem, secured, until } from '../../test/kits/units/node-sockets.js';
import { nodeInfo } from './node-info.js';
import type { ListenTlsOptions } from './tls-options.js';

let staff: Pem;
let guests: Pem;
let alice: Pem;
let bob: Pem;
let base: Pem;
let a: Pem;
let b: Pem;
beforeAll(async () => {
  [staff, guests] = await Promise.all([authority('staff'), authority('guests')]);
  [alice, bob] = await Promise.all([certificate('alice', staff), certificate('bob', guests)]);
  [base, a, b] = await Promise.all([certificate('base.test'), certificate('a.test'), certificate('b.test')]);
});

afterEach(endAll);

/** What the server made of a client, or why it refused it. */
interface Outcome {
  readonly reused?: boolean;
  readonly who?: string | undefined;
  readonly refused?: string;
  readonly session?: Buffer | undefined;
}

/** Connects, and waits for what the server says of it. */
async function asked(server: Listening, options: ConnectionOptions): Promise<Outcome> {
  const { sockets, failures } = server;
  const [accepted, refused] = [sockets.length, failures.length];
  let session: Buffer | undefined;
  const client = secured({ port: await server.port, ...options }).then(
    (socket) => {
      opened.push(socket.on('session', (ticket) => (session = ticket)).resume());
      return socket;
    },
    () => undefined,
  );
  await until(() => sockets.length > accepted || failures.length > refused);
  if (failures.length > refused) return { refused: failures.at(-1)!.error.message };
  const last = (await client)!;
  const socket = sockets.at(-1) as TLSSocket;
  // A ticket of TLS 1.3 comes with the first bytes, or before them.
  socket.write('x');
  await once(last, 'data');
  const { tls } = nodeInfo.peer(socket);
  return {
    reused: socket.isSessionReused(),
    who: tls?.certificate?.subject.CN as string,
    session: session ?? last.getSession(),
  };
}

const seen = ({ reused, who, refused }: Outcome): string => refused ?? `${reused ? 'resumed' : 'full'} ${who}`;

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('%s', (maxVersion: SecureVersion) => {
  const as = (servername: string, more: ConnectionOptions = {}): ConnectionOptions => ({
    servername,
    maxVersion,
    ...more,
  });
  const MISSING = /the client showed no certificate/;

  /** Two names that trust different authorities. */
  const twoRules = (): ListenTlsOptions => ({
    ...base,
    contexts: {
      'a.test': { ...a, requestCert: true, ca: staff.cert },
      'b.test': { ...b, requestCert: true, ca: guests.cert },
    },
  });

  it('resumes at the name that a session began with', async () => {
    const server = listens({ port: 0, tls: twoRules() });
    const first = await asked(server, as('a.test', alice));
    expect(seen(first)).toBe('full alice');
    expect(seen(await asked(server, as('a.test', { session: first.session! })))).toBe('resumed alice');
  });

  it('does not let a session of one name in at another: a full handshake decides', async () => {
    const server = listens({ port: 0, tls: twoRules() });
    const { session } = await asked(server, as('a.test', alice));
    expect(seen(await asked(server, as('b.test', { session: session! })))).toMatch(MISSING);
    expect(seen(await asked(server, as('b.test', { session: session!, ...alice })))).toMatch(/certificate is refused/);
    expect(seen(await asked(server, as('b.test', { session: session!, ...bob })))).toBe('full bob');
  });

  it('does not let a session that showed no certificate in where one is asked for', async () => {
    const server = listens({ port: 0, tls: twoRules() });
    const { session } = await asked(server, as('other.test'));
    expect(seen(await asked(server, as('other.test', { session: session! })))).toBe('resumed undefined');
    expect(seen(await asked(server, as('a.test', { session: session! })))).toMatch(MISSING);
    expect(seen(await asked(server, as('other.test', { session: session! })))).toBe('resumed undefined');
  });

  it('has the rules of the options around a context for all that it does not set', async () => {
    const tls = { ...base, requestCert: true, ca: staff.cert, contexts: { 'b.test': { ...b } } };
    const server = listens({ port: 0, tls });
    expect(seen(await asked(server, as('b.test', alice)))).toBe('full alice');
    expect(seen(await asked(server, as('b.test', bob)))).toMatch(/certificate is refused/);
  });

  it('takes no ticket where a callback of the program chooses the rules', async () => {
    const contexts = {
      a: createSecureContext({ ...a, ca: staff.cert }),
      b: createSecureContext({ ...b, ca: guests.cert }),
    };
    const choose: ListenTlsOptions['SNICallback'] = (name, done) =>
      done(null, name === 'a.test' ? contexts.a : contexts.b);
    const server = listens({ port: 0, tls: { ...base, requestCert: true, SNICallback: choose } });
    const { session } = await asked(server, as('a.test', alice));
    expect(seen(await asked(server, as('b.test', { session: session! })))).toMatch(MISSING);
    expect(seen(await asked(server, as('a.test', { session: session!, ...alice })))).toBe('full alice');
  });

  it('takes one where that callback chooses among certificates only', async () => {
    const context = createSecureContext(a);
    const server = listens({ port: 0, tls: { ...base, SNICallback: (_name, done) => done(null, context) } });
    const { session } = await asked(server, as('a.test'));
    expect(seen(await asked(server, as('a.test', { session: session! })))).toBe('resumed undefined');
  });

  it('resumes in another process that has the same ticket keys and the same rules, and nowhere else', async () => {
    const ticketKeys = randomBytes(48);
    const tls = { ...twoRules(), ticketKeys };
    const [one, two] = [new Listening({ port: 0, tls }), new Listening({ port: 0, tls })];
    const strict = new Listening({
      port: 0,
      tls: { ...tls, contexts: { 'a.test': { ...tls.contexts!['a.test'], ca: guests.cert } } },
    });
    const { session } = await asked(one, as('a.test', alice));
    expect(seen(await asked(two, as('a.test', { session: session! })))).toBe('resumed alice');
    expect(seen(await asked(two, as('b.test', { session: session! })))).toMatch(MISSING);
    expect(seen(await asked(strict, as('a.test', { session: session! })))).toMatch(MISSING);
    for (const server of [one, two, strict]) server.end();
  });

  it('ends the sessions of before when the rules are renewed, with shared ticket keys too', async () => {
    const ticketKeys = randomBytes(48);
    const source = new Subject<ListenTlsOptions>();
    const server = listens({ port: 0, tls: source });
    source.next({ ...base, ticketKeys, requestCert: true, ca: [staff.cert, guests.cert] });
    const { session } = await asked(server, as('base.test', alice));
    const renewed = await certificate('base.test');
    source.next({ ...renewed, ticketKeys, requestCert: true, ca: [staff.cert, guests.cert] });
    expect(seen(await asked(server, as('base.test', { session: session! })))).toBe('resumed alice');
    source.next({ ...renewed, ticketKeys, requestCert: true, ca: [guests.cert] });
    expect(seen(await asked(server, as('base.test', { session: session! })))).toMatch(MISSING);
  });
});
