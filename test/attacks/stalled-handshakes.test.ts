/**
 * Thousands of TLS handshakes that begin and do not go on. They take a descriptor and some memory each, and do not keep others from being
 * served. Each is ended in time, whether it sends nothing, a part of a ClientHello, or a byte of it now and then. `maxConnections` bounds
 * their number.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { get } from 'node:https';
import { connect, type Socket } from 'node:net';
import { type Example, start } from '../kits/example.js';
import { becomes } from '../kits/peers/peer.js';
import { PATIENCE } from '../kits/patience.js';

/** Descriptors that either process needs besides. */
const OTHERS = 500;
const descriptors = Number(spawnSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).stdout) || Infinity;
/** As many as are asked for, or as `ulimit -n` lets: the titles say. */
const COUNT = Math.min(10_000, descriptors - OTHERS);

/** Bytes that a stalled handshake may take: TLS has taken 30 KiB for each, before it knows more of the peer. */
const MOST = 80 * 1024;

/** A ClientHello of 512 bytes (RFC 8446 section 4.1.2), of which the first 100 come. */
const HELLO = Buffer.concat([Buffer.from('1603010200010001fc0303', 'hex'), Buffer.alloc(89, 7)]);

const stalled = new Set<Socket>();

afterEach(() => {
  for (const socket of stalled) socket.destroy();
});

/** The report of a server. */
interface Told {
  readonly faults: Readonly<Record<string, number>>;
  readonly descriptors: number;
}

/** A server whose handshakes have so many ms. */
class Server {
  private port = 0;

  private constructor(private readonly example: Example) {}

  static async start(handshake: number): Promise<Server> {
    const server = new Server(start('test/kits/attacks/handshake-server.ts', { HANDSHAKE: String(handshake) }));
    server.port = Number(new URL(await server.example.url()).port);
    // The memory that the first requests need does not count as growth.
    for (let index = 0; index < 20; index++) await server.ask();
    return server;
  }

  /** Asks on a connection of its own, as anybody would. */
  ask(): Promise<Told> {
    return new Promise((done, failed) => {
      get({ port: this.port, host: '127.0.0.1', rejectUnauthorized: false, agent: false }, (response) => {
        let told = '';
        response.on('data', (chunk: Buffer) => (told += chunk.toString()));
        response.on('end', () => done(JSON.parse(told) as Told));
      }).on('error', failed);
    });
  }

  /** Resident memory in bytes; 0 if the system does not report it. */
  memory(): number {
    const file = `/proc/${this.example.pid}/status`;
    if (!existsSync(file)) return 0;
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(file, 'latin1'))![1]) * 1024;
  }

  /** Begins `count` handshakes, and sends a request after each few hundred of them. */
  async stalledBy(count: number): Promise<void> {
    for (let begun = 0; begun < count; begun += 500) {
      await Promise.all(Array.from({ length: Math.min(500, count - begun) }, (_, index) => this.stall(index)));
      await this.ask();
    }
  }

  private async stall(index: number): Promise<void> {
    const socket = connect({ port: this.port, host: '127.0.0.1' });
    stalled.add(socket);
    let trickling: NodeJS.Timeout | undefined;
    socket
      .on('error', () => undefined)
      .once('close', () => {
        stalled.delete(socket);
        clearInterval(trickling);
      });
    await once(socket, 'connect');
    if (index % 2 === 0) return;
    socket.write(HELLO);
    if (index % 50 === 1) trickling = setInterval(() => socket.write('x'), 100);
  }
}

describe('TLS handshakes that stall', () => {
  it(`${COUNT} at once keep nobody from being served, and take no more than their memory`, async () => {
    const server = await Server.start(600_000);
    const before = await server.ask();
    const calm = server.memory();
    await server.stalledBy(COUNT);
    expect((await server.ask()).descriptors - before.descriptors).toBe(COUNT);
    expect(server.memory() - calm).toBeLessThan(COUNT * MOST);
    // They disconnect: nothing is left of them.
    for (const socket of stalled) socket.destroy();
    let after = await server.ask();
    for (const begin = Date.now(); after.descriptors > before.descriptors && Date.now() - begin < PATIENCE;)
      after = await server.ask();
    expect(after.descriptors).toBe(before.descriptors);
  });

  it('2000 are ended in time, each of them a fault, and other clients are served', async () => {
    const server = await Server.start(3000);
    const before = await server.ask();
    await server.stalledBy(2000);
    await becomes(() => stalled.size === 0, 'all are ended');
    expect(await server.ask()).toEqual({ faults: { 'handshake-timeout': 2000 }, descriptors: before.descriptors });
  });
});
