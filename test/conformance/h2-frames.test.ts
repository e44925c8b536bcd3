/**
 * RFC 9113 sections 6 and 7, frame type by frame type, asked of the conformance target by a client that says any frames.
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
  octets,
  outcome,
  ping,
  POST,
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

async function answer(...frames: readonly Buffer[]): Promise<string[]> {
  const client = await RawH2.open(target.port);
  return outcome(await client.ask(...frames));
}

const HELLO = ['1 200', '1 "rxpaf: HTTP as RxJS streams"', '1 end'];

/** A request that is open. */
const OPEN = headers(1, POST, END_HEADERS);

/** The `answer` to frames after an open request, whose head is there. */
async function behindOpen(...frames: readonly Buffer[]): Promise<string[]> {
  const [head, ...rest] = await answer(OPEN, ...frames);
  expect(head).toBe('1 200');
  return rest;
}

const PADDED = FLAG.PADDED;

/** `content` after a Pad Length, with `padding` octets after it. */
function padded(content: Uint8Array | string, padding: number): Buffer {
  return Buffer.concat([Buffer.from([padding]), Buffer.from(content), Buffer.alloc(padding)]);
}

describe('6.1 DATA', () => {
  it('6.1: content comes back as it went, padding or not, in one frame or several', async () => {
    const frames = [
      data(1, 'one,', 0),
      data(1, padded('two,', 5), PADDED),
      data(1, padded('three', 0), PADDED | FLAG.END_STREAM),
    ];
    expect(await behindOpen(...frames)).toEqual(['1 "one,two,three"', '1 end']);
  });

  it('6.1: padding alone is not content', async () => {
    expect(await behindOpen(data(1, padded('', 255), PADDED), data(1, ''))).toEqual(['1 end']);
  });

  it('6.1: on stream 0: PROTOCOL_ERROR', async () => {
    expect(await answer(data(0, 'x'))).toEqual(broken('PROTOCOL_ERROR'));
  });

  it.each([
    ['as long as the payload', Buffer.from([5, 1, 2, 3, 4])],
    ['longer than the payload', Buffer.from([200, 1, 2, 3, 4])],
  ])('6.1: a Pad Length %s: PROTOCOL_ERROR', async (_, payload) => {
    expect((await answer(OPEN, data(1, payload, PADDED))).slice(-2)).toEqual(broken('PROTOCOL_ERROR'));
  });

  it('6.1: padded, without a Pad Length: FRAME_SIZE_ERROR', async () => {
    expect((await answer(OPEN, data(1, '', PADDED))).slice(-2)).toEqual(broken('FRAME_SIZE_ERROR'));
  });
});

describe('6.2 HEADERS', () => {
  it('6.2: padded, and with a priority, it is taken', async () => {
    const payload = Buffer.concat([Buffer.from([4]), uint32(0), Buffer.from([15]), block(GET), Buffer.alloc(4)]);
    expect(await answer(frame(FRAME.HEADERS, WHOLE | PADDED | FLAG.PRIORITY, 1, payload))).toEqual(HELLO);
  });

  it('6.2: on stream 0: PROTOCOL_ERROR', async () => {
    expect(await answer(headers(0))).toEqual(broken('PROTOCOL_ERROR'));
  });

  it('6.2: a Pad Length longer than the payload: PROTOCOL_ERROR', async () => {
    const payload = Buffer.concat([Buffer.from([255]), block(GET)]);
    expect(await answer(frame(FRAME.HEADERS, WHOLE | PADDED, 1, payload))).toEqual(broken('PROTOCOL_ERROR'));
  });

  it.each([
    ['padding', PADDED, 0],
    ['a priority', FLAG.PRIORITY, 4],
  ])('6.2: too short for %s: FRAME_SIZE_ERROR', async (_, flag, size) => {
    expect(await answer(frame(FRAME.HEADERS, WHOLE | flag, 1, Buffer.alloc(size)))).toEqual(broken('FRAME_SIZE_ERROR'));
  });
});

