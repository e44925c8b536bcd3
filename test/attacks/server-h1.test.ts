/**
 * Dribbles, bombs and floods of HTTP/1.1, over sockets, at the conformance target with its default limits. Each ends by the bound that it
 * runs into, costs no memory to speak of, and keeps no other client waiting.
 */
import { Attacker, pause, Target } from '../kits/attacks/attack.js';

const target = Target.shared();

const HEAD = 'POST /echo HTTP/1.1\r\nHost: localhost\r\n';
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`;

/** Sends `first`, then up to `count` of what `make` says: the status line that came, and whether that was the end. */
async function flood(first: string, make: (index: number) => string, count: number): Promise<string> {
  return target.under(async () => {
    const attacker = await Attacker.h1(target.port);
    await attacker.write(first);
    await attacker.flood(count, make);
    await attacker.end();
    return `${attacker.text.split('\r\n', 1)[0]!}, ${attacker.closed ? 'closed' : 'open'}`;
  });
}

describe('heads', () => {
  it('that come by the byte keep nobody from being served (slowloris)', async () => {
    await target.under(async () => {
      const attackers: Attacker[] = [];
      for (let index = 0; index < 100; index++) attackers.push(await Attacker.h1(target.port));
      for (const letter of HEAD.slice(0, -2)) {
        await Promise.all(attackers.map((attacker) => attacker.write(letter)));
        await pause(10);
      }
      expect(attackers.every(({ closed, octets }) => !closed && octets === 0)).toBe(true);
    });
  });

  it('that come by the byte, but come, get a response', async () => {
    await target.under(async () => {
      const attacker = await Attacker.h1(target.port);
      for (const letter of `${HEAD}Content-Length: 2\r\n\r\nok`) await attacker.write(letter);
      await attacker.until(() => attacker.text.endsWith('ok\r\n0\r\n\r\n'));
      expect(attacker.text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    });
  });

  it.each<[string, string, (index: number) => string, string]>([
    ['of endless bytes', 'GET / HTTP/1.1\r\nx: ', () => 'y'.repeat(1000), '431 Request Header Fields Too Large'],
    ['of endless field lines', 'GET / HTTP/1.1\r\n', () => 'a:\r\n', '431 Request Header Fields Too Large'],
    ['with an endless target', 'GET /', () => 'y'.repeat(1000), '414 URI Too Long'],
    ['with an endless method', '', () => 'Y'.repeat(100), '400 Bad Request'],
    ['behind endless empty lines', '', () => '\r\n', '400 Bad Request'],
  ])('%s end at their limit', async (_, first, make, status) => {
    expect(await flood(first, make, 20_000)).toBe(`HTTP/1.1 ${status}, closed`);
  });
});

describe('chunked content', () => {
  it.each<[string, string, (index: number) => string]>([
    ['an endless chunk extension', `${CHUNKED}1`, () => ';name=value'],
    ['an extension to each chunk', CHUNKED, () => '1;name="value"\r\nx\r\n'],
    ['endless trailers', `${CHUNKED}1\r\nx\r\n0\r\n`, (index) => `x-${index}: y\r\n`],
    ['an endless chunk size', CHUNKED, () => '0'],
  ])('%s ends at its limit', async (_, first, make) => {
    // The response may have begun: then its being cut off shows it.
    expect(await flood(first, make, 20_000)).toMatch(/, closed$/);
  });

  it('that nobody wants ends with its response', async () => {
    const first = CHUNKED.replace('/echo', '/nowhere');
    const chunk = `1000\r\n${'x'.repeat(4096)}\r\n`;
    expect(await flood(first, () => chunk, 20_000)).toBe('HTTP/1.1 404 Not Found, closed');
  });

  it('that comes by the byte, and is not read back, is not read on', async () => {
    await target.under(async () => {
      const attacker = (await Attacker.h1(target.port)).deafen();
      await attacker.write(CHUNKED);
      expect(await attacker.flood(5_000_000, () => '1\r\nx\r\n', 5000)).toBe('jammed');
    });
  });
});

describe('requests', () => {
  it.each([
    ['short answers', '/'],
    ['long answers', '/bytes/1000000'],
  ])('without end, and %s that are not read, are not read on', async (_, path) => {
    await target.under(async () => {
      const attacker = (await Attacker.h1(target.port)).deafen();
      const request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
      expect(await attacker.flood(1_000_000, () => request, 1000)).toBe('jammed');
    });
  });
});
