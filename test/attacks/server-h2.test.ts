/**
 * Floods, bombs and stalls of HTTP/2, over sockets, at the conformance target with its default limits. Each ends by the bound that it runs
 * into, costs no memory to speak of, and keeps no other client waiting.
 */
import { Attacker, Target } from '../kits/attacks/attack.js';
import {
  block,
  continuation,
  data,
  END_HEADERS,
  FLAG,
  FRAME,
  frame,
  GET,
  get,
  headers,
  type Lines,
  ping,
  POST,
  priority,
  rst,
  SETTING,
  settings,
  uint32,
  WHOLE,
  windowUpdate,
} from '../kits/attacks/raw-h2.js';

const target = Target.shared();

const CALM = 'ENHANCE_YOUR_CALM, closed';

/** More than any burst that is allowed, however slow the machine. */
const MANY = 60_000;

/** The client's stream that comes `index`-th. */
const nth = (index: number): number => index * 2 + 1;

/** Sends `first`, then floods: how the connection ended. */
async function flood(make: (index: number) => Uint8Array, first: Uint8Array = Buffer.alloc(0), ...list: number[]) {
  return target.under(async () => {
    const attacker = await Attacker.h2(target.port, ...list);
    if (first.length > 0) await attacker.write(first);
    await attacker.flood(MANY, make);
    return attacker.end();
  });
}

/** A request that stays open: its content is still to come. */
const OPEN = headers(1, POST, END_HEADERS);

describe('rapid reset', () => {
  it.each<[string, (stream: number) => Buffer]>([
    ['of uploads', (stream) => headers(stream, POST, END_HEADERS)],
    ['of downloads', (stream) => headers(stream, get('/bytes/10000000'))],
  ])('%s ends past a burst (CVE-2023-44487)', async (_, request) => {
    expect(await flood((index) => Buffer.concat([request(nth(index)), rst(nth(index))]))).toBe(CALM);
  });

  it('of requests whose response came before the reset does not count', async () => {
    await target.under(async () => {
      const attacker = await Attacker.h2(target.port);
      await attacker.write(windowUpdate(0, 0x7000_0000));
      const ending = await attacker.flood(10_000, (index) => Buffer.concat([headers(nth(index)), rst(nth(index))]));
      expect([ending, await attacker.alive()]).toEqual(['done', true]);
    });
  });
});

describe('resets that the client provokes (CVE-2025-8671)', () => {
  const short: Lines = [...POST, ['content-length', '1']];
  const stalled = get('/bytes/10000000');
  it.each<[string, (stream: number) => Buffer[]]>([
    ['WINDOW_UPDATE of 0', (stream) => [headers(stream, stalled), windowUpdate(stream, 0)]],
    ['a window past 2^31-1', (stream) => [headers(stream, stalled), windowUpdate(stream, 0x7fff_ffff)]],
    ['DATA on a half-closed stream', (stream) => [headers(stream, stalled), data(stream, 'x')]],
    ['HEADERS on a half-closed stream', (stream) => [headers(stream, stalled), headers(stream)]],
    ['more content than its length', (stream) => [headers(stream, short, END_HEADERS), data(stream, 'xy')]],
    ['less content than its length', (stream) => [headers(stream, short, END_HEADERS), data(stream, '')]],
    ['PRIORITY of 4 octets', (stream) => [headers(stream, stalled), frame(FRAME.PRIORITY, 0, stream, '00000000')]],
    ['a header name of no octets', (stream) => [headers(stream, [...GET, ['', 'x']])]],
    ['empty HEADERS', (stream) => [frame(FRAME.HEADERS, WHOLE, stream)]],
    ['a second head', (stream) => [headers(stream, POST, END_HEADERS), headers(stream, GET, END_HEADERS)]],
  ])('%s ends past a burst', async (_, make) => {
    expect(await flood((index) => Buffer.concat(make(nth(index))), undefined, SETTING.INITIAL_WINDOW_SIZE, 1)).toBe(
      CALM,
    );
  });

  it('streams past those that may be open end past a burst', async () => {
    const request = headers(1, stalled).subarray(9);
    const stall = (index: number) => frame(FRAME.HEADERS, WHOLE, nth(index), request);
    expect(await flood(stall, undefined, SETTING.INITIAL_WINDOW_SIZE, 0)).toBe(CALM);
  });
});

