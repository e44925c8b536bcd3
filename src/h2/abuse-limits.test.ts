/** Floods (RFC 9113 section 10.5): each ends in ENHANCE_YOUR_CALM, and costs no memory on the way. */
import { FLAG, FRAME } from './frame/frame.js';
import { frame } from '../../test/kits/units/h2-frames.js';
import { GET, POST, responseHead, ServerScript } from '../../test/kits/units/h2-engines.js';

const CALM = 'error enhance-your-calm ENHANCE_YOUR_CALM';

/** Says `make(0)`, `make(1)`... until the server has had enough. Returns how often that was. */
function flood(script: ServerScript, make: (index: number) => readonly Buffer[], limit = 50_000, pull = true): number {
  for (let index = 0; index < limit; index++) {
    script.send(...make(index));
    if (pull) script.reply();
    if (script.engine.state === 'closing') {
      expect(script.log.take().at(-1)).toBe(CALM);
      expect(pull || script.reply().at(-1)!.endsWith('ENHANCE_YOUR_CALM')).toBe(true);
      return index + 1;
    }
    script.log.take();
  }
  return Infinity;
}

describe('rapid reset (CVE-2023-44487)', () => {
  const cancelled = (script: ServerScript) => (index: number) => {
    const stream = index * 2 + 1;
    return [script.headers(stream, GET), script.rst(stream)];
  };

  it('ends past a burst', () => {
    const script = new ServerScript();
    expect(flood(script, cancelled(script))).toBe(1001);
    const small = new ServerScript({ resetBurst: 10 });
    expect(flood(small, cancelled(small))).toBe(11);
  });

  it('is allowed at its rate', () => {
    const script = new ServerScript({ resetBurst: 10, resetRate: 5 });
    const slow = (index: number): readonly Buffer[] => {
      script.now = index * 200;
      return cancelled(script)(index);
    };
    expect(flood(script, slow, 1000)).toBe(Infinity);
  });

  it('does not count streams whose response was complete', () => {
    const script = new ServerScript({ resetBurst: 10 }).answering();
    const answered = (index: number): readonly Buffer[] => {
      const stream = index * 2 + 1;
      return [script.headers(stream, POST, 0), script.rst(stream)];
    };
    expect(flood(script, answered, 1000)).toBe(Infinity);
  });
});

describe('resets that the peer provokes (CVE-2025-8671)', () => {
  it.each<[string, (script: ServerScript, stream: number) => Buffer[]]>([
    ['WINDOW_UPDATE of 0', (s, stream) => [s.headers(stream, GET), frame(FRAME.WINDOW_UPDATE, 0, stream, '00000000')]],
    ['a window past 2^31-1', (s, stream) => [s.headers(stream, GET), s.windowUpdate(stream, 0x7fff_ffff)]],
    ['DATA behind the end', (s, stream) => [s.headers(stream, GET), s.data(stream, 'x')]],
    ['PRIORITY of 4 octets', (s, stream) => [s.headers(stream, GET), frame(FRAME.PRIORITY, 0, stream, '00000000')]],
    ['malformed requests', (s, stream) => [s.headers(stream, { ...GET, '': 'x' })]],
    [
      'too much content',
      (s, stream) => [s.headers(stream, { ...POST, 'content-length': '0' }, 0), s.data(stream, 'x')],
    ],
  ])('%s ends past a burst', (_, make) => {
    const script = new ServerScript({ resetBurst: 20 });
    expect(flood(script, (index) => make(script, index * 2 + 1))).toBe(21);
  });

  it('refused streams count too', () => {
    const script = new ServerScript({ resetBurst: 20, concurrentStreams: 1 });
    script.send(script.headers(1, GET));
    expect(flood(script, (index) => [script.headers(index * 2 + 3, GET)])).toBe(21);
  });
});

describe('frames that need a response', () => {
  it.each<[string, (script: ServerScript) => Buffer]>([
    ['PING (CVE-2019-9512)', (script) => script.ping()],
    ['SETTINGS (CVE-2019-9515)', (script) => script.settings()],
  ])('%s ends past 1000 that wait', (_, make) => {
    const script = new ServerScript();
    expect(flood(script, () => [make(script)], 5000, false)).toBe(1001);
  });

  it('may go on for ever if the responses are taken, but not too fast', () => {
    const script = new ServerScript();
    const spoken = flood(script, () => [script.ping()]);
    expect(spoken).toBeGreaterThan(9000);
    expect(spoken).toBeLessThan(11_000);
    const slow = new ServerScript();
    const each = (index: number): readonly Buffer[] => {
      slow.now = index * 4;
      return [slow.ping()];
    };
    expect(flood(slow, each, 20_000)).toBe(Infinity);
  });
});

