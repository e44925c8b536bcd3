/**
 * A server that has no descriptor left (EMFILE): connected clients are served on, new ones are refused, and once there are descriptors
 * again it accepts as before. libuv closes the newcomers itself, by a descriptor that it keeps for that, and reports nothing: the listener looks once
 * a second, and reports each burst once.
 */
import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import { allOf, askOn, FaultServer } from '../kits/faults/fault-injection.js';

/** Of which it needs some thirty. */
const DESCRIPTORS = 200;
const GET = 'GET /good HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';

const server = new FaultServer();
beforeAll(() => server.start(DESCRIPTORS));
afterAll(() => server.stop());

/** The response to a client that connects now; empty if it is not accepted. */
async function newcomer(): Promise<string> {
  const socket = await server.dial();
  socket.write(GET);
  return (await allOf(socket)).split('\r\n', 1)[0]!;
}

it('serves connected clients, refuses new ones, and accepts again', async () => {
  const told = await server.under(async () => {
    await server.order({ exhausted: true });
    for (let round = 0; round < 3; round++) {
      expect(await newcomer()).toBe('');
      expect(await server.bystanders()).toEqual(['200 good', '200 good']);
    }
    // Handshakes do not begin.
    const secured = connectTls({ port: server.secure, host: '127.0.0.1', rejectUnauthorized: false });
    await once(secured, 'error');
    const content = `200 ${'x'.repeat(300_000)}`;
    expect(await server.bystanders('/bytes/300000')).toEqual([content, content]);
    // By both listeners: that of cleartext, and that of TLS.
    await server.reports('accept-failed', 2);

    await server.order({ exhausted: false });
    expect(await newcomer()).toBe('HTTP/1.1 200 OK');
    const session = await server.h2();
    expect(await askOn(session, '/good')).toBe('200 good');
    session.destroy();
  });
  expect(told).toEqual(['accept-failed', 'accept-failed']);
});

it('does so each time, and reports a burst once', async () => {
  for (let turn = 0; turn < 3; turn++) {
    const told = await server.under(async () => {
      await server.order({ exhausted: true });
      expect(await Promise.all(Array.from({ length: 20 }, newcomer))).toEqual(Array<string>(20).fill(''));
      await server.order({ exhausted: false });
      expect(await newcomer()).toBe('HTTP/1.1 200 OK');
    });
    // By each of the two listeners, and only if it looked meanwhile: a burst is over after ten looks that found a descriptor.
    expect(told.filter((code) => code !== 'accept-failed')).toEqual([]);
    expect(told.length).toBeLessThanOrEqual(2);
  }
});