describe('frames that only ask for attention', () => {
  const opaque = Buffer.alloc(8);
  it.each<[string, (index: number) => Buffer]>([
    ['PING (CVE-2019-9512)', () => ping(opaque)],
    ['PING acknowledgements', () => ping(opaque, FLAG.ACK)],
    ['SETTINGS (CVE-2019-9515)', () => settings()],
    ['SETTINGS that move all windows', (index) => settings(SETTING.INITIAL_WINDOW_SIZE, index % 60_000)],
    ['SETTINGS that resize the table', (index) => settings(SETTING.HEADER_TABLE_SIZE, index % 4097)],
    ['PRIORITY (CVE-2019-9513)', (index) => priority(nth(index), 0)],
    [
      'PRIORITY_UPDATE',
      (index) => frame(FRAME.PRIORITY_UPDATE, 0, 0, Buffer.concat([uint32(nth(index)), Buffer.from('u=1')])),
    ],
    ['WINDOW_UPDATE of the connection', () => windowUpdate(0, 1)],
    ['WINDOW_UPDATE of a stream', () => windowUpdate(1, 1)],
    ['frames of unknown type', () => frame(0xbb, 0xff, 0, opaque)],
    ['GOAWAY', () => frame(FRAME.GOAWAY, 0, 0, uint32(0, 0))],
  ])('%s end past a burst', async (_, make) => {
    expect(await flood(make, OPEN)).toBe(CALM);
  });

  it.each<[string, () => Buffer]>([
    ['PING', () => ping(opaque)],
    ['SETTINGS', () => settings()],
  ])('%s whose responses are not read end no later (CVE-2019-9512, 9515)', async (_, make) => {
    await target.under(async () => {
      const attacker = (await Attacker.h2(target.port)).deafen();
      await attacker.flood(MANY, make);
      expect(await attacker.end()).toBe(CALM);
    });
  });

  it('SETTINGS as large as a frame may be cost no more than their octets', async () => {
    const list = Array.from({ length: 2730 }, (_, index) => [SETTING.INITIAL_WINDOW_SIZE, index]).flat();
    const huge = settings(...list);
    await target.under(async () => {
      const attacker = await Attacker.h2(target.port, SETTING.INITIAL_WINDOW_SIZE, 0);
      await attacker.flood(128, (index) => headers(nth(index), get('/bytes/10000000')));
      expect(await attacker.flood(1000, () => huge, 10)).toBe('done');
      expect(await attacker.alive()).toBe(true);
      expect(attacker.count(FRAME.SETTINGS)).toBeGreaterThan(1000);
    });
  });
});

describe('frames that carry nothing (CVE-2019-9518)', () => {
  it.each<[string, (index: number) => Buffer]>([
    ['empty DATA', () => data(1, '', 0)],
    ['DATA of padding', () => frame(FRAME.DATA, FLAG.PADDED, 1, Buffer.alloc(200, 199).fill(0, 1))],
  ])('%s ends past a few', async (_, make) => {
    expect(await flood(make, OPEN)).toBe(CALM);
  });
});