describe('6.3 PRIORITY', () => {
  it('6.3: of any weight and dependency, it is taken', async () => {
    const all = [priority(1, 0, 0), priority(1, 0, 255), priority(3, 0x8000_0001), priority(9, 101)];
    expect(await answer(...all, headers(1))).toEqual(HELLO);
  });

  it('6.3: on stream 0: PROTOCOL_ERROR', async () => {
    expect(await answer(priority(0, 1))).toEqual(broken('PROTOCOL_ERROR'));
  });

  it('6.3: not of 5 octets: FRAME_SIZE_ERROR, of the stream', async () => {
    expect(await behindOpen(frame(FRAME.PRIORITY, 0, 1, Buffer.alloc(4)))).toEqual(['1 RST_STREAM FRAME_SIZE_ERROR']);
  });
});

describe('6.4 RST_STREAM', () => {
  it('6.4: on stream 0: PROTOCOL_ERROR', async () => {
    expect(await answer(rst(0))).toEqual(broken('PROTOCOL_ERROR'));
  });

  it.each([3, 5])('6.4: of %d octets: FRAME_SIZE_ERROR', async (size) => {
    expect(await behindOpen(frame(FRAME.RST_STREAM, 0, 1, Buffer.alloc(size)))).toEqual(broken('FRAME_SIZE_ERROR'));
  });

  it('6.4: nothing more comes on the stream', async () => {
    const client = await RawH2.open(target.port);
    await client.ask(headers(1, get('/bytes/9999999999')));
    // Windows for all that there is: were it not over, it would come.
    expect(outcome(await client.ask(rst(1), windowUpdate(0, 0x7fff_0000), headers(3)))).toEqual([
      '3 200',
      expect.anything(),
      '3 end',
    ]);
  });

  it('7: an unknown error code is an error code', async () => {
    expect(await behindOpen(rst(1, 0xff), headers(3))).toEqual(['3 200', expect.anything(), '3 end']);
  });
});

describe('6.5 SETTINGS', () => {
  it('6.5.3: they are acknowledged, once each', async () => {
    const client = await RawH2.open(target.port);
    const lines = await client.ask(settings(), settings(SETTING.MAX_CONCURRENT_STREAMS, 10));
    expect(lines).toEqual(['SETTINGS ACK', 'SETTINGS ACK']);
  });

  it.each([
    ['6.5: ACK with a payload', frame(FRAME.SETTINGS, FLAG.ACK, 0, Buffer.alloc(6)), 'FRAME_SIZE_ERROR'],
    ['6.5: on a stream', frame(FRAME.SETTINGS, 0, 1), 'PROTOCOL_ERROR'],
    ['6.5: not of a multiple of 6 octets', frame(FRAME.SETTINGS, 0, 0, Buffer.alloc(5)), 'FRAME_SIZE_ERROR'],
    ['6.5.2: ENABLE_PUSH that is neither 0 nor 1', settings(SETTING.ENABLE_PUSH, 2), 'PROTOCOL_ERROR'],
    [
      '6.5.2: INITIAL_WINDOW_SIZE past 2^31-1',
      settings(SETTING.INITIAL_WINDOW_SIZE, 0x8000_0000),
      'FLOW_CONTROL_ERROR',
    ],
    ['6.5.2: MAX_FRAME_SIZE below 2^14', settings(SETTING.MAX_FRAME_SIZE, 16_383), 'PROTOCOL_ERROR'],
    ['6.5.2: MAX_FRAME_SIZE past 2^24-1', settings(SETTING.MAX_FRAME_SIZE, 0x100_0000), 'PROTOCOL_ERROR'],
    ['RFC 8441 section 3: ENABLE_CONNECT_PROTOCOL of 2', settings(8, 2), 'PROTOCOL_ERROR'],
  ])('%s: an error of the connection', async (_, odd, code) => {
    expect(await answer(odd)).toEqual(broken(code));
  });

  it('6.5.2: an unknown setting is ignored', async () => {
    expect(await answer(settings(0xff, 0xffff_ffff, 0, 1), headers(1))).toEqual(HELLO);
  });

  it('6.5.3: of several values of one setting the last counts', async () => {
    const { INITIAL_WINDOW_SIZE } = SETTING;
    const lines = await answer(settings(INITIAL_WINDOW_SIZE, 100, INITIAL_WINDOW_SIZE, 1), headers(1));
    expect(lines).toEqual(['1 200', '1 "r"']);
  });

  it('6.5.2: HEADER_TABLE_SIZE 0: fields are still understood', async () => {
    const client = await RawH2.open(target.port, SETTING.HEADER_TABLE_SIZE, 0);
    expect(outcome(await client.ask(headers(1)))).toEqual(HELLO);
    expect(outcome(await client.ask(settings(SETTING.HEADER_TABLE_SIZE, 4096), headers(3)))).toContain('3 200');
  });
});

