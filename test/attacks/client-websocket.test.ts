/** Servers of WebSockets that send too much, or what no server may send: the client ends them at a limit, and its memory stays flat. */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { NEVER } from 'rxjs';
import { consume } from 'rxpaf';
import { type WebSocket, webSocket, type WebSocketOptions } from 'rxpaf/ws';
import { asked, Flood, hostileServer, suffers } from '../kits/attacks/hostile-server.js';
import { becomes, sleep } from '../kits/peers/peer.js';
import { close, deflated, frame, OP } from '../kits/websocket/frames.js';

const MIB = 1024 * 1024;
/** What the buffers of two sockets and the windows hold, with room. */
const BUFFERED = 32 * MIB;
const UNMASKED = { mask: false } as const;
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Accepts a handshake, and then does as `then` says. */
const accepting = (then: (socket: Socket) => void, extensions = '') =>
  asked((socket, head) => {
    const key = /^sec-websocket-key: (.+)$/im.exec(head);
    if (key === null) return;
    const accept = createHash('sha1').update(`${key[1]!.trim()}${GUID}`).digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${extensions}Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    then(socket);
  });

/** Frames for a write of about 64 KiB. */
const batch = (one: Buffer): Buffer => Buffer.concat(Array<Buffer>(Math.ceil(65_536 / one.length)).fill(one));

/** What a client of that server sees: the code and close code of its error, or its close code. */
function endOf(
  behaviour: ReturnType<typeof accepting>,
  options: WebSocketOptions = {},
  act: (socket: WebSocket) => void = (socket) => void socket.subscribe({ error: () => undefined }),
): Promise<string> {
  return suffers({}, async (http) => {
    const server = await hostileServer(behaviour);
    return new Promise<string>((resolve, reject) => {
      webSocket(server.url, { ...options, http }).subscribe({
        next: (socket) => {
          socket.ended.subscribe(({ code, error }) => {
            const known = error as { readonly code?: string; readonly closeCode?: number } | undefined;
            resolve(known === undefined ? `closed ${code}` : `${known.code} ${known.closeCode}`);
          });
          act(socket);
        },
        error: reject,
      });
    });
  });
}

/** Pours `first`, and then `again` for ever. */
const pouring = (first: Buffer, again: Buffer, flood = new Flood(), extensions = '') =>
  accepting((socket) => {
    socket.write(first);
    flood.pour(socket, batch(again));
  }, extensions);

describe('a server without end', () => {
  it.each<[string, Buffer, Buffer, string]>([
    [
      'of fragments of one octet',
      frame(OP.text, 'x', { ...UNMASKED, fin: false }),
      frame(OP.continuation, 'x', { ...UNMASKED, fin: false }),
      'policy-violation 1008',
    ],
    [
      'of empty fragments',
      frame(OP.text, '', { ...UNMASKED, fin: false }),
      frame(OP.continuation, '', { ...UNMASKED, fin: false }),
      'policy-violation 1008',
    ],
    [
      'of one frame',
      frame(OP.binary, 'x', { ...UNMASKED, form: 64, length: 2 ** 40 }),
      Buffer.of(0),
      'message-too-big 1009',
    ],
  ])('%s is ended at a limit', async (_, first, again, expected) => {
    const flood = new Flood();
    expect(await endOf(pouring(first, again, flood))).toBe(expected);
    expect(flood.sent).toBeLessThan(BUFFERED);
  });

  it.each<[string, Buffer]>([
    ['of messages of 1 KiB', frame(OP.binary, Buffer.alloc(1024), UNMASKED)],
    ['of messages of one octet', frame(OP.text, 'x', UNMASKED)],
    ['of empty messages', frame(OP.text, '', UNMASKED)],
  ])('%s is not read while the program takes none', async (_, message) => {
    const flood = new Flood();
    const end = await endOf(pouring(message, message, flood), {}, (socket) => {
      socket.pipe(consume(() => NEVER)).subscribe({ error: () => undefined });
      void (async () => {
        // The buffers of both sockets are full when nothing more is taken.
        for (let before = -1; before !== flood.sent; await sleep(300)) before = flood.sent;
        socket.error(undefined);
      })();
    });
    expect(end).toBe('closed 1006');
    expect(flood.sent).toBeLessThan(BUFFERED);
  });

  it('of pings, whose pongs it does not read, gets pongs to the latest ones', async () => {
    const ping = frame(OP.ping, Buffer.alloc(125, 'x'), UNMASKED);
    let pongs = 0;
    const behaviour = accepting((socket) => {
      const flood = new Flood();
      socket.pause();
      flood.pour(socket, batch(ping));
      void becomes(() => flood.sent >= 200 * MIB, 'the flood is over').then(() => {
        socket.on('data', (chunk) => (pongs += chunk.length / 131));
        socket.resume();
        socket.end(Buffer.concat([ping, close(1000).subarray(0, 1), Buffer.of(2), Buffer.of(3, 232)]));
      });
    });
    expect(await endOf(behaviour)).toBe('closed 1000');
    expect(pongs).toBeGreaterThan(0);
    expect(pongs).toBeLessThan(1_000_000);
  });
});

describe('a bomb', () => {
  const DEFLATE = 'Sec-WebSocket-Extensions: permessage-deflate\r\n';

  it('is ended at the limit of a message, and not unpacked', async () => {
    const bomb = frame(OP.binary, deflated(Buffer.alloc(300 * MIB)), { ...UNMASKED, rsv: 4 });
    const behaviour = accepting((socket) => void socket.write(bomb), DEFLATE);
    expect(await endOf(behaviour, { deflate: true })).toBe('message-too-big 1009');
  });
});

describe('what no server may send', () => {
  it.each<[string, Buffer, string]>([
    ['a masked frame', frame(OP.text, 'x'), 'protocol-error 1002'],
    ['compression that was not agreed on', frame(OP.text, 'x', { ...UNMASKED, rsv: 4 }), 'protocol-error 1002'],
    ['text that is not UTF-8', frame(OP.text, Buffer.of(0xff), UNMASKED), 'invalid-data 1007'],
  ])('%s ends the socket', async (_, bytes, expected) => {
    expect(await endOf(accepting((socket) => void socket.write(bytes)))).toBe(expected);
  });
});
