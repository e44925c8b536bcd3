import { FLAG, FRAME } from './frame/frame.js';
import { frame } from '../../test/kits/units/h2-frames.js';
import { ClientScript, GET, POST, responseHead, ServerScript } from '../../test/kits/units/h2-engines.js';

const HEAD_200 = ':status=200 content-length=5 date=Tue, 15 Nov 1994 08:12:31 GMT';

/** Each script, and the frame that must come back last. */
function lastReply(script: ServerScript, ...frames: Uint8Array[]): string {
  return script.ask(...frames).at(-1) ?? 'nothing';
}

describe('idle streams (RFC 9113 section 5.1)', () => {
  it.each<[string, (script: ServerScript) => Buffer]>([
    ['DATA', (script) => script.data(1, 'x')],
    ['RST_STREAM', (script) => script.rst(1)],
    ['WINDOW_UPDATE', (script) => script.windowUpdate(1, 1)],
    ['CONTINUATION', () => frame(FRAME.CONTINUATION, FLAG.END_HEADERS, 1, '82')],
  ])('%s is an error of the connection', (_, make) => {
    const script = new ServerScript();
    expect(lastReply(script, make(script))).toBe('GOAWAY 0 PROTOCOL_ERROR');
    expect(script.log.take()).toEqual(['error protocol-error PROTOCOL_ERROR']);
  });

  it('PRIORITY is taken (section 6.3)', () => {
    expect(lastReply(new ServerScript(), frame(FRAME.PRIORITY, 0, 1, '0000000310'))).toBe('nothing');
  });
});

describe('half-closed (remote) streams (RFC 9113 section 5.1)', () => {
  it.each<[string, (script: ServerScript) => Buffer]>([
    ['DATA', (script) => script.data(1, 'x')],
    ['HEADERS', (script) => script.headers(1, GET)],
  ])('%s is an error of the stream', (_, make) => {
    const script = new ServerScript();
    script.send(script.headers(1, GET));
    expect(lastReply(script, make(script))).toBe('RST_STREAM 1 STREAM_CLOSED');
    expect(script.log.take()).toEqual(['head 1 GET / end', 'reset 1 peer protocol-error STREAM_CLOSED']);
    expect(script.engine.state).toBe('open');
  });

  it('takes WINDOW_UPDATE, PRIORITY and RST_STREAM', () => {
    const script = new ServerScript();
    script.send(script.headers(1, GET));
    expect(script.ask(script.windowUpdate(1, 1), frame(FRAME.PRIORITY, 0, 1, '0000000310'), script.rst(1))).toEqual([]);
    expect(script.log.take()).toEqual(['head 1 GET / end', 'reset 1 peer stream-reset CANCEL']);
  });
});

describe('closed streams (RFC 9113 section 5.1)', () => {
  function ended(): ServerScript {
    const script = new ServerScript().answering();
    expect(script.ask(script.headers(1, GET))).toEqual([`HEADERS 1 ${HEAD_200}`, 'DATA 1 END hello']);
    script.log.take();
    return script;
  }

  it('DATA after the end is an error of the stream', () => {
    const script = ended();
    expect(lastReply(script, script.data(1, 'x'))).toBe('RST_STREAM 1 STREAM_CLOSED');
    expect(script.log.take()).toEqual(['fault 1 protocol-error STREAM_CLOSED']);
  });

  it('HEADERS after the end is an error of the connection', () => {
    const script = ended();
    expect(lastReply(script, script.headers(1, GET))).toBe('GOAWAY 1 STREAM_CLOSED');
  });

  it('WINDOW_UPDATE and RST_STREAM may have been on their way', () => {
    const script = ended();
    expect(lastReply(script, script.windowUpdate(1, 1), script.rst(1))).toBe('nothing');
    expect(script.log.take()).toEqual([]);
  });

  it('DATA after the RST_STREAM of the peer is an error of the stream', () => {
    const script = new ServerScript();
    script.send(script.headers(1, POST, 0), script.rst(1));
    expect(lastReply(script, script.data(1, 'x'))).toBe('RST_STREAM 1 STREAM_CLOSED');
  });

  it('HEADERS after the RST_STREAM of the peer is an error of the connection', () => {
    const script = new ServerScript();
    script.send(script.headers(1, POST, 0), script.rst(1));
    expect(lastReply(script, script.headers(1, GET))).toBe('GOAWAY 1 STREAM_CLOSED');
  });

  it('anything after our RST_STREAM is ignored, but counts and is decoded', () => {
    const script = new ServerScript({ connectionWindow: 100_000 });
    script.send(script.headers(1, POST, 0));
    script.engine.abort(1, 'CANCEL');
    expect(script.reply()).toEqual(['RST_STREAM 1 CANCEL']);
    const trailers = { 'x-new': 'indexed' };
    const late = [script.data(1, Buffer.alloc(16_000)), script.windowUpdate(1, 5), script.headers(1, trailers)];
    expect(script.ask(...late, script.rst(1))).toEqual([]);
    script.send(script.headers(3, { ...GET, ...trailers }));
    expect(script.log.heads[1]!.headers.get('x-new')).toBe('indexed');
    const more = [1, 2, 3].map(() => script.data(1, Buffer.alloc(16_000)));
    expect(script.ask(...more)).toEqual(['WINDOW_UPDATE 0 64000']);
    expect(script.log.take()).toEqual(['head 1 POST /', 'head 3 GET / end']);
  });

  it('are forgotten after a while, and what comes on them refused', () => {
    const script = ended();
    for (let stream = 3; stream < 2000; stream += 2) script.ask(script.headers(stream, GET));
    expect(lastReply(script, script.data(1, 'x'))).toBe('RST_STREAM 1 STREAM_CLOSED');
    expect(lastReply(script, script.headers(3, GET))).toBe('GOAWAY 1999 PROTOCOL_ERROR');
  });
});

