/**
 * Servers of HTTP/1.1 that send too much, too little, or too slowly: each ends by the bound that it runs into, and costs no memory to speak
 * of. Bytes without a reader stay on the wire.
 */
import type { Server, Socket } from 'node:net';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { collect, consume } from 'rxpaf';
import { firstValueFrom, NEVER } from 'rxjs';
import {
  asked,
  contentOf,
  Flood,
  hostileServer,
  HURRIED,
  outcome,
  outcomeOf,
  SOON,
  suffers,
} from '../kits/attacks/hostile-server.js';
import type { Listening } from '../kits/peers/node-server.js';
import { becomes, sleep } from '../kits/peers/peer.js';

const OK = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;
const MIB = 1024 * 1024;

/** Says `first`, then `again` for ever. */
async function flooding(first: string, again: string | Uint8Array): Promise<[Listening<Server>, Flood]> {
  const flood = new Flood();
  const piece = Buffer.from(again as string, 'latin1');
  const bytes = Buffer.concat(Array<Buffer>(Math.ceil(65_536 / piece.length)).fill(piece));
  const server = await hostileServer(
    asked((socket) => {
      socket.write(first, 'latin1');
      flood.pour(socket, bytes);
    }),
  );
  return [server, flood];
}

describe('floods', () => {
  it.each<[string, string, string, string]>([
    ['a status line', OK.trim(), 'O', 'header-section-too-large'],
    ['a field line', `${OK}a: `, 'b', 'header-section-too-large'],
    ['a field name', OK, 'a', 'header-section-too-large'],
    ['field lines', OK, 'a: b\r\n', 'header-section-too-large'],
    ['empty lines', '', '\r\n', 'malformed-response'],
    ['interim responses', '', 'HTTP/1.1 103 Early Hints\r\n\r\n', 'malformed-response'],
    ['interim responses with fields', '', `HTTP/1.1 103 x\r\n${'a: b\r\n'.repeat(100)}\r\n`, 'malformed-response'],
    ['100 (Continue)', '', 'HTTP/1.1 100 Continue\r\n\r\n', 'malformed-response'],
    ['a chunk size', CHUNKED, '0', '200 malformed-response'],
    ['a chunk extension', `${CHUNKED}1`, ';a=b', '200 malformed-response'],
    ['chunk extensions', CHUNKED, '1;a="b"\r\nx\r\n', '200 (2730) malformed-response'],
    ['trailers', `${CHUNKED}1\r\nx\r\n0\r\n`, 'a: b\r\n', '200 "x" header-section-too-large'],
    ['a trailer', `${CHUNKED}1\r\nx\r\n0\r\na: `, 'b', '200 "x" header-section-too-large'],
    ['answers to one request', '', `${OK}Content-Length: 2\r\n\r\nok`, '200 "ok"'],
    ['garbage behind the answer', `${OK}Content-Length: 2\r\n\r\nok`, '\0', '200 "ok"'],
    ['content of an answer that has none', 'HTTP/1.1 204 No Content\r\n\r\n', 'x', '204 ""'],
  ])('of %s end at their limit', async (_, first, again, expected) => {
    const [server, flood] = await flooding(first, again);
    expect(await outcome(server)).toBe(expected);
    expect(flood.sent).toBeLessThan(BUFFERED);
  });
});

