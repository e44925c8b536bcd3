/**
 * Servers of HTTP/2 that send too much, or keep a client waiting. Each ends by the bound that it runs into, costs no memory to speak of,
 * and can be cancelled at any time.
 */
import { consume } from 'rxpaf';
import { firstValueFrom, NEVER } from 'rxjs';
import { Hostile2 } from '../kits/attacks/hostile-h2-server.js';
import { codeOf, contentOf, Flood, HURRIED, outcomeOf, SOON, suffers } from '../kits/attacks/hostile-server.js';
import {
  block,
  continuation,
  data,
  END_HEADERS,
  FLAG,
  FRAME,
  frame,
  headers,
  type Lines,
  ping,
  priority,
  rst,
  SETTING,
  settings,
  uint32,
  WHOLE,
  windowUpdate,
} from '../kits/attacks/raw-h2.js';
import { becomes, connected, failureOf, sleep } from '../kits/peers/peer.js';

const OK: Lines = [[':status', '200']];
const MIB = 1024 * 1024;
const H2 = { protocols: ['h2'] } as const;
const CALM = 'protocol-error ENHANCE_YOUR_CALM';
const PUSHED: Lines = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':path', '/pushed'],
  [':authority', 'localhost'],
];
const head = headers(1, OK, END_HEADERS);
/** Systems keep this much of a connection that is not read, beyond the memory of this side. */
const BUFFERED = 16 * MIB;

describe('floods', () => {
  const opaque = Buffer.alloc(8);
  it.each<[string, Buffer, Buffer, string]>([
    ['SETTINGS', head, settings(), CALM],
    ['SETTINGS that move the windows', head, settings(SETTING.INITIAL_WINDOW_SIZE, 7), CALM],
    ['PING', head, ping(opaque), CALM],
    ['answers to PING', head, ping(opaque, FLAG.ACK), CALM],
    ['PRIORITY', head, priority(1, 0), CALM],
    ['WINDOW_UPDATE', head, windowUpdate(0, 1), CALM],
    ['RST_STREAM behind the end', Buffer.concat([head, data(1, '')]), rst(1), '200 ""'],
    ['GOAWAY', head, frame(FRAME.GOAWAY, 0, 0, uint32(1, 0)), CALM],
    ['frames of unknown type', head, frame(0xbb, 0, 0, opaque), CALM],
    ['empty DATA', head, data(1, '', 0), CALM],
    ['DATA of padding', head, frame(FRAME.DATA, FLAG.PADDED, 1, Buffer.alloc(200, 199).fill(0, 1)), CALM],
    [
      'interim responses',
      Buffer.alloc(0),
      headers(1, [[':status', '103']], END_HEADERS),
      'malformed-response PROTOCOL_ERROR',
    ],
    ['CONTINUATION', headers(1, OK, 0), continuation(1, block([['a', 'b'.repeat(900)]]), 0), CALM],
    ['empty CONTINUATION', headers(1, OK, 0), continuation(1, Buffer.alloc(0), 0), CALM],
  ])('of %s end past a burst', async (_, first, again, expected) => {
    const flood = new Flood();
    const bytes = Buffer.concat(Array<Buffer>(Math.ceil(16_384 / again.length)).fill(again));
    const server = await Hostile2.start(({ socket }) => {
      socket.write(first);
      flood.pour(socket, bytes);
    });
    const outcome = await suffers(H2, async (http) => {
      const told = await outcomeOf(http.get(server.url));
      await becomes(() => server.sockets[0]!.destroyed);
      return told;
    });
    expect(outcome.replace(/^200 (?=protocol)/, '')).toBe(expected);
    expect(flood.sent).toBeLessThan(BUFFERED);
  });

  it('of DATA after the end are discarded, and keep nobody waiting', async () => {
    const flood = new Flood();
    const bytes = Buffer.concat(Array<Buffer>(1000).fill(data(1, 'x', 0)));
    const server = await Hostile2.start((connection, stream) => {
      connection.say(headers(stream, OK, END_HEADERS), data(stream, 'ok'));
      if (stream === 1) flood.pour(connection.socket, bytes, BUFFERED);
    });
    await suffers(H2, async (http) => {
      for (let index = 0; index < 20; index++) expect(await outcomeOf(http.get(server.url))).toBe('200 "ok"');
      await becomes(() => flood.sent >= BUFFERED);
    });
    expect(server.sockets).toHaveLength(1);
  });

  /** An insertion of 3.9 KiB, then its index as often as fits: 46 MiB of fields in a frame. */
  const big = Buffer.concat([Buffer.from([0x40]), block([['x-big', 'b'.repeat(3900)]]).subarray(1)]);
  it.each<[string, Buffer]>([
    ['of one entry, many times', Buffer.concat([block(OK), big, Buffer.alloc(12_000, 0xbe)])],
    ['of fields without a value', block([...OK, ...Array<[string, string]>(3000).fill(['x', ''])])],
  ])('bombs %s are reset, and take no memory', async (_, bomb) => {
    const server = await Hostile2.start((connection, stream) =>
      connection.say(frame(FRAME.HEADERS, WHOLE, stream, bomb)),
    );
    await suffers(H2, async (http) => {
      for (let index = 0; index < 100; index++) {
        expect(await outcomeOf(http.get(server.url))).toBe('header-section-too-large ENHANCE_YOUR_CALM');
      }
    });
  });
});

