/** One grammar of targets and authorities, one rule of schemes, and cookies in crumbs: on both protocols. */
import { text } from '../drive/response-builders.js';
import { readRequest } from '../h2/header-validation.js';
import { server } from '../../test/kits/units/h1-engines.js';
import { until, World } from '../../test/kits/units/both-protocols.js';

/** Whether each engine takes a request for `path` at `authority`. */
function taken(path: string, authority: string): { readonly h1: boolean; readonly h2: boolean } {
  const { engine, log } = server();
  engine.receive(Buffer.from(`GET ${path} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`, 'latin1'), 0);
  const list = [':method', 'GET', ':scheme', 'http', ':path', path, ':authority', authority];
  let h2 = true;
  try {
    readRequest(list, 'http');
  } catch {
    h2 = false;
  }
  return { h1: log.some((line) => / (head|GET) ?/.test(line) && !line.includes('invalid')), h2 };
}

describe('a path', () => {
  it.each(['/', '/a?b=c', '/a%20b', '//a', '/{x}|^`"<>\\', '/a:b@c;d,e', '/?', '/a/../b'])(
    'is taken on both protocols: %s',
    (path) => expect(taken(path, 'a.test')).toEqual({ h1: true, h2: true }),
  );

  it.each(['/a#b', '/#', '/caf\xe9', '/a b', '/a\tb', '/\x7f', '/\x01', '/a\xa0b', 'a', '', '?a', '*'])(
    'is refused on both protocols: %j',
    (path) => expect(taken(path, 'a.test')).toEqual({ h1: false, h2: false }),
  );
});

describe('an authority', () => {
  it.each([
    'a',
    'a.test',
    'a.test:80',
    'A.TEST:8080',
    'a.test:',
    '127.0.0.1:1',
    '[::1]',
    '[::1]:443',
    'a_b-c~d',
    'a%20b',
  ])('is taken on both protocols: %s', (authority) => expect(taken('/', authority)).toEqual({ h1: true, h2: true }));

  it.each([
    ...['u@a.test', 'a.test:x', 'a.test:65536', 'a.test:80:80', '[::1', '[::g]', '::1', 'a b', 'a/b', 'a?b', 'a#b'],
    ...['a\\b', 'caf\xe9', 'a,b c', 'a%2', 'a%zz', 'a"b', 'a<b'],
  ])('is refused on both protocols: %j', (authority) =>
    expect(taken('/', authority)).toEqual({ h1: false, h2: false }),
  );
});

describe('Host and :authority (RFC 9113 section 8.3.1)', () => {
  const request = (scheme: string, authority: string, host: string): unknown =>
    readRequest([':method', 'GET', ':scheme', scheme, ':path', '/', ':authority', authority, 'host', host], scheme);

  it.each([
    ['http', 'a.test', 'a.test'],
    ['http', 'a.test', 'A.Test'],
    ['http', 'a.test:80', 'a.test'],
    ['http', 'a.test', 'a.test:80'],
    ['http', 'a.test', 'a.test:'],
    ['https', 'a.test:443', 'a.test'],
    ['https', '[::1]:443', '[::1]'],
    ['http', 'a.test:080', 'a.test'],
  ])('are the same in %s: %s and %s', (scheme, authority, host) => {
    expect(() => request(scheme, authority, host)).not.toThrow();
  });

  it.each([
    ['http', 'a.test:443', 'a.test'],
    ['https', 'a.test:80', 'a.test'],
    ['http', 'a.test', 'b.test'],
    ['http', 'a.test:81', 'a.test:82'],
    ['https', '[::1]:80', '[::1]'],
  ])('differ in %s: %s and %s', (scheme, authority, host) => {
    expect(() => request(scheme, authority, host)).toThrow('Host differs');
  });
});

/** The status of a request for a target with `scheme`, on a connection that is not secured. */
async function asked(world: World, scheme: string): Promise<number> {
  if (world.protocol === 'http/1.1') return (await world.ask({ path: `${scheme}://test/` })).status;
  return (await world.ask({ headers: { ':scheme': scheme } })).status;
}

describe.each(['http/1.1', 'h2'] as const)('%s: a request for another scheme', (protocol) => {
  it.each(['https', 'ftp', 'ws'])('%s is a 421', async (scheme) => {
    const world = new World(protocol, () => text('ok'));
    expect(await asked(world, scheme)).toBe(421);
    expect(world.codes).toEqual(['misdirected-request']);
    expect(await asked(world, 'http')).toBe(200);
    await until(() => world.served.length === 2);
    expect(world.served.map(({ status, outcome }) => [status, outcome])).toEqual([
      [421, 'complete'],
      [200, 'complete'],
    ]);
  });

  it.each([true, (peer: unknown) => peer === 'memory'])(
    'is served from a proxy that is trusted (%p)',
    async (trust) => {
      const world = new World(protocol, ({ scheme }) => text(scheme), { trustedProxy: trust });
      expect(await asked(world, 'https')).toBe(200);
    },
  );

  it('is a 421 from another peer than the trusted one', async () => {
    const world = new World(protocol, () => text('ok'), { trustedProxy: (peer) => peer === 'proxy' });
    expect(await asked(world, 'https')).toBe(421);
  });

  it('is a fault where the function of the program throws', async () => {
    const world = new World(protocol, () => text('ok'), {
      trustedProxy: () => {
        throw new Error('boom');
      },
    });
    expect(await asked(world, 'https')).toBe(500);
    expect(world.codes).toEqual(['exception']);
  });
});

describe('h2: a cookie in crumbs (RFC 9113 section 8.2.3)', () => {
  it.each([1, 128, 400])('is one field, of %d crumbs', async (count) => {
    const world = new World('h2', ({ headers }) => text(`${headers.size} ${headers.get('cookie')}`));
    const cookie = Array.from({ length: count }, (_, index) => `c${index}=v`);
    const reply = await world.ask({ headers: { cookie } });
    expect([reply.status, reply.text]).toEqual([200, `1 ${cookie.join('; ')}`]);
  });

  it('leaves the limit of the other fields as it is', async () => {
    const world = new World('h2', () => text('ok'));
    const cookie = Array.from({ length: 200 }, (_, index) => `c${index}=v`);
    // Four pseudo-header fields, and the cookie: 123 others are as many as may be.
    const fields = (count: number): Record<string, string> =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, '1']));
    expect((await world.ask({ headers: { cookie, ...fields(123) } })).status).toBe(200);
    expect((await world.ask({ headers: { cookie, ...fields(124) } })).status).toBe(431);
  });

  it('is bounded by the size of the header section', async () => {
    const world = new World('h2', () => text('ok'), {}, { maxSendHeaderBlockLength: 2 ** 24 });
    const cookie = Array.from({ length: 2000 }, (_, index) => `c${index}=v`);
    expect((await world.ask({ headers: { cookie } })).status).toBe(431);
  });
});