describe('content without end', () => {
  /** The beginnings that content may have. */
  const FRAMINGS: readonly [string, string, string][] = [
    ['with a length', `${OK}Content-Length: 9000000000000000\r\n\r\n`, 'x'],
    ['in chunks', CHUNKED, `1000\r\n${'x'.repeat(4096)}\r\n`],
    ['in chunks of a byte', CHUNKED, '1\r\nx\r\n'],
    ['up to the close', `${OK}\r\n`, 'x'],
  ];

  it.each(FRAMINGS)(
    '%s that nobody subscribes to is not taken, and ends by the time limit',
    async (_, first, again) => {
      const [server, flood] = await flooding(first, again);
      await suffers({ limits: HURRIED }, async (http) => {
        const { body } = await firstValueFrom(http.get(server.url));
        await becomes(() => server.sockets.every(({ destroyed }) => destroyed));
        expect(await contentOf(body)).toMatch(/^\(\d+\) body-timeout CANCEL$/);
      });
      expect(flood.sent).toBeLessThan(BUFFERED);
    },
  );

  it.each(FRAMINGS)(
    '%s whose reader stops is not taken, and ends when the reader unsubscribes',
    async (_, first, again) => {
      const [server, flood] = await flooding(first, again);
      await suffers({}, async (http) => {
        const { body } = await firstValueFrom(http.get(server.url));
        const reading = body.pipe(consume(() => NEVER)).subscribe();
        await stalls(flood);
        expect(server.sockets[0]!.destroyed).toBe(false);
        reading.unsubscribe();
        await becomes(() => server.sockets[0]!.destroyed);
      });
      expect(flood.sent).toBeLessThan(BUFFERED);
    },
  );

  it.each(FRAMINGS)('%s that is thrown away ends the connection', async (_, first, again) => {
    const [server, flood] = await flooding(first, again);
    await suffers({}, async (http) => {
      (await firstValueFrom(http.get(server.url))).discard();
      await becomes(() => server.sockets[0]!.destroyed);
    });
    expect(flood.sent).toBeLessThan(BUFFERED);
  });

  it.each(FRAMINGS)('%s that is collected up to a limit ends there', async (_, first, again) => {
    const [server, flood] = await flooding(first, again);
    await suffers({}, async (http) => {
      const { body } = await firstValueFrom(http.get(server.url));
      const collected = firstValueFrom(body.pipe(collect({ limit: 100_000 })));
      await expect(collected).rejects.toMatchObject({ code: 'body-too-large' });
    });
    expect(flood.sent).toBeLessThan(BUFFERED);
  });

  it.each(FRAMINGS)('%s of a response to be repeated is not waited for', async (_, first, again) => {
    const [server, flood] = await flooding(first.replace('200 OK', '503 Busy'), again);
    await suffers({ retry: { attempts: 3, base: 1 } }, async (http) =>
      (await firstValueFrom(http.get(server.url))).discard(),
    );
    expect(server.sockets).toHaveLength(4);
    expect(flood.sent).toBeLessThan(4 * BUFFERED);
  });
});

describe('bombs of content codings', () => {
  const ZEROS = Buffer.alloc(64 * MIB);
  const BOMBS: readonly [string, () => Uint8Array][] = [
    ['gzip', () => gzipSync(ZEROS)],
    ['gzip, gzip', () => gzipSync(gzipSync(ZEROS))],
    ['br', () => brotliCompressSync(ZEROS, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } })],
  ];

  /** Eight requests for it at once: 512 MiB, should anybody unpack them. */
  async function bombs(coding: string, bomb: Uint8Array): Promise<Listening<Server>> {
    const head = `${OK}Content-Encoding: ${coding}\r\nContent-Length: ${bomb.length}\r\n\r\n`;
    return hostileServer(asked((socket) => void (socket.write(head), socket.write(bomb))));
  }

  it.each(BOMBS)('%s are unpacked only as they are read', async (coding, make) => {
    const server = await bombs(coding, make());
    await suffers({}, async (http) => {
      const responses = await Promise.all(Array.from({ length: 8 }, () => firstValueFrom(http.get(server.url))));
      const readings = responses.map(({ body }) => body.pipe(consume(() => NEVER)).subscribe());
      await sleep(SOON);
      for (const reading of readings) reading.unsubscribe();
    });
  });

  it.each(BOMBS)('%s are unpacked up to the limit of who collects them', async (coding, make) => {
    const server = await bombs(coding, make());
    await suffers({}, async (http) => {
      const collected = Array.from({ length: 8 }, () =>
        firstValueFrom(http.request(server.url, { selector: ({ body }) => body.pipe(collect({ limit: MIB })) })),
      );
      for (const each of collected) await expect(each).rejects.toMatchObject({ code: 'body-too-large' });
    });
  });

  it.each<[string, string, string]>([
    ['more codings than five', 'gzip, gzip, gzip, gzip, gzip, gzip', 'unsupported-content-coding'],
    ['an unknown coding, whose bytes are given as they came', 'x-bomb', '"\xffgarbage"'],
    ['garbage', 'gzip', 'malformed-response'],
    ['garbage', 'br', 'malformed-response'],
    ['garbage', 'deflate', 'malformed-response'],
  ])('%s: %s', async (_, coding, expected) => {
    const server = await bombs(coding, Buffer.from('\xffgarbage', 'latin1'));
    expect(await outcome(server)).toBe(`200 ${expected}`);
  });
});

