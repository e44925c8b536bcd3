/**
 * RFC 9113 sections 3 to 5, asked of the conformance target by a client that says any frames. Every title begins with its
 * section; the expectations are that section's MUSTs, of the outcomes that it allows the narrowest.
 */
import {
  block,
  broken,
  continuation,
  data,
  END_HEADERS,
  FLAG,
  FRAME,
  frame,
  GET,
  get,
  headers,
  outcome,
  ping,
  POST,
  PREFACE,
  priority,
  RawH2,
  rst,
  SETTING,
  settings,
  uint32,
  WHOLE,
  windowUpdate,
} from '../kits/attacks/raw-h2.js';
import { sharedTarget } from '../kits/shared-target.js';

const target = sharedTarget('echo');

/** What comes back to `frames`, from a server that has been sent the settings `list`. */
async function answer(frames: readonly Buffer[], ...list: number[]): Promise<string[]> {
  const client = await RawH2.open(target.port, ...list);
  return outcome(await client.ask(...frames));
}

const HELLO = ['1 200', '1 "rxpaf: HTTP as RxJS streams"', '1 end'];

/** No stream has a window: what has content waits, its request long ended. */
const NO_WINDOW = [SETTING.INITIAL_WINDOW_SIZE, 0];

describe('3.4 the connection preface', () => {
  it('3.4: the server begins with SETTINGS, and acknowledges those of the client', async () => {
    const client = await RawH2.raw(target.port);
    const lines = await client.send(PREFACE, settings()).until((line) => line === 'SETTINGS ACK');
    expect(lines[0]).toBe('SETTINGS');
    expect(lines).toContain('SETTINGS ACK');
  });

  it('3.4: a preface that goes wrong in its middle, then nothing of HTTP/2', async () => {
    const client = await RawH2.raw(target.port);
    // It may not be HTTP/2 at all: then it gets a response of HTTP/1.1.
    const [first, ...rest] = await client.send(Buffer.from('PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n')).until(() => false);
    expect(`${first ?? ''} ${rest.join(' ')}`).toContain('closed');
  });

  it.each([
    ['PING', ping(Buffer.alloc(8))],
    ['HEADERS', headers(1)],
    ['SETTINGS with ACK', frame(FRAME.SETTINGS, FLAG.ACK, 0)],
  ])('3.4: a first frame that is %s', async (_, first) => {
    const client = await RawH2.raw(target.port);
    expect(outcome(await client.send(PREFACE, first).until(() => false))).toEqual(broken('PROTOCOL_ERROR'));
  });

  it('3.4: frames after the preface, without waiting for the server', async () => {
    const client = await RawH2.raw(target.port);
    expect(outcome(await client.ask(PREFACE, settings(), headers(1)))).toEqual(HELLO);
  });
});

describe('4.1 frame format', () => {
  it.each([
    ['4.1: a frame of unknown type is ignored', frame(0x20, 0, 0, Buffer.alloc(8))],
    ['4.1: a frame of unknown type on a stream that is idle is ignored', frame(0xff, 0xff, 101, Buffer.alloc(20))],
    ['5.5: an extension frame of the greatest size is ignored', frame(0x42, 0, 0, Buffer.alloc(16_384))],
    ['4.1: undefined flags are ignored', frame(FRAME.PING, 0xfe & ~FLAG.ACK, 0, Buffer.alloc(8))],
    ['4.1: the reserved bit is ignored', frame(FRAME.PING, 0, 0x8000_0000, Buffer.alloc(8))],
  ])('%s', async (_, odd) => {
    expect(await answer([odd, headers(1)])).toEqual(HELLO);
  });

  it('4.1: the reserved bit of a request is ignored', async () => {
    expect(await answer([headers(0x8000_0001)])).toEqual(HELLO);
  });

  it('5.5: undefined flags of HEADERS are ignored', async () => {
    expect(await answer([headers(1, GET, WHOLE | 0xd2)])).toEqual(HELLO);
  });
});

describe('4.2 frame size', () => {
  it('4.2: DATA of 2^14 octets is taken', async () => {
    const whole = Buffer.alloc(16_384, 'a');
    expect(await answer([headers(1, POST, END_HEADERS), data(1, whole)])).toEqual(['1 200', '1 (16384)', '1 end']);
  });

  it.each([
    ['DATA', [headers(1, POST, END_HEADERS), data(1, Buffer.alloc(16_385))]],
    ['HEADERS', [headers(1, [...GET, ['x', 'a'.repeat(16_400)]])]],
    ['SETTINGS', [frame(FRAME.SETTINGS, 0, 0, Buffer.alloc(16_386))]],
    ['a frame of unknown type', [frame(0x42, 0, 0, Buffer.alloc(16_385))]],
  ])('4.2: %s past SETTINGS_MAX_FRAME_SIZE: FRAME_SIZE_ERROR', async (_, frames) => {
    expect((await answer(frames)).slice(-2)).toEqual(broken('FRAME_SIZE_ERROR'));
  });
});

