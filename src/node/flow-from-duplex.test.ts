/** Flows over real streams: what any Duplex does, and what only a socket can. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex, PassThrough } from 'node:stream';
import { take } from 'rxjs';
import { Accounted, bytes, Reader, utf8 } from '../../test/kits/units/bodies.js';
import { ProtocolError } from '../errors.js';
import type { Flow } from '../flow/flow.js';
import { fromDuplex } from './flow-from-duplex.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}
const codesOf = (reader: Reader): unknown[] =>
  reader.ends.map((end) => (end instanceof ProtocolError ? `${end.code} ${end.scope} ${end.initiator}` : end));

/** A Duplex in the test's hand: both sides apart. */
class HandDuplex extends Duplex {
  readonly taken: string[] = [];
  private readonly callbacks: (() => void)[] = [];
  constructor(private readonly stuck = false) {
    super({ highWaterMark: 16, allowHalfOpen: true });
  }
  override _read(): void {
    // The test pushes the input.
  }
  override _write(chunk: Buffer, _encoding: string, callback: () => void): void {
    this.taken.push(chunk.toString('latin1'));
    if (this.stuck) this.callbacks.push(callback);
    else callback();
  }
  takeOn(): void {
    this.callbacks.shift()?.();
  }
}

describe('a flow over a Duplex', () => {
  it('takes no more at once if a write fails: a loop that writes while it may would never end', () => {
    const broken = new Duplex({
      write: (_chunk, _encoding, done) => done(new Error('write ECONNRESET')),
      read: () => undefined,
    });
    const flow = fromDuplex(broken);
    let writes = 0;
    // Within one turn: the stream is destroyed after it.
    while (flow.ready && writes < 1000) {
      flow.next(bytes(64));
      writes++;
    }
    expect(writes).toBe(1);
    expect(flow.ready).toBe(false);
  });

  it('is one for one stream', () => {
    const duplex = new HandDuplex();
    expect(fromDuplex(duplex)).toBe(fromDuplex(duplex));
  });

  it('reads nothing before it is subscribed to', async () => {
    const duplex = new HandDuplex();
    const flow = fromDuplex(duplex);
    duplex.push('waits');
    await turn();
    expect(flow.unacked).toBe(0);
    const reader = new Reader();
    flow.subscribe(reader);
    await turn();
    expect(reader.text).toBe('waits');
  });

  it('pauses its stream at the window, and resumes it at half of that', async () => {
    const duplex = new HandDuplex();
    const flow = fromDuplex(duplex);
    const reader = new Reader({ retain: true });
    flow.subscribe(reader);
    duplex.push(bytes(flow.window / 2));
    await turn();
    expect(duplex.isPaused()).toBe(false);
    duplex.push(bytes(flow.window / 2));
    await turn();
    duplex.push('later');
    await turn();
    expect([duplex.isPaused(), flow.unacked, reader.chunks.length]).toEqual([true, flow.window, 2]);
    reader.releases[0]?.();
    await turn();
    expect([duplex.isPaused(), reader.chunks.length]).toEqual([false, 3]);
  });

  it('writes text as latin1 and bytes by reference, in order', () => {
    const duplex = new HandDuplex();
    fromDuplex(duplex).write(['\xe9', utf8('b'), 'c']);
    fromDuplex(duplex).next(utf8('d'));
    expect(duplex.taken.join('')).toBe('\xe9bcd');
  });

  it('asks to wait while the stream is not ready, until it has drained', async () => {
    const duplex = new HandDuplex(true);
    const flow = fromDuplex(duplex);
    const told: string[] = [];
    expect([flow.next(bytes(10)), flow.next(bytes(10)), flow.ready]).toEqual([true, false, false]);
    flow.drained.subscribe({ next: () => told.push('next'), complete: () => told.push('complete') });
    duplex.takeOn();
    await turn();
    expect(told).toEqual([]);
    duplex.takeOn();
    await turn();
    expect([told, flow.ready]).toEqual([['next'], true]);
    flow.complete();
    await turn();
    expect([told, flow.ready]).toEqual([['next', 'complete'], false]);
  });

  it('completes `drained` only when all that was written is on its way', async () => {
    const duplex = new HandDuplex(true);
    const flow = fromDuplex(duplex);
    flow.next(bytes(3));
    flow.complete();
    flow.complete();
    let drained = 0;
    flow.drained.subscribe({ complete: () => drained++ });
    await turn();
    expect(drained).toBe(0);
    duplex.takeOn();
    await turn();
    expect(drained).toBe(1);
  });

  it('is half-closed either way', async () => {
    const duplex = new HandDuplex();
    const flow = fromDuplex(duplex);
    const reader = new Reader();
    flow.subscribe(reader);
    duplex.push('a');
    duplex.push(null);
    await turn();
    expect([reader.text, reader.ends, flow.next(utf8('b')), duplex.taken]).toEqual(['a', ['complete'], true, ['b']]);
  });

  it('takes a close without FIN for a reset, after the bytes that came', async () => {
    const duplex = new HandDuplex();
    const reader = new Reader();
    fromDuplex(duplex).subscribe(reader);
    duplex.push('came');
    await turn();
    duplex.destroy();
    await turn();
    expect([reader.text, codesOf(reader)]).toEqual(['came', ['connection-reset connection peer']]);
  });

  it('passes the stream’s error on as a cause', async () => {
    const duplex = new HandDuplex();
    const reader = new Reader();
    const cause = new Error('broken');
    fromDuplex(duplex).subscribe(reader);
    duplex.destroy(cause);
    await turn();
    expect(reader.ends).toEqual([expect.objectContaining({ code: 'connection-reset', message: 'broken', cause })]);
  });

  it('closes a TLS socket that fails after its handshake, which stays otherwise', async () => {
    const duplex = new HandDuplex();
    const reader = new Reader();
    const cause = Object.assign(new Error('bad record mac'), { code: 'ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC' });
    fromDuplex(duplex).subscribe(reader);
    duplex.emit('error', cause);
    await turn();
    expect(duplex.destroyed).toBe(true);
    expect(reader.ends).toEqual([expect.objectContaining({ code: 'connection-reset', cause })]);
  });

  it('distinguishes its own abort from the peer’s, and gives the reader the error that it was aborted with', async () => {
    const readers = [undefined, 'enough'].map((error) => {
      const flow = fromDuplex(new HandDuplex());
      const reader = new Reader();
      flow.subscribe(reader);
      flow.error(error);
      flow.error('again');
      return reader;
    });
    await turn();
    expect(readers.flatMap(codesOf)).toEqual(['closed connection local', 'enough']);
  });

  it('takes no more writes once it is gone: a loop that writes while it may comes to its end', () => {
    const duplex = new HandDuplex();
    const flow = fromDuplex(duplex);
    duplex.destroy();
    let writes = 0;
    while (writes < 1000 && flow.next(bytes(1))) writes++;
    expect([writes, flow.ready]).toEqual([0, false]);
  });

  it('gives back what it holds where the stream goes away', async () => {
    const duplex = new HandDuplex(true);
    const source = new Accounted();
    source.body.subscribe({ next: (chunk) => fromDuplex(duplex).next(chunk) });
    source.write(bytes(40));
    expect(source.body.unacked).toBe(40);
    duplex.destroy();
    await turn();
    expect([source.body.unacked, source.credited]).toEqual([0, 40]);
  });

  it('knows a stream that ended or was closed before it became a flow', async () => {
    const [ended, closed] = [new HandDuplex(), new HandDuplex()];
    ended.push(null);
    ended.resume();
    closed.destroy();
    await turn();
    const readers = [ended, closed].map((duplex) => {
      const reader = new Reader();
      fromDuplex(duplex).subscribe(reader);
      return reader;
    });
    expect(readers.map(codesOf)).toEqual([['complete'], ['connection-reset connection peer']]);
  });

  it('is handed over: nothing is lost between the readers', async () => {
    const duplex = new HandDuplex();
    const flow = fromDuplex(duplex);
    const [first, second] = [new Reader(), new Reader()];
    flow.pipe(take(1)).subscribe(first);
    duplex.push('ab');
    await turn();
    duplex.push('cd');
    await turn();
    expect(duplex.isPaused()).toBe(true);
    flow.unread(utf8('b'));
    flow.subscribe(second);
    duplex.push(null);
    await turn();
    expect([first.text, second.text, second.ends]).toEqual(['ab', 'bcd', ['complete']]);
  });

  it('takes streams of text too', async () => {
    const duplex = new PassThrough({ encoding: 'utf8' });
    const reader = new Reader();
    fromDuplex(duplex).subscribe(reader);
    duplex.write('€');
    await turn();
    expect(Buffer.concat(reader.chunks).toString()).toBe('€');
  });
});

