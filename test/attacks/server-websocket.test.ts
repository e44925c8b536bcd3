/**
 * Peers of a WebSocket that mean harm, over HTTP/1.1 and HTTP/2, against the echo of `examples/first-steps/echo.ts` with its default limits.
 * During each attack others are served, and the memory of the process stays within a bound. The figures of docs/security.md are those that
 * `TELL=1` prints.
 */
import { Target } from '../kits/attacks/attack.js';
import { WebSocketAttacker } from '../kits/attacks/websocket-flood.js';
import { close, deflated, frame, OP } from '../kits/websocket/frames.js';

const target = Target.shared();
const MIB = 1024 * 1024;
const DEFLATE = 'permessage-deflate';

const FRAGMENT = frame(OP.continuation, 'x', { fin: false });
const EMPTY_FRAGMENT = frame(OP.continuation, '', { fin: false });
const first = (payload: string): Buffer => frame(OP.text, payload, { fin: false });
const last = (payload: string): Buffer => frame(OP.continuation, payload);

describe.each(['http/1.1', 'h2'] as const)('a WebSocket over %s', (protocol) => {
  const attacker = (extensions?: string) => WebSocketAttacker.open(protocol, target, extensions);

  it('takes a million fragments of one octet as one message', async () => {
    const outcome = await target.under(async () => {
      const peer = (await attacker()).listen();
      await peer.write(first('x'));
      const ending = await peer.flood(999_998, () => FRAGMENT, 2000);
      await peer.write(last('x'));
      await peer.until(() => peer.words.length > 0);
      return [ending, ...peer.words];
    });
    expect(outcome).toEqual(['done', 'TEXT 1000000 bytes']);
  });

  it('ends a message of empty fragments', async () => {
    const outcome = await target.under(async () => {
      const peer = (await attacker()).listen();
      await peer.write(first(''));
      const ending = await peer.flood(2 * MIB, () => EMPTY_FRAGMENT, 2000);
      return [ending, await peer.end()];
    });
    expect(outcome).toEqual(['closed', 'CLOSE 1008']);
  });

  it('has room for heads that announce much, and little comes of', async () => {
    const ended = await target.under(async () => {
      const peers = await Promise.all(Array.from({ length: 300 }, () => attacker()));
      const head = frame(OP.binary, Buffer.from('x'), { length: MIB, form: 64 });
      for (const peer of peers) await peer.write(head);
      return peers.filter((peer) => peer.ended).length;
    });
    expect(ended).toBe(0);
  });

  it('ends a frame that announces more than a message may have', async () => {
    const outcome = await target.under(async () => {
      const peer = (await attacker()).listen();
      await peer.write(frame(OP.binary, Buffer.from('x'), { length: 2 ** 40, form: 64 }));
      return peer.end();
    });
    expect(outcome).toBe('CLOSE 1009');
  });

  it('keeps only the latest of the pongs that are not read', async () => {
    const ping = frame(OP.ping, Buffer.alloc(125, 'x'));
    const pongs = await target.under(async () => {
      const peer = await attacker();
      expect(await peer.flood(500_000, () => ping)).toBe('done');
      peer.listen();
      await peer.write(frame(OP.text, 'still'));
      await peer.until(() => peer.words.includes('TEXT "still"'));
      return peer.words.filter((word) => word === 'PONG 125 bytes').length;
    });
    expect(pongs).toBeGreaterThan(0);
    // What the buffers of the sockets take, and the latest.
    expect(pongs).toBeLessThan(250_000);
  });

  it('reads no further for a peer that does not read what it is sent', async () => {
    const message = frame(OP.binary, Buffer.alloc(64 * 1024));
    const ending = await target.under(async () => (await attacker()).flood(20_000, () => message, 16));
    expect(ending).toBe('jammed');
  });

  it('reads no further for a peer that does not read, by messages of one octet', async () => {
    const message = frame(OP.text, 'x');
    const ending = await target.under(async () => (await attacker()).flood(20_000_000, () => message, 20_000));
    expect(ending).toBe('jammed');
  });

  it('ends a bomb at the limit of a message, before it is unpacked', async () => {
    const bomb = frame(OP.binary, deflated(Buffer.alloc(200 * MIB)), { rsv: 4 });
    const words = await target.under(async () => {
      const peers = await Promise.all(Array.from({ length: 50 }, () => attacker(DEFLATE)));
      await Promise.all(peers.map((peer) => peer.listen().write(bomb)));
      return Promise.all(peers.map((peer) => peer.end()));
    });
    expect(new Set(words)).toEqual(new Set(['CLOSE 1009']));
  });

  it('unpacks bombs below the limit one at a time', async () => {
    const bomb = frame(OP.binary, deflated(Buffer.alloc(MIB)), { rsv: 4 });
    const words = await target.under(async () => {
      const peers = await Promise.all(
        Array.from({ length: 20 }, () => attacker(`${DEFLATE}; client_no_context_takeover`)),
      );
      await Promise.all(peers.map((peer) => peer.listen().flood(10, () => bomb, 10)));
      await Promise.all(peers.map((peer) => peer.until(() => peer.words.length >= 10)));
      return peers.flatMap((peer) => peer.words);
    });
    expect(words).toHaveLength(200);
    expect(new Set(words)).toEqual(new Set([`BINARY deflated ${MIB} bytes`]));
  });

  it('ends the connection of a peer that goes on after its Close', async () => {
    const outcome = await target.under(async () => {
      const peer = (await attacker()).listen();
      await peer.write(close(1000));
      await peer.flood(10_000, () => frame(OP.binary, Buffer.alloc(1024)));
      return peer.end();
    });
    expect(outcome).toBe('CLOSE 1000');
  });
});