describe('silence', () => {
  it.each<[string, string, string]>([
    ['instead of an answer', '', 'headers-timeout CANCEL'],
    ['in a status line', 'HTTP/1.1 20', 'headers-timeout CANCEL'],
    ['in a header section', `${OK}a: b`, 'headers-timeout CANCEL'],
    ['behind an interim response', 'HTTP/1.1 103 x\r\n\r\n', 'headers-timeout CANCEL'],
    ['instead of content', `${OK}Content-Length: 5\r\n\r\n`, '200 body-timeout CANCEL'],
    ['in content', `${OK}Content-Length: 5\r\n\r\nabc`, '200 "abc" body-timeout CANCEL'],
    ['in a chunk size', `${CHUNKED}5`, '200 body-timeout CANCEL'],
    ['in a trailer section', `${CHUNKED}3\r\nabc\r\n0\r\na: b`, '200 "abc" body-timeout CANCEL'],
  ])('%s ends by the time limit', async (_, said, expected) => {
    const server = await hostileServer(asked((socket) => socket.write(said)));
    expect(await outcome(server, { limits: HURRIED })).toBe(expected);
  });

  it.each<[string, string, string]>([
    ['field lines', OK, 'headers-timeout CANCEL'],
    ['interim responses', '', 'headers-timeout CANCEL'],
  ])('broken by %s one at a time ends by the time limit, too', async (what, first, expected) => {
    const again = what === 'field lines' ? 'a: b\r\n' : 'HTTP/1.1 103 x\r\n\r\n';
    const server = await hostileServer(asked((socket) => (socket.write(first), repeat(socket, again))));
    expect(await outcome(server, { limits: HURRIED })).toBe(expected);
  });

  it('of a server that takes no request ends by the time limit', async () => {
    const server = await hostileServer((socket) => void setImmediate(() => socket.pause()));
    const body = (): Uint8Array => Buffer.alloc(32 * MIB);
    const limits = { ...HURRIED, writeTimeout: SOON };
    const failed = suffers({ limits }, async (http) => {
      const told = await outcomeOf(http.post(server.url, body));
      // It hears nothing as long as it is paused.
      for (const socket of server.sockets) socket.destroy();
      return told;
    });
    expect(await failed).toBe('write-timeout');
  });

  it('can be left at any time', async () => {
    const server = await hostileServer(() => undefined);
    await suffers({}, async (http) => {
      const waiting = Array.from({ length: 100 }, () => http.get(server.url).subscribe());
      await becomes(() => server.sockets.length > 0);
      for (const each of waiting) each.unsubscribe();
    });
  });
});

/** Systems keep this much of a connection that is not read, beyond the memory of this side. */
const BUFFERED = 16 * MIB;

/** Waits until no more of `flood` is taken. */
async function stalls(flood: Flood): Promise<void> {
  for (let before = -1; before !== flood.sent; await sleep(50)) before = flood.sent;
}

/** Says `text` every few ms, as long as the connection lasts. */
function repeat(socket: Socket, text: string): void {
  const timer = setInterval(() => socket.write(text), SOON / 10);
  socket.once('close', () => clearInterval(timer));
}