describe('6.6 PUSH_PROMISE', () => {
  it('6.6, 8.4: of a client: PROTOCOL_ERROR', async () => {
    const promise = frame(FRAME.PUSH_PROMISE, END_HEADERS, 1, Buffer.concat([uint32(2), block(GET)]));
    expect(await behindOpen(promise)).toEqual(broken('PROTOCOL_ERROR'));
  });
});

describe('6.7 PING', () => {
  const opaque = Buffer.from('fedcba9876543210', 'hex');

  it('6.7: it is acknowledged, with the same octets', async () => {
    const client = await RawH2.open(target.port);
    expect(await client.ask(ping(opaque))).toEqual(['PING ACK fedcba9876543210']);
  });

  it('6.7: an acknowledgement gets no response', async () => {
    const client = await RawH2.open(target.port);
    expect(await client.ask(ping(opaque, FLAG.ACK))).toEqual([]);
  });

  it.each([
    ['on a stream', ping(opaque, 0, 1), 'PROTOCOL_ERROR'],
    ['of 6 octets', ping(Buffer.alloc(6)), 'FRAME_SIZE_ERROR'],
    ['of 9 octets', ping(Buffer.alloc(9)), 'FRAME_SIZE_ERROR'],
    ['of no octets, with ACK', ping(Buffer.alloc(0), FLAG.ACK), 'FRAME_SIZE_ERROR'],
  ])('6.7: %s: an error of the connection', async (_, odd, code) => {
    expect(await answer(odd)).toEqual(broken(code));
  });
});

describe('6.8 GOAWAY', () => {
  const goaway = (stream: number, code: number): Buffer => frame(FRAME.GOAWAY, 0, stream, uint32(0, code));

  it('6.8: on a stream: PROTOCOL_ERROR', async () => {
    expect(await answer(goaway(1, 0))).toEqual(broken('PROTOCOL_ERROR'));
  });

  it('6.8: too short: FRAME_SIZE_ERROR', async () => {
    expect(await answer(frame(FRAME.GOAWAY, 0, 0, Buffer.alloc(7)))).toEqual(broken('FRAME_SIZE_ERROR'));
  });

  it.each([0, 0xff])(
    '6.8, 7: what is under way goes on to its end, then the connection is closed (code %d)',
    async (code) => {
      const client = await RawH2.open(target.port);
      expect(outcome(await client.ask(OPEN))).toEqual(['1 200']);
      expect(outcome(await client.ask(goaway(0, code)))).toEqual([]);
      const rest = outcome(await client.send(data(1, 'rest')).until(() => false));
      expect(rest.filter((line) => !line.startsWith('GOAWAY'))).toEqual(['1 "rest"', '1 end', 'closed']);
    },
  );
});