describe('4.3 field sections', () => {
  const cut = headers(1, GET, FLAG.END_STREAM);

  it('4.3: a block that cannot be decompressed: COMPRESSION_ERROR', async () => {
    // A literal with an indexed name, whose index is invalid.
    const bad = frame(FRAME.HEADERS, WHOLE, 1, Buffer.from([0x82, 0x86, 0x84, 0x40 | 0x3f, 0xff, 0x7f, 0x01, 0x61]));
    expect(await answer([bad])).toEqual(broken('COMPRESSION_ERROR'));
  });

  it.each([
    ['PRIORITY', priority(1, 0)],
    ['DATA', data(1, 'x')],
    ['PING', ping(Buffer.alloc(8))],
    ['SETTINGS', settings()],
    ['WINDOW_UPDATE', windowUpdate(0, 1)],
    ['HEADERS of another stream', headers(3)],
    ['HEADERS of the same stream', headers(1)],
    ['CONTINUATION of another stream', continuation(3, Buffer.alloc(0))],
    ['an extension frame (5.5)', frame(0x42, 0, 1, Buffer.alloc(4))],
  ])('4.3: %s within a field block: PROTOCOL_ERROR', async (_, between) => {
    expect(await answer([cut, between])).toEqual(broken('PROTOCOL_ERROR'));
  });

  it('4.3: a refused request still counts for the dynamic table', async () => {
    // Stream 1 is malformed (no path) and adds an entry; stream 3 refers to it.
    const entry = Buffer.concat([Buffer.from([0x40, 6]), Buffer.from('x-kept'), Buffer.from([2]), Buffer.from('ok')]);
    const first = frame(FRAME.HEADERS, WHOLE, 1, Buffer.concat([block(GET.slice(0, 2)), entry]));
    const second = frame(FRAME.HEADERS, WHOLE, 3, Buffer.concat([block(get('/headers')), Buffer.from([0x80 | 62])]));
    const outcomes = await answer([first, second]);
    expect(outcomes).toContain('1 RST_STREAM PROTOCOL_ERROR');
    expect(outcomes.join()).toContain('x-kept');
  });
});

describe('5.1 stream states', () => {
  it.each([
    ['DATA', data(1, 'x')],
    ['RST_STREAM', rst(1)],
    ['WINDOW_UPDATE', windowUpdate(1, 1)],
    ['CONTINUATION', continuation(1, block(GET))],
    ['PUSH_PROMISE', frame(FRAME.PUSH_PROMISE, END_HEADERS, 1, Buffer.concat([uint32(2), block(GET)]))],
  ])('5.1 idle: %s: PROTOCOL_ERROR', async (_, odd) => {
    expect(await answer([odd])).toEqual(broken('PROTOCOL_ERROR'));
  });

  it('5.1 idle: PRIORITY is taken', async () => {
    expect(await answer([priority(5, 0), headers(1)])).toEqual(HELLO);
  });

  it.each([
    ['DATA', data(1, 'x')],
    ['HEADERS', headers(1)],
  ])('5.1 half-closed (remote): %s: STREAM_CLOSED', async (_, odd) => {
    expect(await answer([headers(1, get('/bytes/10')), odd], ...NO_WINDOW)).toEqual([
      '1 200',
      '1 RST_STREAM STREAM_CLOSED',
    ]);
  });

  it('5.1 half-closed (remote): CONTINUATION: PROTOCOL_ERROR', async () => {
    const outcomes = await answer([headers(1, get('/bytes/10')), continuation(1, block(GET))], ...NO_WINDOW);
    expect(outcomes.slice(-2)).toEqual(broken('PROTOCOL_ERROR'));
  });

  it.each([
    ['WINDOW_UPDATE', windowUpdate(1, 1), ['1 200', '1 "r"']],
    ['PRIORITY', priority(1, 0), ['1 200']],
    ['RST_STREAM', rst(1), ['1 200']],
  ])('5.1 half-closed (remote): %s is taken', async (_, lawful, expected) => {
    expect(await answer([headers(1, get('/bytes/10')), lawful], ...NO_WINDOW)).toEqual(expected);
  });

  it.each([
    ['DATA', data(1, 'x'), ['1 RST_STREAM STREAM_CLOSED']],
    ['HEADERS', headers(1), broken('STREAM_CLOSED')],
    ['CONTINUATION', continuation(1, block(GET)), broken('PROTOCOL_ERROR')],
  ])('5.1 closed by RST_STREAM: %s: an error', async (_, odd, expected) => {
    expect(await answer([headers(1, get('/bytes/10')), rst(1), odd], ...NO_WINDOW)).toEqual(['1 200', ...expected]);
  });

  it.each([
    ['DATA', data(1, 'x'), ['1 RST_STREAM STREAM_CLOSED']],
    ['HEADERS', headers(1), broken('STREAM_CLOSED')],
    ['CONTINUATION', continuation(1, block(GET)), broken('PROTOCOL_ERROR')],
  ])('5.1 closed by END_STREAM: %s: an error', async (_, odd, expected) => {
    const client = await RawH2.open(target.port);
    expect(outcome(await client.ask(headers(1)))).toEqual(HELLO);
    expect(outcome(await client.ask(odd))).toEqual(expected);
  });

  it.each([
    ['WINDOW_UPDATE', windowUpdate(1, 1)],
    ['RST_STREAM', rst(1)],
    ['PRIORITY', priority(1, 0)],
  ])('5.1 closed: %s is ignored', async (_, late) => {
    const client = await RawH2.open(target.port);
    expect(outcome(await client.ask(headers(1)))).toEqual(HELLO);
    expect(outcome(await client.ask(late, headers(3)))).toContain('3 200');
  });

  it('5.1 closed by the server: frames on their way are ignored, and the connection goes on', async () => {
    const client = await RawH2.open(target.port);
    // Nobody reads it: the server responds, and discards the content (8.1).
    const refused = await client.ask(headers(1, [POST[0]!, POST[1]!, ...get('/nowhere').slice(2)], END_HEADERS));
    expect(outcome(refused)).toEqual(['1 404', expect.anything(), '1 end']);
    expect(outcome(await client.ask(data(1, 'late', 0), data(1, ''), headers(3)))).toContain('3 200');
  });
});

