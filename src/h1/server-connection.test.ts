/** What becomes of the connection: handed over to another protocol, out of time, or shut down. */
import { DATE, pulled, server } from '../../test/kits/units/h1-engines.js';
import { asked, GET, POST, response } from '../../test/kits/units/h1-server.js';

describe('a switch of protocols', () => {
  const UPGRADE = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n';

  it('by 101 gives the bytes after it to the new protocol (RFC 9110 section 15.2.2)', () => {
    const { engine, feed, log } = asked(`${UPGRADE}GET`);
    expect(engine.sendHead(1, response(101, { upgrade: 'x' }), undefined)).toBe(false);
    expect(engine.state).toBe('draining');
    expect(pulled(engine)).toBe(
      `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\ndate: ${DATE}\r\n\r\n`,
    );
    expect([engine.state, log.at(-1)]).toEqual(['upgraded', '1 sent']);
    feed('more');
    expect(Buffer.from(engine.leftover()).toString()).toBe('GETmore');
    expect(engine.leftover()).toHaveLength(0);
  });

  it('that is refused leaves the connection as it is', () => {
    const { engine, log } = asked(UPGRADE + GET);
    expect(log).toHaveLength(1);
    engine.sendMessage(1, response(200), '');
    expect(log.at(-1)).toMatch(/^2 head/);
  });

  it('by CONNECT has no framing fields (RFC 9110 section 9.3.6)', () => {
    const { engine } = asked('CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\ntls');
    expect(engine.sendHead(1, response(200, { 'content-length': 4 }), undefined)).toBe(false);
    expect(pulled(engine)).toBe(`HTTP/1.1 200 OK\r\ndate: ${DATE}\r\n\r\n`);
    expect(engine.state).toBe('upgraded');
    expect(Buffer.from(engine.leftover()).toString()).toBe('tls');
  });

  it('cannot be where it was not asked, nor before the content', () => {
    expect(() => asked(GET).engine.sendHead(1, response(101), undefined)).toThrow(TypeError);
    const content = asked('POST / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nContent-Length: 4\r\n\r\n').engine;
    expect(() => content.sendHead(1, response(101), undefined)).toThrow(TypeError);
  });
});

describe('time and shutdown', () => {
  it('awaits a head, an exchange, or nothing', () => {
    const { engine, feed } = server();
    expect(engine.awaiting).toBe('head');
    feed(GET);
    expect(engine.awaiting).toBe('exchange');
    engine.sendMessage(1, response(200), '');
    expect(engine.awaiting).toBe('idle');
    feed('G');
    expect(engine.awaiting).toBe('head');
  });

  it('responds with 408 to a head that does not arrive', () => {
    const { engine, log, feed } = server();
    feed('GET / HTTP/1.1\r\nHos');
    engine.timeout('idle');
    expect(log).toEqual([]);
    engine.timeout('head');
    expect(log).toEqual(['1 invalid 408 head-timeout']);
    engine.sendMessage(1, response(408), '');
    expect(engine.state).toBe('closing');
  });

  it('closes without an error when nothing came, at first and between requests', () => {
    const { engine, log } = server();
    engine.timeout('head');
    expect([engine.state, engine.hasOutput, log]).toEqual(['closing', false, []]);
    const idle = asked(GET);
    idle.engine.sendMessage(1, response(200), '');
    idle.log.length = 0;
    idle.engine.timeout('idle');
    expect([idle.engine.state, idle.log]).toEqual(['closing', []]);
  });

  it('responds with 408 to content that does not arrive, or resets', () => {
    const waiting = asked(POST);
    waiting.engine.timeout('exchange');
    expect(waiting.log.at(-1)).toBe('1 invalid 408 body-timeout');
    const begun = asked(POST);
    begun.engine.sendHead(1, response(200), undefined);
    begun.engine.timeout('exchange');
    expect(begun.log.at(-1)).toBe('1 reset body-timeout peer');
  });

  it('shuts down at once when idle, else with the last response (RFC 9112 section 9.6)', () => {
    const idle = server().engine;
    idle.shutdown();
    expect(idle.state).toBe('closing');
    const { engine, feed, log } = asked(GET + GET);
    engine.shutdown();
    feed(GET);
    expect([engine.state, log.length]).toEqual(['draining', 2]);
    engine.sendMessage(1, response(200), 'a');
    expect(pulled(engine)).not.toContain('close');
    engine.sendMessage(2, response(200), 'b');
    expect(pulled(engine)).toContain('connection: close');
    expect(engine.state).toBe('closing');
  });
});