describe('RFC 9113 section 5.2: content without end', () => {
  it('past the window is an error, if nobody reads', async () => {
    const flood = new Flood();
    const server = await Hostile2.start(({ socket }) => {
      socket.write(head);
      flood.pour(socket, data(1, Buffer.alloc(16_384), 0));
    });
    await suffers(H2, async (http) => {
      const { body } = await firstValueFrom(http.get(server.url));
      const reading = body.pipe(consume(() => NEVER));
      expect(await contentOf(reading)).toMatch(/protocol-error FLOW_CONTROL_ERROR$/);
    });
    expect(server.connections[0]!.complaints).toContain('RST_STREAM FLOW_CONTROL_ERROR');
    expect(flood.sent).toBeLessThan(BUFFERED);
  });

  it('in the window is not credited, if nobody reads; unsubscribing resets it, and its connection goes on', async () => {
    const server = await Hostile2.start((connection, stream) => {
      connection.say(headers(stream, OK, END_HEADERS));
      if (stream === 1) connection.say(...Array<Buffer>(15).fill(data(1, Buffer.alloc(16_384), 0)));
      else connection.say(data(stream, 'ok'));
    });
    await suffers(H2, async (http) => {
      const { body } = await firstValueFrom(http.get(server.url));
      const reading = body.pipe(consume(() => NEVER)).subscribe();
      const credits = server.connections[0]!.count(FRAME.WINDOW_UPDATE);
      await sleep(SOON / 4);
      expect(server.connections[0]!.count(FRAME.WINDOW_UPDATE)).toBe(credits);
      expect(await outcomeOf(http.get(server.url))).toBe('200 "ok"');
      reading.unsubscribe();
      await becomes(() => server.connections[0]!.complaints.includes('RST_STREAM CANCEL'));
      expect(await outcomeOf(http.get(server.url))).toBe('200 "ok"');
    });
    expect(server.sockets).toHaveLength(1);
  });
});

describe('RFC 9113 section 8.4: pushes', () => {
  it('without end are declined, and bounded', async () => {
    const server = await Hostile2.start((connection) => {
      for (let promised = 2; promised < 40_000; promised += 2) {
        const payload = Buffer.concat([uint32(promised), block(PUSHED)]);
        connection.say(frame(FRAME.PUSH_PROMISE, FLAG.END_HEADERS, 1, payload));
      }
    });
    const { connection, ended } = await connected(server.url, { alpn: 'h2' });
    if (connection.protocol !== 'h2') throw new Error('not h2');
    let offered = 0;
    connection.pushes.subscribe(() => offered++);
    const failure = await failureOf(connection.request({ url: server.url }));
    expect([codeOf(failure), codeOf(await ended)]).toEqual([CALM, CALM]);
    expect(offered).toBeLessThan(12_000);
  });
});

describe('silence', () => {
  it.each<[string, () => Uint8Array[], string]>([
    ['instead of an answer', () => [], 'headers-timeout CANCEL'],
    ['in a field block', () => [headers(1, OK, 0)], 'headers-timeout CANCEL'],
    ['instead of content', () => [head], '200 body-timeout CANCEL'],
    ['in content', () => [head, data(1, 'abc', 0)], '200 "abc" body-timeout CANCEL'],
    ['in a frame', () => [head, data(1, 'abc', 0).subarray(0, 11)], '200 "ab" body-timeout CANCEL'],
  ])('%s ends by the time limit', async (_, said, expected) => {
    const server = await Hostile2.start((connection) => connection.say(...said()));
    const told = await suffers({ ...H2, limits: HURRIED }, (http) => outcomeOf(http.get(server.url)));
    expect(told).toBe(expected);
  });

  it('of a server that takes no stream can be left, and fills no more than the queue', async () => {
    const none = settings(SETTING.MAX_CONCURRENT_STREAMS, 0);
    const server = await Hostile2.start((connection, stream) => connection.say(rst(stream, 7)), { preface: none });
    await suffers({ ...H2, queue: 5 }, async (http) => {
      // Until its settings are here a client may ask as it likes.
      expect(await outcomeOf(http.get(server.url))).toBe('refused REFUSED_STREAM');
      const waiting = Array.from({ length: 5 }, () => http.get(server.url).subscribe());
      expect(await outcomeOf(http.get(server.url))).toBe('queue-full');
      await sleep(SOON / 4);
      for (const each of waiting) {
        expect(each.closed).toBe(false);
        each.unsubscribe();
      }
    });
    expect(server.connections[0]!.count(FRAME.HEADERS)).toBe(1);
  });

  it('of a server that gives no window ends the upload by the write time', async () => {
    const closed = settings(SETTING.INITIAL_WINDOW_SIZE, 0);
    const server = await Hostile2.start(() => undefined, { preface: closed });
    const limits = { ...HURRIED, headTimeout: 10_000, writeTimeout: SOON };
    const told = await suffers({ ...H2, limits }, (http) => outcomeOf(http.post(server.url, Buffer.alloc(MIB))));
    expect(told).toBe('write-timeout CANCEL');
  });
});
