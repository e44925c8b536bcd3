/** TCP keep-alive, as the kernel sees it: peers that vanish are found while an exchange waits (RFC 9293 section 3.8.4). */
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { firstValueFrom } from 'rxjs';
import { Context } from '../flow/context.js';
import { HOST, PORT } from '../flow/context-keys.js';
import { resolve } from './default-transports.js';
import { dial, endAll, listens } from '../../test/kits/units/listening.js';
import { certificate, secured, until } from '../../test/kits/units/node-sockets.js';

afterEach(endAll);

/** Of the kernel's list of timers of a socket (proc(5)): of keep-alive, with nothing under way. */
const KEEP_ALIVE_TIMER = '02';
/** Timer ticks a second in that file. */
const TICKS = 100;

/** Seconds until the kernel probes the connection from `local` to `remote`; undefined if it never does. */
function probeIn(local: number, remote: number): number | undefined {
  const port = (hex: string): number => parseInt(hex.slice(hex.indexOf(':') + 1), 16);
  for (const line of readFileSync('/proc/net/tcp', 'latin1').split('\n').slice(1)) {
    const [, from = '', to = '', , , timer = ''] = line.trim().split(/\s+/);
    if (port(from) !== local || port(to) !== remote) continue;
    const [kind, ticks = ''] = timer.split(':');
    return kind === KEEP_ALIVE_TIMER ? parseInt(ticks, 16) / TICKS : undefined;
  }
  throw new Error('no such connection');
}

const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('TCP keep-alive', () => {
  it.each<[string, number | undefined, readonly [number, number] | undefined]>([
    ['after a minute by default', undefined, [30, 60]],
    ['after the time that is configured', 7_000, [1, 7]],
    ['never, if it is switched off', Infinity, undefined],
  ])('of an accepted connection probes %s', async (_when, tcpKeepAlive, seconds) => {
    const server = listens({ port: 0, ...(tcpKeepAlive === undefined ? {} : { tcpKeepAlive }) });
    const port = await server.port;
    const client = dial(port);
    await until(() => server.sockets.length === 1);
    const probe = probeIn(port, client.localPort!);
    if (seconds === undefined) return expect(probe).toBeUndefined();
    expect(probe).toBeGreaterThan(seconds[0]);
    expect(probe).toBeLessThanOrEqual(seconds[1]);
  });

  it('of an accepted connection with TLS probes, too', async () => {
    const server = listens({ port: 0, tls: await certificate('a.test'), tcpKeepAlive: 3_600_000 });
    const port = await server.port;
    const raw = dial(port);
    await once(raw, 'connect');
    await secured({ socket: raw });
    await until(() => server.sockets.length === 1);
    // Until the last of the handshake is acknowledged, its own timer is in the list.
    await until(() => (probeIn(port, raw.localPort!) ?? 0) > 3_500);
  });

  it("of a client's connection probes after a minute", async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const accepted = once(server, 'connection') as Promise<[{ remotePort: number; destroy(): void }]>;
    const flow = await firstValueFrom(resolve(Context.EMPTY.add(HOST, '127.0.0.1').add(PORT, port)));
    const [socket] = await accepted;
    const probe = probeIn(socket.remotePort, port);
    expect(probe).toBeGreaterThan(30);
    expect(probe).toBeLessThanOrEqual(60);
    flow.error();
    socket.destroy();
    server.close();
  });
});