describe('5.1.1 stream identifiers', () => {
  it('5.1.1: an even one: PROTOCOL_ERROR', async () => {
    expect(await answer([headers(2)])).toEqual(broken('PROTOCOL_ERROR'));
  });

  it('5.1.1: one that is smaller than the last: an error of the connection', async () => {
    const client = await RawH2.open(target.port);
    await client.ask(headers(5));
    // A stream that was never used is closed by the use of a higher one.
    expect(outcome(await client.ask(headers(3)))).toEqual(broken('PROTOCOL_ERROR'));
  });
});

describe('5.1.2 concurrency', () => {
  it('5.1.2: a stream past SETTINGS_MAX_CONCURRENT_STREAMS: REFUSED_STREAM, and the others go on', async () => {
    const client = await RawH2.open(target.port);
    const many = Array.from({ length: 129 }, (_, index) => headers(2 * index + 1, POST, END_HEADERS));
    const outcomes = outcome(await client.ask(...many));
    expect(outcomes.filter((line) => line.endsWith(' 200'))).toHaveLength(128);
    expect(outcomes.filter((line) => line.includes('RST_STREAM'))).toEqual(['257 RST_STREAM REFUSED_STREAM']);
    expect(outcome(await client.ask(data(1, 'on')))).toEqual(['1 "on"', '1 end']);
    // One has ended: another may begin.
    expect(outcome(await client.ask(headers(259)))).toContain('259 200');
  });
});

describe('5.3 priority', () => {
  const dependent = Buffer.concat([uint32(1), Buffer.from([255]), block(GET)]);

  it.each([
    ['HEADERS', [frame(FRAME.HEADERS, WHOLE | FLAG.PRIORITY, 1, dependent)]],
    ['PRIORITY', [headers(1, POST, END_HEADERS), priority(1, 1)]],
  ])('5.3.1: %s that makes a stream depend on itself: PROTOCOL_ERROR', async (_, frames) => {
    expect((await answer(frames)).at(-1)).toBe('1 RST_STREAM PROTOCOL_ERROR');
  });

  it('5.3.2: HEADERS with a dependency that is exclusive is taken', async () => {
    const priorities = Buffer.concat([uint32(0x8000_0000), Buffer.from([0])]);
    expect(
      await answer([frame(FRAME.HEADERS, WHOLE | FLAG.PRIORITY, 1, Buffer.concat([priorities, block(GET)]))]),
    ).toEqual(HELLO);
  });
});

describe('5.4 errors', () => {
  it('5.4.1: GOAWAY names the last stream that was acted on, and the connection is closed', async () => {
    const client = await RawH2.open(target.port);
    await client.ask(headers(1));
    const lines = await client.ask(headers(3), ping(Buffer.alloc(8), 0, 1));
    expect(lines.slice(-2)).toEqual(['GOAWAY 3 PROTOCOL_ERROR', 'closed']);
  });

  it('5.4.1: nothing gets a response after a connection error', async () => {
    expect(await answer([ping(Buffer.alloc(8), 0, 1), headers(1)])).toEqual(broken('PROTOCOL_ERROR'));
  });

  it('5.4.2: a stream error does not affect the other streams', async () => {
    const outcomes = await answer([headers(1, POST, END_HEADERS), windowUpdate(1, 0), headers(3)]);
    expect(outcomes).toEqual(['1 200', '1 RST_STREAM PROTOCOL_ERROR', '3 200', expect.anything(), '3 end']);
  });
});