describe('a flow over a socket', () => {
  let server: Server;
  const sockets: Socket[] = [];

  beforeAll(async () => {
    server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  /** Both ends of a connection. */
  async function pair(): Promise<{ here: Flow; there: Socket; socket: Socket }> {
    const { port } = server.address() as AddressInfo;
    const there = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const [socket] = (await once(server, 'connection')) as [Socket];
    await until(() => !there.connecting);
    there.on('error', () => 0);
    sockets.push(there, socket);
    return { here: fromDuplex(socket), there, socket };
  }

  it('echoes any amount, with the backpressure of both sides', async () => {
    const { here, there, socket } = await pair();
    here.subscribe(here);
    const sent = bytes(4_000_000);
    there.end(sent);
    let waiting = 0;
    const got: Buffer[] = [];
    there.on('data', (chunk: Buffer) => {
      got.push(chunk);
      waiting = Math.max(waiting, socket.writableLength);
    });
    await once(there, 'end');
    expect(Buffer.concat(got).equals(sent)).toBe(true);
    expect(waiting).toBeLessThan(300_000);
    expect(here.unacked).toBe(0);
  });

  it('does not take what its echo cannot give back: a peer that only writes is slowed down', async () => {
    const { here, there, socket } = await pair();
    here.subscribe(here);
    let accepted = 0;
    const chunk = bytes(256 * 1024);
    for (let idle = 0; idle < 20;) {
      if (there.writableLength === 0) {
        there.write(chunk);
        accepted += chunk.length;
        idle = 0;
      } else idle++;
      if (accepted > 100_000_000) throw new Error('it takes for ever');
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(socket.writableLength).toBeLessThan(1_000_000);
    expect(socket.isPaused()).toBe(true);
  });

  it('shows by `progress` that the peer takes something', async () => {
    const { here, there, socket } = await pair();
    const before = here.progress;
    here.next(bytes(8_000_000));
    await turn();
    const stalled = here.progress;
    expect(stalled - before).toBeLessThan(8_000_000);
    there.resume();
    await until(() => socket.writableLength === 0);
    expect(here.progress).toBe(before + 8_000_000);
  });

  it('sends FIN on complete(), and goes on reading', async () => {
    const { here, there } = await pair();
    const reader = new Reader();
    here.subscribe(reader);
    here.next(utf8('last words'));
    here.complete();
    const got = new Reader();
    there.on('data', got.next);
    await once(there, 'end');
    there.end('and an answer');
    await until(() => reader.ends.length > 0);
    expect([got.text, reader.text, reader.ends]).toEqual(['last words', 'and an answer', ['complete']]);
  });

  it('takes RST for connection-reset, after the bytes that came', async () => {
    const { here, there } = await pair();
    const reader = new Reader();
    here.subscribe(reader);
    there.write('came');
    await until(() => reader.text === 'came');
    there.resetAndDestroy();
    await until(() => reader.ends.length > 0);
    expect(codesOf(reader)).toEqual(['connection-reset connection peer']);
    expect([here.ready, here.next(utf8('x'))]).toEqual([false, false]);
  });

  it('resets the connection on error(), unless this side had ended and all was sent', async () => {
    // The effect at the peer depends on its kernel: ECONNRESET, or an end if it had read before.
    const [unsent, idle, ended] = [await pair(), await pair(), await pair()];
    const resets = [unsent, idle, ended].map(({ socket }) => jest.spyOn(socket, 'resetAndDestroy'));
    ended.here.complete();
    await until(() => ended.socket.writableFinished);
    unsent.here.next(bytes(8_000_000));
    unsent.here.error();
    idle.here.error();
    ended.here.error();
    expect(resets.map((reset) => reset.mock.calls.length)).toEqual([1, 1, 0]);
    expect([unsent, idle, ended].map(({ socket }) => socket.destroyed)).toEqual([true, true, true]);
  });

  it('keeps no socket where error() comes while the FIN is on its way', async () => {
    // libuv takes no reset then (EINVAL), and Node would forget the socket without closing it.
    const { here, there, socket } = await pair();
    const closed = once(socket, 'close');
    here.next(utf8('last'));
    here.complete();
    here.error();
    await Promise.all([closed, once(there.resume(), 'end')]);
    expect(socket.destroyed).toBe(true);
  });

  it('closes at once on error(), however long the peer would take for what is unsent', async () => {
    const { here, socket } = await pair();
    here.next(bytes(8_000_000));
    await turn();
    here.error();
    await once(socket, 'close');
    expect(here.ready).toBe(false);
  });

  it('is aborted over a unix socket too, which cannot be reset', async () => {
    const path = join(tmpdir(), `rxpaf-${process.pid}.sock`);
    const local = createServer().listen(path);
    await once(local, 'listening');
    const there = connect(path);
    const [socket] = (await once(local, 'connection')) as [Socket];
    const here = fromDuplex(socket);
    here.next(bytes(8_000_000));
    here.error();
    await once(socket, 'close');
    there.destroy();
    local.close();
    expect(here.ready).toBe(false);
  });
});
