import { fc } from '../../test/kits/properties.js';
import { Fields } from '../http/fields.js';
import { FLAG, FRAME } from './frame/frame.js';
import { frame } from '../../test/kits/units/h2-frames.js';
import { GET, POST, responseHead, ServerScript } from '../../test/kits/units/h2-engines.js';
import { CONNECTION_PREFACE } from './index.js';
import { MAX_WINDOW } from './flow-control-window.js';

/** A server that has begun to send `size` octets on stream 1. */
function sending(size: number, settings: number[] = []): ServerScript {
  const script = new ServerScript({}, settings);
  script.send(script.headers(1, GET));
  script.engine.sendHead(1, responseHead(), undefined);
  script.reply();
  script.engine.sendData(1, Buffer.alloc(size, 'x'));
  return script;
}

function octets(lines: readonly string[]): number {
  return lines.reduce((sum, line) => {
    const [, size, text] = /^DATA \d+(?: END)?(?: \((\d+)\)| (.*))?$/.exec(line) ?? [];
    return sum + (size === undefined ? (text?.length ?? 0) : Number(size));
  }, 0);
}

describe('sending within windows (RFC 9113 section 6.9)', () => {
  it('stops at the window of the stream, and goes on', () => {
    const script = sending(100, [4, 60]);
    expect(script.reply()).toEqual(['DATA 1 (60)']);
    expect(script.engine.hasOutput).toBe(false);
    expect(script.engine.queued(1)).toBe(40);
    expect(octets(script.ask(script.windowUpdate(1, 30)))).toBe(30);
    expect(octets(script.ask(script.windowUpdate(1, 30)))).toBe(10);
  });

  it('stops at the window of the connection, over all streams', () => {
    const script = sending(65_000);
    script.send(script.headers(3, GET));
    script.engine.sendMessage(3, responseHead(), Buffer.alloc(1000, 'y'));
    const lines = script.reply();
    expect(octets(lines)).toBe(65_535);
    expect(script.engine.hasOutput).toBe(false);
    expect(octets(script.ask(script.windowUpdate(0, 10_000)))).toBe(465);
  });

  it('sends an end without content through closed windows', () => {
    const script = sending(65_535);
    expect(octets(script.reply())).toBe(65_535);
    script.engine.sendEnd(1, Fields.EMPTY);
    expect(script.reply()).toEqual(['DATA 1 END']);
  });

  it('sends frames of 16 KiB at most, whatever the peer takes', () => {
    const script = sending(40_000, [5, 1 << 20]);
    expect(script.reply()).toEqual(['DATA 1 (16384)', 'DATA 1 (16384)', 'DATA 1 (7232)']);
  });

  it('gathers small chunks into one frame, and cuts none in vain', () => {
    const script = sending(10);
    for (let index = 0; index < 100; index++) script.engine.sendData(1, Buffer.alloc(100, 'y'));
    expect(script.reply()).toEqual(['DATA 1 (10010)']);
  });

  it('stops pulling at about the budget, and goes on where it was', () => {
    const script = sending(60_000);
    expect(script.reply(20_000)).toEqual(['DATA 1 (16384)', 'DATA 1 (16384)']);
    expect(script.engine.hasOutput).toBe(true);
    expect(octets(script.reply())).toBe(60_000 - 2 * 16_384);
  });

  it('asks a writer to wait at 64 KiB, and says when there is room', () => {
    const script = sending(0, [4, 1 << 20]);
    expect(script.engine.sendData(1, Buffer.alloc(60_000))).toBe(true);
    expect(script.engine.sendData(1, Buffer.alloc(60_000))).toBe(false);
    script.log.take();
    script.reply(16_384);
    expect(script.log.take()).toEqual([]);
    script.reply(50_000);
    expect(script.log.take()).toEqual(['writable 1']);
  });

  it('lets a writer go on from within', () => {
    const script = new ServerScript({}, [4, 1 << 30]);
    script.send(script.headers(1, GET), script.windowUpdate(0, 1 << 30));
    script.engine.sendHead(1, responseHead(), undefined);
    let left = 200;
    script.log.writable = () => {
      if (left-- > 0) script.engine.sendData(1, Buffer.alloc(20_000));
      else script.engine.sendEnd(1, Fields.EMPTY);
    };
    script.engine.sendData(1, Buffer.alloc(20_000));
    expect(octets(script.reply())).toBe(201 * 20_000);
    expect(script.log.take().at(-1)).toBe('sent 1');
  });
});