describe('stream identifiers (RFC 9113 section 5.1.1)', () => {
  it('of a client are odd', () => {
    const script = new ServerScript();
    expect(lastReply(script, script.headers(2, GET))).toBe('GOAWAY 0 PROTOCOL_ERROR');
  });

  it('grow', () => {
    const script = new ServerScript();
    expect(lastReply(script, script.headers(5, GET), script.headers(3, GET))).toBe('GOAWAY 5 PROTOCOL_ERROR');
  });

  it('are not 0', () => {
    for (const type of [FRAME.DATA, FRAME.HEADERS, FRAME.RST_STREAM, FRAME.CONTINUATION, FRAME.PRIORITY]) {
      expect(lastReply(new ServerScript(), frame(type, 0, 0, '0000000000'))).toBe('GOAWAY 0 PROTOCOL_ERROR');
    }
  });

  it('are 0 for frames of the connection', () => {
    for (const type of [FRAME.SETTINGS, FRAME.PING, FRAME.GOAWAY, FRAME.PRIORITY_UPDATE]) {
      expect(lastReply(new ServerScript(), frame(type, 0, 1, '0000000000000000'))).toBe('GOAWAY 0 PROTOCOL_ERROR');
    }
  });
});

describe('concurrency (RFC 9113 section 5.1.2)', () => {
  it('past the limit is refused, and only then', () => {
    const script = new ServerScript({ concurrentStreams: 2 });
    expect(script.ask(script.headers(1, GET), script.headers(3, GET), script.headers(5, GET))).toEqual([
      'RST_STREAM 5 REFUSED_STREAM',
    ]);
    expect(script.log.take()).toEqual(['head 1 GET / end', 'head 3 GET / end', 'fault 5 refused REFUSED_STREAM']);
    script.engine.abort(1, 'CANCEL');
    script.send(script.headers(7, GET));
    expect(script.log.take()).toEqual(['head 7 GET / end']);
  });

  it('of a client is what the server allows', () => {
    const script = new ClientScript({}, [3, 2]);
    expect(script.engine.capacity).toBe(2);
    script.get();
    script.get();
    expect(script.engine.capacity).toBe(0);
    expect(() => script.engine.open()).toThrow(TypeError);
    script.send(script.headers(1, { ':status': '200' }));
    expect(script.engine.capacity).toBe(1);
    script.send(script.settings(3, 0));
    expect(script.engine.capacity).toBe(0);
  });
});