describe('6.9 WINDOW_UPDATE', () => {
  it.each([
    ['of 0 to the connection: PROTOCOL_ERROR', windowUpdate(0, 0), broken('PROTOCOL_ERROR')],
    ['of 0 to a stream: PROTOCOL_ERROR, of the stream', windowUpdate(1, 0), ['1 RST_STREAM PROTOCOL_ERROR']],
    ['of 3 octets: FRAME_SIZE_ERROR', frame(FRAME.WINDOW_UPDATE, 0, 0, Buffer.alloc(3)), broken('FRAME_SIZE_ERROR')],
    ['of 5 octets: FRAME_SIZE_ERROR', frame(FRAME.WINDOW_UPDATE, 0, 1, Buffer.alloc(5)), broken('FRAME_SIZE_ERROR')],
  ])('6.9: %s', async (_, odd, expected) => {
    expect(await behindOpen(odd)).toEqual(expected);
  });

  it('6.9.1: the connection window past 2^31-1: FLOW_CONTROL_ERROR', async () => {
    const most = windowUpdate(0, 0x7fff_ffff);
    expect(await answer(most, most)).toEqual(broken('FLOW_CONTROL_ERROR'));
  });

  it('6.9.1: the window of a stream past 2^31-1: FLOW_CONTROL_ERROR, of the stream', async () => {
    const most = windowUpdate(1, 0x7fff_ffff);
    expect(await behindOpen(most, most)).toEqual(['1 RST_STREAM FLOW_CONTROL_ERROR']);
  });

  it('6.9.1: no more comes than the window of the stream lets', async () => {
    const client = await RawH2.open(target.port, SETTING.INITIAL_WINDOW_SIZE, 1);
    expect(octets(await client.ask(headers(1, get('/bytes/10'))))).toBe(1);
    expect(octets(await client.ask(windowUpdate(1, 4)))).toBe(4);
    expect(outcome(await client.ask(windowUpdate(1, 100))).at(-1)).toBe('1 end');
  });

  it('6.9.1: no more comes than the window of the connection lets', async () => {
    const client = await RawH2.open(target.port, SETTING.INITIAL_WINDOW_SIZE, 0x7fff_ffff);
    expect(octets(await client.ask(headers(1, get('/bytes/100000'))))).toBe(65_535);
    expect(octets(await client.ask(headers(3, get('/bytes/1000'))))).toBe(0);
    expect(octets(await client.ask(windowUpdate(0, 100_000)))).toBe(35_465);
  });

  it('6.9: padding counts for the window, as the content does', async () => {
    const client = await RawH2.open(target.port);
    const one = data(1, padded(Buffer.alloc(1), 255), PADDED);
    // 5000 * 257 octets are more than the window of the connection: it has to be given back.
    await client.ask(OPEN);
    for (let round = 0; round < 10; round++)
      expect(await client.ask(...Array.from({ length: 500 }, () => one))).not.toContain('closed');
  });

  it('6.9.1: DATA past the window of a stream: FLOW_CONTROL_ERROR', async () => {
    const client = await RawH2.open(target.port, SETTING.INITIAL_WINDOW_SIZE, 0);
    const content = Array.from({ length: 40 }, () => data(1, Buffer.alloc(16_384), 0));
    expect(outcome(await client.ask(OPEN, ...content))).toContain('1 RST_STREAM FLOW_CONTROL_ERROR');
  });

  it('6.9.1: streams with a full window do not fill the window of the connection', async () => {
    const client = await RawH2.open(target.port, SETTING.INITIAL_WINDOW_SIZE, 0);
    const streams = Array.from({ length: 20 }, (_, index) => 2 * index + 1);
    const content = streams.flatMap((stream) => [
      headers(stream, POST, END_HEADERS),
      ...Array.from({ length: 16 }, () => data(stream, Buffer.alloc(16_384), 0)),
    ]);
    // No stream of /echo goes on here: each of them waits for the client to open its window.
    const got = outcome(await client.ask(...content));
    expect(got.filter((line) => /GOAWAY|RST_STREAM/.test(line))).toEqual([]);
    expect(got.filter((line) => / 200$/.test(line))).toHaveLength(20);
  });
});