describe('field blocks', () => {
  const begun = frame(FRAME.HEADERS, FLAG.END_STREAM, 1, block(GET));

  it.each<[string, Buffer]>([
    ['CONTINUATION without end', continuation(1, block([['x', 'y'.repeat(1000)]]), 0)],
    ['empty CONTINUATION without end', continuation(1, Buffer.alloc(0), 0)],
  ])('%s ends past a few (CVE-2024-27316)', async (_, part) => {
    expect(await flood(() => part, begun)).toBe(CALM);
  });

  /** One insertion of 3.9 KiB, then the index of it as often as fits: 60 MiB of fields in a frame. */
  const name = Buffer.concat([Buffer.from([0x40]), block([['x-big', 'b'.repeat(3900)]]).subarray(1)]);
  const bomb = (prefix: Uint8Array): Buffer => Buffer.concat([block(GET), prefix, Buffer.alloc(12_000, 0xbe)]);

  it.each<[string, (index: number) => Buffer]>([
    ['of one entry, many times', (index) => bomb(index === 0 ? name : Buffer.alloc(0))],
    ['of cookie crumbs', () => block([...GET, ...Array<[string, string]>(1000).fill(['cookie', 'a=b'])])],
    ['of fields without a value', () => block([...GET, ...Array<[string, string]>(3000).fill(['x', ''])])],
  ])('bombs %s get 431, and take no memory', async (_, make) => {
    await target.under(async () => {
      const attacker = await Attacker.h2(target.port);
      const blocks = [make(0), make(1)];
      const ending = await attacker.flood(
        1000,
        (index) => frame(FRAME.HEADERS, WHOLE, nth(index), blocks[Math.min(index, 1)]),
        20,
      );
      expect([ending, await attacker.alive()]).toEqual(['done', true]);
      expect(attacker.count(FRAME.HEADERS)).toBe(1000);
    });
  });
});

describe('stalls', () => {
  it('many streams without a window hold what one piece each takes', async () => {
    const NONE = [SETTING.INITIAL_WINDOW_SIZE, 0];
    await target.under(async () => {
      const attackers: Attacker[] = [];
      for (let index = 0; index < 8; index++) attackers.push(await Attacker.h2(target.port, ...NONE));
      for (const attacker of attackers) {
        await attacker.flood(128, (index) => headers(nth(index), get('/bytes/10000000')));
        await attacker.until(() => attacker.count(FRAME.HEADERS) === 128);
        expect([attacker.count(FRAME.HEADERS), attacker.count(FRAME.DATA)]).toEqual([128, 0]);
      }
    });
  });

  it('a client that does not read is not written for', async () => {
    await target.under(async () => {
      const wide = [SETTING.INITIAL_WINDOW_SIZE, 0x7fff_ffff];
      const attacker = (await Attacker.h2(target.port, ...wide)).deafen();
      await attacker.write(windowUpdate(0, 0x7fff_0000));
      await attacker.flood(100, (index) => headers(nth(index), get('/bytes/1000000000')));
      await new Promise((resolve) => setTimeout(resolve, 1000));
      attacker.destroy();
    });
  });

  it('a window that opens by the octet ends past a burst (CVE-2019-9511)', async () => {
    const stalled = headers(1, get('/bytes/10000000'));
    expect(await flood(() => windowUpdate(1, 1), stalled, SETTING.INITIAL_WINDOW_SIZE, 0)).toBe(CALM);
  });

  it('content by the octet, that is not read back, takes as much memory as its windows say', async () => {
    await target.under(async () => {
      const attacker = await Attacker.h2(target.port, SETTING.INITIAL_WINDOW_SIZE, 0);
      const streams = [1, 3, 5, 7];
      await attacker.write(Buffer.concat(streams.map((stream) => headers(stream, POST, END_HEADERS))));
      const one = streams.map((stream) => data(stream, 'x', 0));
      await attacker.flood(4 * 250_000, (index) => one[index % 4]!, 2000);
      expect(await attacker.alive()).toBe(true);
    });
  });

  it('requests that come by the octet get a response', async () => {
    await target.under(async () => {
      const attacker = await Attacker.h2(target.port);
      const request = headers(1);
      await attacker.flood(request.length, (index) => request.subarray(index, index + 1), 1);
      await attacker.until(() => attacker.count(FRAME.DATA) > 0);
      expect([attacker.count(FRAME.HEADERS), attacker.count(FRAME.DATA)]).toEqual([1, 1]);
    });
  });

  it('connections that never say anything keep nobody from being served', async () => {
    await target.under(async () => {
      const attackers: Attacker[] = [];
      for (let index = 0; index < 300; index++) attackers.push(await Attacker.h1(target.port));
      for (const [index, attacker] of attackers.entries())
        await attacker.write('PRI * HTTP/2.0\r\n\r\n'.slice(0, index % 18));
      expect(attackers.filter((attacker) => attacker.closed)).toHaveLength(0);
    });
  });
});