describe('frames in error (RFC 9113 sections 4.2 and 6)', () => {
  it.each([
    ['a frame past SETTINGS_MAX_FRAME_SIZE (4.2)', frame(FRAME.DATA, 0, 1, Buffer.alloc(16_385)), 'FRAME_SIZE_ERROR'],
    ['DATA that is all padding (6.1)', frame(FRAME.DATA, FLAG.PADDED, 1, '0561'), 'PROTOCOL_ERROR'],
    ['HEADERS that is all padding (6.2)', frame(FRAME.HEADERS, FLAG.PADDED | 5, 1, '0582'), 'PROTOCOL_ERROR'],
    ['RST_STREAM of 3 octets (6.4)', frame(FRAME.RST_STREAM, 0, 1, '000000'), 'FRAME_SIZE_ERROR'],
    ['an acknowledgement with a payload (6.5)', frame(FRAME.SETTINGS, 1, 0, '000300000064'), 'FRAME_SIZE_ERROR'],
    ['SETTINGS of 5 octets (6.5)', frame(FRAME.SETTINGS, 0, 0, '0003000000'), 'FRAME_SIZE_ERROR'],
    ['ENABLE_PUSH 2 (6.5.2)', frame(FRAME.SETTINGS, 0, 0, '000200000002'), 'PROTOCOL_ERROR'],
    ['INITIAL_WINDOW_SIZE 2^31 (6.5.2)', frame(FRAME.SETTINGS, 0, 0, '000480000000'), 'FLOW_CONTROL_ERROR'],
    ['MAX_FRAME_SIZE 0 (6.5.2)', frame(FRAME.SETTINGS, 0, 0, '000500000000'), 'PROTOCOL_ERROR'],
    ['PUSH_PROMISE to a server (8.4)', frame(FRAME.PUSH_PROMISE, 4, 1, '0000000282'), 'PROTOCOL_ERROR'],
    ['PING of 6 octets (6.7)', frame(FRAME.PING, 0, 0, '000000000000'), 'FRAME_SIZE_ERROR'],
    ['GOAWAY of 4 octets (6.8)', frame(FRAME.GOAWAY, 0, 0, '00000000'), 'FRAME_SIZE_ERROR'],
    ['WINDOW_UPDATE of 0 (6.9)', frame(FRAME.WINDOW_UPDATE, 0, 0, '00000000'), 'PROTOCOL_ERROR'],
    ['WINDOW_UPDATE of 3 octets (6.9)', frame(FRAME.WINDOW_UPDATE, 0, 0, '000001'), 'FRAME_SIZE_ERROR'],
    ['a broken field block (4.3)', frame(FRAME.HEADERS, 5, 1, 'ff'), 'COMPRESSION_ERROR'],
  ])('%s ends the connection', (_, bytes, reason) => {
    const script = new ServerScript();
    const last = reason === 'COMPRESSION_ERROR' ? 1 : 0;
    expect(lastReply(script, bytes)).toBe(`GOAWAY ${last} ${reason}`);
    expect(script.log.take()).toEqual([`error protocol-error ${reason}`]);
    // Nothing is read any more.
    expect(script.ask(script.headers(7, GET))).toEqual([]);
  });

  it.each([
    ['PRIORITY of 4 octets (6.3)', frame(FRAME.PRIORITY, 0, 1, '00000003'), 'FRAME_SIZE_ERROR'],
    ['PRIORITY on itself (5.3.1)', frame(FRAME.PRIORITY, 0, 1, '0000000110'), 'PROTOCOL_ERROR'],
    ['WINDOW_UPDATE of 0 (6.9)', frame(FRAME.WINDOW_UPDATE, 0, 1, '00000000'), 'PROTOCOL_ERROR'],
    ['a window past 2^31-1 (6.9.1)', frame(FRAME.WINDOW_UPDATE, 0, 1, '7fffffff'), 'FLOW_CONTROL_ERROR'],
  ])('%s ends the stream', (_, bytes, reason) => {
    const script = new ServerScript();
    script.send(script.headers(1, POST, 0));
    expect(script.ask(bytes)).toEqual([`RST_STREAM 1 ${reason}`]);
    expect(script.log.take()).toEqual(['head 1 POST /', `reset 1 peer protocol-error ${reason}`]);
    expect(script.engine.state).toBe('open');
  });

  it('HEADERS that depends on itself ends the stream (5.3.1)', () => {
    const script = new ServerScript();
    const payload = Buffer.concat([Buffer.from('0000000110', 'hex'), script.block(GET)]);
    expect(script.ask(frame(FRAME.HEADERS, FLAG.PRIORITY | 5, 1, payload))).toEqual(['RST_STREAM 1 PROTOCOL_ERROR']);
    expect(script.log.take()).toEqual(['fault 1 protocol-error PROTOCOL_ERROR']);
  });

  it('unknown frames and flags are ignored (4.1)', () => {
    const script = new ServerScript();
    expect(script.ask(frame(0x0f, 0xff, 1, 'abcdef'), frame(FRAME.PING, 0xfe, 0, '0000000000000000'))).toEqual([
      'PING ACK 0000000000000000',
    ]);
  });
});

describe('field blocks (RFC 9113 sections 4.3 and 6.10)', () => {
  it('go on in CONTINUATION', () => {
    const script = new ServerScript();
    const block = script.block({ ...GET, 'x-long': 'y'.repeat(500) });
    script.send(
      frame(FRAME.HEADERS, FLAG.END_STREAM, 1, block.subarray(0, 10)),
      frame(FRAME.CONTINUATION, 0, 1, block.subarray(10, 11)),
      frame(FRAME.CONTINUATION, FLAG.END_HEADERS, 1, block.subarray(11)),
    );
    expect(script.log.take()).toEqual(['head 1 GET / end']);
    expect(script.log.heads[0]!.headers.get('x-long')).toHaveLength(500);
  });

  it.each<[string, (script: ServerScript) => Buffer]>([
    ['DATA', (script) => script.data(1, 'x')],
    ['PING', (script) => script.ping()],
    ['an unknown frame', () => frame(0xee, 0, 0)],
    ['HEADERS of another stream', (script) => script.headers(3, GET)],
    ['CONTINUATION of another stream', () => frame(FRAME.CONTINUATION, FLAG.END_HEADERS, 3, '82')],
  ])('are not interrupted by %s', (_, make) => {
    const script = new ServerScript();
    const begun = frame(FRAME.HEADERS, FLAG.END_STREAM, 1, script.block(GET));
    expect(lastReply(script, begun, make(script))).toBe('GOAWAY 0 PROTOCOL_ERROR');
  });

  it('of ours are cut where the peer takes smaller frames', () => {
    const script = new ServerScript();
    script.log.answer = (stream) => {
      script.engine.sendMessage(stream, responseHead(200, { 'x-big': '\u00e9'.repeat(40_000) }), '');
    };
    expect(script.ask(script.headers(1, GET))).toEqual(['HEADERS 1 END (cut)', 'CONTINUATION 1', 'CONTINUATION 1']);
  });
});