describe('changes of INITIAL_WINDOW_SIZE (RFC 9113 section 6.9.2)', () => {
  it('may make a window negative', () => {
    const script = sending(100, [4, 60]);
    script.reply();
    expect(octets(script.ask(script.settings(4, 20)))).toBe(0);
    expect(octets(script.ask(script.windowUpdate(1, 40)))).toBe(0);
    expect(octets(script.ask(script.windowUpdate(1, 5)))).toBe(5);
    expect(octets(script.ask(script.settings(4, 100)))).toBe(35);
  });

  it('opens all streams, and those to come', () => {
    const script = sending(10, [4, 0]);
    expect(script.reply()).toEqual([]);
    expect(script.ask(script.settings(4, 10))).toEqual(['SETTINGS ACK', 'DATA 1 xxxxxxxxxx']);
    script.send(script.headers(3, GET));
    script.engine.sendMessage(3, responseHead(), '12345678901');
    expect(script.reply()[1]).toBe('DATA 3 1234567890');
  });

  it('past 2^31-1 is an error of the connection', () => {
    const script = sending(1);
    script.send(script.windowUpdate(1, MAX_WINDOW - 65_535), script.settings(4, 65_536));
    expect(script.log.take().at(-1)).toBe('error protocol-error FLOW_CONTROL_ERROR');
  });

  it('WINDOW_UPDATE of the connection past 2^31-1 is one too (6.9.1)', () => {
    const script = new ServerScript().send();
    script.send(script.windowUpdate(0, MAX_WINDOW));
    expect(script.reply()).toEqual(['GOAWAY 0 FLOW_CONTROL_ERROR']);
  });
});