describe('6.9.2 INITIAL_WINDOW_SIZE', () => {
  const { INITIAL_WINDOW_SIZE } = SETTING;

  it('6.9.2: a change moves the windows of the streams that there are', async () => {
    const client = await RawH2.open(target.port, INITIAL_WINDOW_SIZE, 0);
    expect(octets(await client.ask(headers(1, get('/bytes/10'))))).toBe(0);
    expect(octets(await client.ask(settings(INITIAL_WINDOW_SIZE, 1)))).toBe(1);
  });

  it('6.9.2: a window may become negative, and is made good before anything more comes', async () => {
    const client = await RawH2.open(target.port, INITIAL_WINDOW_SIZE, 3);
    expect(octets(await client.ask(headers(1, get('/bytes/10'))))).toBe(3);
    expect(octets(await client.ask(settings(INITIAL_WINDOW_SIZE, 0), windowUpdate(1, 3)))).toBe(0);
    expect(octets(await client.ask(windowUpdate(1, 2)))).toBe(2);
  });

  it('6.9.2: a change that makes the window of a stream past 2^31-1: FLOW_CONTROL_ERROR', async () => {
    const client = await RawH2.open(target.port, INITIAL_WINDOW_SIZE, 0);
    const lines = await client.ask(OPEN, settings(INITIAL_WINDOW_SIZE, 1), windowUpdate(1, 0x7fff_fffe));
    expect(outcome(lines)).not.toContain('closed');
    expect(outcome(await client.ask(settings(INITIAL_WINDOW_SIZE, 0x7fff_ffff))).slice(-2)).toEqual(
      broken('FLOW_CONTROL_ERROR'),
    );
  });

  it('6.9.2: a stream that waits for the connection waits for its own window, too, once that is gone', async () => {
    const client = await RawH2.open(target.port, INITIAL_WINDOW_SIZE, 200_000);
    await client.ask(headers(1, get('/bytes/100000')));
    expect(octets(await client.ask(settings(INITIAL_WINDOW_SIZE, 0), windowUpdate(0, 200_000)))).toBe(0);
    expect(octets(await client.ask(windowUpdate(1, 65_540)))).toBe(5);
  });

  it('6.9.2: it does not change the window of the connection', async () => {
    const client = await RawH2.open(target.port, INITIAL_WINDOW_SIZE, 200_000);
    expect(octets(await client.ask(headers(1, get('/bytes/100000'))))).toBe(65_535);
  });
});

describe('6.10 CONTINUATION', () => {
  const whole = block(GET);
  const parts = [whole.subarray(0, 5), whole.subarray(5, 20), whole.subarray(20)];
  const cut = frame(FRAME.HEADERS, FLAG.END_STREAM, 1, parts[0]);

  it('6.10: a field block may be cut anywhere, into parts that are empty, too', async () => {
    const frames = [
      cut,
      continuation(1, parts[1]!, 0),
      continuation(1, Buffer.alloc(0), 0),
      continuation(1, parts[2]!),
    ];
    expect(await answer(...frames)).toEqual(HELLO);
  });

  it.each([
    ['on stream 0', [cut, continuation(0, whole)]],
    ['of another stream', [cut, continuation(3, whole)]],
    ['behind HEADERS with END_HEADERS', [OPEN, continuation(1, whole)]],
    ['behind CONTINUATION with END_HEADERS', [cut, continuation(1, whole.subarray(5)), continuation(1, whole)]],
    ['behind DATA', [OPEN, data(1, 'x', 0), continuation(1, whole)]],
    ['with another frame before it', [cut, data(1, 'x'), continuation(1, whole.subarray(5))]],
  ])('6.10: %s: PROTOCOL_ERROR', async (_, frames) => {
    expect((await answer(...frames)).slice(-2)).toEqual(broken('PROTOCOL_ERROR'));
  });
});