describe('frames that only ask for attention', () => {
  it.each<[string, (script: ServerScript) => Buffer]>([
    ['WINDOW_UPDATE', (script) => script.windowUpdate(0, 1)],
    ['PRIORITY', () => frame(FRAME.PRIORITY, 0, 1, '0000000310')],
    ['PRIORITY_UPDATE', (script) => script.priorityUpdate(1, 'u=1')],
    ['an unknown frame', () => frame(0xbb, 0, 0)],
    ['RST_STREAM of a closed stream', (script) => script.rst(1)],
    ['GOAWAY', (script) => script.goaway(0)],
  ])('%s ends past a burst', (_, make) => {
    const script = new ServerScript();
    script.send(script.headers(1, GET), script.headers(3, GET), script.rst(1));
    script.log.take();
    const spoken = flood(script, () => [make(script)]);
    expect(spoken).toBeGreaterThan(9000);
    expect(spoken).toBeLessThan(11_000);
  });

  it('HEADERS of a stream that we have reset end past a burst', () => {
    const script = new ServerScript();
    script.send(script.headers(1, POST, 0));
    script.engine.abort(1, 'CANCEL');
    expect(flood(script, () => [script.headers(1, GET)])).toBeLessThan(11_000);
  });

  it('WINDOW_UPDATE may come as often as DATA goes', () => {
    const script = new ServerScript();
    script.send(script.headers(1, GET));
    script.engine.sendHead(1, responseHead(), undefined);
    script.reply();
    for (let index = 0; index < 40_000; index++) {
      script.engine.sendData(1, Buffer.alloc(2000));
      script.ask(script.windowUpdate(0, 2000), script.windowUpdate(1, 2000));
    }
    expect(script.engine.state).toBe('open');
  });

  // What nghttpd takes at a time with `--window-bits=4` and 7.
  it.each([15, 127])('... also where a window is %i octets', (window) => {
    const script = new ServerScript({}, [4, window]);
    script.send(script.headers(1, GET));
    script.engine.sendHead(1, responseHead(), undefined);
    script.engine.sendData(1, Buffer.alloc(20_000 * window));
    script.ask(script.windowUpdate(0, 20_000 * window));
    for (let index = 0; index < 19_000; index++) script.ask(script.windowUpdate(1, window));
    expect(script.engine.state).toBe('open');
  });

  it('WINDOW_UPDATE by the octet ends past a burst (CVE-2019-9511)', () => {
    const script = new ServerScript({}, [4, 0]);
    script.send(script.headers(1, GET));
    script.engine.sendHead(1, responseHead(), undefined);
    script.engine.sendData(1, Buffer.alloc(60_000));
    expect(flood(script, () => [script.windowUpdate(1, 1)])).toBeLessThan(11_000);
  });
});

describe('frames that carry nothing (CVE-2019-9518)', () => {
  it('DATA ends past a hundred in a row', () => {
    const script = new ServerScript();
    script.send(script.headers(1, POST, 0));
    expect(flood(script, () => [script.data(1, '')])).toBe(101);
  });

  it('DATA that is all padding too', () => {
    const script = new ServerScript();
    script.send(script.headers(1, POST, 0));
    expect(flood(script, () => [frame(FRAME.DATA, FLAG.PADDED, 1, '020000')])).toBe(101);
  });

  it('DATA may be empty now and then', () => {
    const script = new ServerScript();
    script.send(script.headers(1, POST, 0));
    const mixed = (index: number): readonly Buffer[] => [script.data(1, index % 50 === 0 ? 'x' : '')];
    expect(flood(script, mixed, 5000)).toBe(Infinity);
  });
});

describe('field blocks', () => {
  it('in more than 8 CONTINUATIONs end the connection (CVE-2024-27316)', () => {
    const script = new ServerScript();
    script.send(frame(FRAME.HEADERS, FLAG.END_STREAM, 1, script.block(GET)));
    expect(flood(script, () => [frame(FRAME.CONTINUATION, 0, 1, '82')])).toBe(9);
  });

  it('that unfold to a thousand times their size are cut off at the limit (RFC 7541 section 7.3)', () => {
    const script = new ServerScript({ headerFields: 1_000_000 });
    const big = { ...GET, 'x-big': 'b'.repeat(3900) };
    script.send(script.headers(1, big));
    const bomb = frame(FRAME.HEADERS, 5, 3, Buffer.concat([script.block(GET), Buffer.alloc(16_000, 0xbe)]));
    script.send(bomb);
    expect(script.log.take()).toEqual(['head 1 GET / end', 'invalid 3 431 header-section-too-large']);
  });
});

describe('memory', () => {
  it('is the same after ten thousand resets, of either side', () => {
    const script = new ServerScript({ resetBurst: 1e6 });
    const { connection } = script.engine as unknown as {
      connection: { streams: Map<number, unknown>; sent: unknown[] };
    };
    for (let stream = 1; stream < 20_000; stream += 4) {
      script.ask(script.headers(stream, POST, 0), script.rst(stream), script.headers(stream + 2, POST, 0));
      script.engine.abort(stream + 2, 'CANCEL');
    }
    expect(connection.streams.size).toBe(0);
    expect(connection.sent).toHaveLength(0);
  });
});