describe('receiving within windows (RFC 9113 section 6.9)', () => {
  const limits = { bodyWindow: 1000, connectionWindow: 100_000 };

  function receiving(): ServerScript {
    const script = new ServerScript(limits);
    script.send(script.headers(1, POST, 0));
    return script;
  }

  it('gives credit back as content is taken, by halves', () => {
    const script = receiving();
    expect(script.ask(script.data(1, Buffer.alloc(1000)))).toEqual([]);
    script.engine.credit(1, 499);
    expect(script.reply()).toEqual([]);
    script.engine.credit(1, 1);
    expect(script.reply()).toEqual(['WINDOW_UPDATE 1 500']);
    expect(script.ask(script.data(1, Buffer.alloc(500)))).toEqual([]);
    expect(script.ask(script.data(1, Buffer.alloc(1)))).toEqual(['RST_STREAM 1 FLOW_CONTROL_ERROR']);
    expect(script.log.take().at(-1)).toBe('reset 1 peer protocol-error FLOW_CONTROL_ERROR');
  });

  it('past the window of the connection is an error of the connection', () => {
    const script = new ServerScript({ bodyWindow: 100_000, connectionWindow: 65_535 });
    script.send(script.headers(1, POST, 0));
    for (let index = 0; index < 4; index++) script.send(script.data(1, Buffer.alloc(16_383)));
    // The window opens with the next output; the peer cannot know of it before.
    script.send(script.data(1, Buffer.alloc(3)));
    expect(script.engine.state).toBe('open');
    expect(script.ask(script.data(1, Buffer.alloc(1)))).toEqual(['GOAWAY 1 FLOW_CONTROL_ERROR']);
  });

  it('opens the window of the connection by halves, whether or not its content is taken', () => {
    const script = new ServerScript({ bodyWindow: 65_535, connectionWindow: 65_535 });
    script.send(script.headers(1, POST, 0), script.data(1, Buffer.alloc(16_383)));
    expect(script.ask(script.data(1, Buffer.alloc(16_384)))).toEqual([]);
    expect(script.ask(script.data(1, Buffer.alloc(1)))).toEqual(['WINDOW_UPDATE 0 32768']);
  });

  it('counts padding, and gives it back at once', () => {
    const script = receiving();
    const padded = frame(FRAME.DATA, FLAG.PADDED, 1, Buffer.concat([Buffer.of(199), Buffer.alloc(200 + 199)]));
    script.send(padded, padded);
    expect(script.log.take()).toEqual(['head 1 POST /', 'data 1 200', 'data 1 200']);
    expect(script.reply()).toEqual([]);
    script.engine.credit(1, 100);
    expect(script.reply()).toEqual(['WINDOW_UPDATE 1 500']);
  });

  it('gives the connection back what came on a stream that is gone', () => {
    const script = new ServerScript({ bodyWindow: 65_535, connectionWindow: 65_535 });
    script.send(script.headers(1, POST, 0), script.data(1, Buffer.alloc(16_000)), script.data(1, Buffer.alloc(16_000)));
    script.send(script.rst(1));
    expect(script.reply()).toEqual([]);
    script.engine.credit(1, 32_000);
    expect(script.reply()).toEqual([]);
    script.send(script.headers(3, POST, 0), script.data(3, Buffer.alloc(200)));
    script.engine.discard(3);
    expect(script.ask(script.data(3, Buffer.alloc(1000)))).toEqual(['WINDOW_UPDATE 0 33200']);
  });

  it('lets one unread stream stop itself alone', () => {
    const script = new ServerScript({ bodyWindow: 65_536, connectionWindow: 200_000 });
    script.send(script.headers(1, POST, 0), script.headers(3, POST, 0));
    for (let index = 0; index < 4; index++) script.send(script.data(1, Buffer.alloc(16_384)));
    script.log.received = (stream, chunk) => script.engine.credit(stream, chunk.length);
    for (let index = 0; index < 100; index++) {
      script.send(script.data(3, Buffer.alloc(16_384)));
      script.reply();
    }
    expect(script.engine.state).toBe('open');
    expect(script.log.content).toHaveLength(104);
  });

  it('lets a peer send what the RFC gives it until it has our smaller setting (6.9.2)', () => {
    const script = new ServerScript({ bodyWindow: 1000 }, 'raw');
    script.send(
      CONNECTION_PREFACE,
      script.settings(),
      script.headers(1, POST, 0),
      script.data(1, Buffer.alloc(16_000)),
    );
    expect(script.log.take()).toEqual(['head 1 POST /', 'data 1 16000']);
    script.send(script.settingsAck());
    script.engine.credit(1, 16_000);
    expect(script.reply().at(-1)).toBe('WINDOW_UPDATE 1 16000');
    script.send(script.data(1, Buffer.alloc(1000)));
    expect(script.ask(script.data(1, Buffer.alloc(1)))).toEqual(['RST_STREAM 1 FLOW_CONTROL_ERROR']);
  });

  it('never has more unread than its windows, and loses no credit', () => {
    const action = fc.tuple(fc.constantFrom(1, 3, 5), fc.integer({ min: 1, max: 16_000 }), fc.boolean());
    fc.assert(
      fc.property(fc.array(action, { maxLength: 150 }), (actions) => {
        const script = new ServerScript({ bodyWindow: 70_000, connectionWindow: 100_000 });
        const streams = [1, 3, 5];
        for (const stream of streams) script.send(script.headers(stream, POST, 0));
        const window = new Map([[0, 100_000], ...streams.map((stream) => [stream, 70_000] as const)]);
        const unread = new Map(streams.map((stream) => [stream, 0]));
        for (const [stream, wanted, take] of actions) {
          if (take) {
            script.engine.credit(stream, unread.get(stream)!);
            unread.set(stream, 0);
          } else {
            const size = Math.min(wanted, window.get(stream)!, window.get(0)!);
            if (size === 0) continue;
            script.send(script.data(stream, Buffer.alloc(size)));
            for (const id of [0, stream]) window.set(id, window.get(id)! - size);
            unread.set(stream, unread.get(stream)! + size);
          }
          for (const line of script.reply()) {
            const [, id, more] = line.split(' ');
            window.set(Number(id), window.get(Number(id))! + Number(more));
          }
          expect(script.engine.state).toBe('open');
          // Whatever the readers do, half of the connection's window is open.
          expect(window.get(0)).toBeGreaterThan(50_000);
        }
        for (const stream of streams) expect(window.get(stream)! + unread.get(stream)!).toBeGreaterThan(35_000 - 1);
      }),
      { numRuns: 50 },
    );
  });
});
