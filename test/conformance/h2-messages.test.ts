/**
 * RFC 9113 section 8 (messages), and RFC 7541 (HPACK), asked of the conformance target by a client that says any frames.
 */
import {
  block,
  broken,
  data,
  END_HEADERS,
  FRAME,
  frame,
  GET,
  get,
  headers,
  type Lines,
  outcome,
  POST,
  RawH2,
  SETTING,
  WHOLE,
} from '../kits/attacks/raw-h2.js';
import { sharedTarget } from '../kits/shared-target.js';

const target = sharedTarget('echo');

async function answer(...frames: readonly Buffer[]): Promise<string[]> {
  const client = await RawH2.open(target.port);
  return outcome(await client.ask(...frames));
}

const HELLO = ['1 200', '1 "rxpaf: HTTP as RxJS streams"', '1 end'];

/** The stream is at fault, the connection is not: requests after it get a response. */
async function malformed(...frames: readonly Buffer[]): Promise<void> {
  const outcomes = await answer(...frames, headers(101));
  expect(outcomes.filter((line) => line.includes('RST_STREAM') || line === 'closed')).toEqual([
    '1 RST_STREAM PROTOCOL_ERROR',
  ]);
  expect(outcomes).toContain('101 200');
  // Nothing that looks like a whole response.
  expect(outcomes).not.toContain('1 end');
}

/** `lines` without those named. */
function without(lines: Lines, ...names: readonly string[]): Lines {
  return lines.filter(([name]) => !names.includes(name));
}

describe('8.1 messages', () => {
  it('8.1: content and trailers', async () => {
    const frames = [headers(1, POST, END_HEADERS), data(1, 'content', 0), headers(1, [['x-sum', '1']])];
    expect(await answer(...frames)).toEqual(['1 200', '1 "content"', '1 end']);
  });

  it('8.1: trailers without content', async () => {
    expect(await answer(headers(1, POST, END_HEADERS), headers(1, [['x-sum', '1']]))).toEqual(['1 200', '1 end']);
  });

  it('8.1: a second HEADERS without END_STREAM', () =>
    malformed(headers(1, POST, END_HEADERS), headers(1, POST, END_HEADERS)));

  it('8.1: a response to HEAD has no content, and states how long it would be', async () => {
    const client = await RawH2.open(target.port);
    const lines = await client.ask(headers(1, [[':method', 'HEAD'], ...GET.slice(1)]));
    expect(outcome(lines)).toEqual(['1 200', '1 end']);
    expect(lines.join()).toContain('content-length=28');
  });
});

describe('8.1.1 malformed messages: content-length', () => {
  const length = (value: string): Lines => [...POST, ['content-length', value]];

  it('8.1.1: content as long as it says', async () => {
    const frames = [headers(1, length('4'), END_HEADERS), data(1, 'te', 0), data(1, 'st')];
    expect(await answer(...frames)).toEqual(['1 200', '1 "test"', '1 end']);
  });

  it('8.1.1: 0, and no content', async () => {
    expect(await answer(headers(1, length('0')))).toEqual(['1 200', '1 end']);
  });

  it.each([
    ['longer, in one frame', '1', [data(1, 'test')]],
    ['shorter, in one frame', '5', [data(1, 'test')]],
    ['longer, in several frames', '5', [data(1, 'tes', 0), data(1, 'ted')]],
    ['shorter, in several frames', '7', [data(1, 'tes', 0), data(1, 'ted')]],
    ['shorter, with trailers behind it', '5', [data(1, 'test', 0), headers(1, [['x', 'y']])]],
  ])('8.1.1: content that is %s', (_, value, frames) => malformed(headers(1, length(value), END_HEADERS), ...frames));

  it('8.1.1: none, where some is promised', () => malformed(headers(1, length('1'))));

  it.each(['-1', '+1', '0x1', '1.0', '', 'four', '1,2', '99999999999999999999999'])(
    '8.1.1: a Content-Length of "%s"',
    (value) => malformed(headers(1, length(value), END_HEADERS)),
  );

  it('8.1.1: two that differ', () => malformed(headers(1, [...length('4'), ['content-length', '5']], END_HEADERS)));
});

describe('8.2 fields', () => {
  it.each([
    ['a name in upper case', 'X-Test', 'ok'],
    ['a name that is empty', '', 'ok'],
    ['a name with a space', 'x test', 'ok'],
    ['a name with a colon', 'x:test', 'ok'],
    ['a name with a control character', 'x\x7f', 'ok'],
    ['a name past ASCII', 'x\xe9', 'ok'],
    ['a value with NUL', 'x-test', 'a\0b'],
    ['a value with CR', 'x-test', 'a\rb'],
    ['a value with LF', 'x-test', 'a\nb'],
    ['a value that begins with a space', 'x-test', ' a'],
    ['a value that ends with a tab', 'x-test', 'a\t'],
  ])('8.2.1: %s', (_, name, value) => malformed(headers(1, [...GET, [name, value]])));

  it.each([
    ['connection', 'close'],
    ['connection', 'x-other'],
    ['keep-alive', 'timeout=5'],
    ['proxy-connection', 'keep-alive'],
    ['transfer-encoding', 'chunked'],
    ['upgrade', 'h2c'],
    ['te', 'trailers, deflate;q=0.5'],
    ['te', 'gzip'],
  ])('8.2.2: the connection-specific field %s: %s', (name, value) => malformed(headers(1, [...GET, [name, value]])));

  it('8.2.2: TE: trailers', async () => {
    expect(await answer(headers(1, [...GET, ['te', 'trailers']]))).toEqual(HELLO);
  });

  it('8.2.3: the crumbs of a cookie are one field', async () => {
    const crumbs: Lines = [...get('/headers'), ['cookie', 'a=1'], ['cookie', 'b=2']];
    expect((await answer(headers(1, crumbs)))[1]).toBe(`1 ${JSON.stringify('{"cookie":"a=1; b=2"}')}`);
  });
});

describe('8.3 pseudo-header fields', () => {
  const path = (value: string): Lines => get(value);

  it.each<[string, Lines]>([
    ['an unknown one', [...GET, [':test', 'ok']]],
    ['one of responses', [...GET, [':status', '200']]],
    ['one behind a field', [...GET.slice(0, 3), ['x-test', 'ok'], GET[3]!]],
    ['no :method', without(GET, ':method')],
    ['no :scheme', without(GET, ':scheme')],
    ['no :path', without(GET, ':path')],
    ['neither :authority nor Host', without(GET, ':authority')],
    [':method twice', [GET[0]!, ...GET]],
    [':scheme twice', [GET[1]!, ...GET]],
    [':path twice', [GET[2]!, ...GET]],
    [':authority twice', [GET[3]!, ...GET]],
    ['an empty :path', path('')],
    ['a :path that is none', path('x')],
    [':path * of another method than OPTIONS', path('*')],
    ['a :path with a space', path('/a b')],
    ['a :path with CR LF', path('/a\r\nx: y')],
    ['a :method that is no token', [[':method', 'G ET'], ...GET.slice(1)]],
    ['an empty :method', [[':method', ''], ...GET.slice(1)]],
    ['a :scheme that is none', [GET[0]!, [':scheme', 'ht tp'], ...GET.slice(2)]],
    ['userinfo in :authority', [...without(GET, ':authority'), [':authority', 'me@localhost']]],
    ['an empty :authority', [...without(GET, ':authority'), [':authority', '']]],
    ['a Host that differs from :authority', [...GET, ['host', 'other']]],
    ['in upper case', [...without(GET, ':path'), [':Path', '/']]],
  ])('8.3.1: %s', (_, lines) => malformed(headers(1, lines)));

  it('8.3: one among the trailers', () => malformed(headers(1, POST, END_HEADERS), headers(1, [[':method', 'POST']])));

  it.each<[string, Lines]>([
    ['Host in place of :authority', [...without(GET, ':authority'), ['host', 'localhost']]],
    ['Host as :authority says it', [...GET, ['host', 'localhost']]],
    ['in any order', [...GET].reverse()],
  ])('8.3.1: %s is a request', async (_, lines) => {
    expect(await answer(headers(1, lines))).toEqual(HELLO);
  });

  it('8.3.1: OPTIONS *', async () => {
    const lines: Lines = [[':method', 'OPTIONS'], GET[1]!, [':path', '*'], GET[3]!];
    expect((await answer(headers(1, lines)))[0]).toBe('1 404');
  });

  it.each<[string, Lines]>([
    [
      ':scheme',
      [
        [':method', 'CONNECT'],
        [':authority', 'localhost:80'],
        [':scheme', 'http'],
      ],
    ],
    [
      ':path',
      [
        [':method', 'CONNECT'],
        [':authority', 'localhost:80'],
        [':path', '/'],
      ],
    ],
    ['no :authority', [[':method', 'CONNECT']]],
    [
      'an :authority without a port',
      [
        [':method', 'CONNECT'],
        [':authority', 'localhost'],
      ],
    ],
  ])('8.5: CONNECT with %s', (_, lines) => malformed(headers(1, lines, END_HEADERS)));

  it('RFC 8441 section 4: :protocol of another method than CONNECT', () =>
    malformed(headers(1, [...GET, [':protocol', 'websocket']])));
});

/** HEADERS of a field block by hand, in hex. */
function raw(stream: number, hex: string): Buffer {
  return frame(FRAME.HEADERS, WHOLE, stream, Buffer.from(hex.replace(/\s/g, ''), 'hex'));
}

// :method GET, :scheme http, :path /, :authority localhost
const HEAD = '82 86 84 01 09 6c6f63616c686f7374';

describe('RFC 7541: HPACK', () => {
  it.each([
    ['6.1: an indexed field', `${HEAD} 90`],
    ['6.2.1: a literal with indexing, its name indexed', `${HEAD} 50 04 677a6970`],
    ['6.2.1: a literal with indexing, its name new', `${HEAD} 40 01 78 01 79`],
    ['6.2.2: a literal without indexing', `${HEAD} 00 01 78 01 79`],
    ['6.2.3: a literal that is never indexed', `${HEAD} 10 01 78 01 79`],
    ['5.2: a string in Huffman code', `82 86 84 01 86 a0e41d139d09`],
    ['6.3: a change of the table size in front', `3f e11f ${HEAD}`],
    ['6.3: two changes of the table size in front', `20 3f e11f ${HEAD}`],
    ['4.2: a table of no entries', `20 ${HEAD} 40 01 78 01 79`],
  ])('%s', async (_, hex) => {
    expect(await answer(raw(1, hex))).toEqual(HELLO);
  });

  it('2.3.2: an indexed field is there for the next request, and goes when the table shrinks', async () => {
    const client = await RawH2.open(target.port);
    expect(outcome(await client.ask(raw(1, `${HEAD} 40 01 78 01 79`)))).toEqual(HELLO);
    expect(outcome(await client.ask(raw(3, `${HEAD} be`)))).toContain('3 200');
    expect(outcome(await client.ask(raw(5, `20 ${HEAD} be`)))).toEqual(broken('COMPRESSION_ERROR'));
  });

  it.each([
    ['2.3.3: an index past both tables', `${HEAD} c6`],
    ['2.3.3: the name of a literal by an index past both tables', `${HEAD} 7f 20 01 79`],
    ['4.2: a change of the table size behind a field', `${HEAD} 20`],
    ['6.1: the index 0', `${HEAD} 80`],
    ['6.3: a table size past SETTINGS_HEADER_TABLE_SIZE', `3f e2ff 1f ${HEAD}`],
    ['5.1: an integer without end', `${HEAD} ff ff ff ff ff ff ff ff ff ff`],
    ['5.2: padding of more than 7 bits', `${HEAD} 00 01 78 82 1f ff`],
    ['5.2: padding that is not of ones', `${HEAD} 00 01 78 81 18`],
    ['5.2: EOS within a string', `${HEAD} 00 01 78 84 ff ff ff ff`],
    ['5.2: a string longer than the block', `${HEAD} 00 01 78 7f 00`],
    ['5.2: the block ends in a literal', `${HEAD} 00 01 78`],
    ['5.2: the block ends in an integer', `${HEAD} ff`],
  ])('%s: COMPRESSION_ERROR', async (_, hex) => {
    expect(await answer(raw(1, hex))).toEqual(broken('COMPRESSION_ERROR'));
  });

  it('4.2: the server takes a smaller table at once, and says so', async () => {
    const client = await RawH2.open(target.port, SETTING.HEADER_TABLE_SIZE, 64);
    for (const stream of [1, 3, 5]) expect(outcome(await client.ask(headers(stream)))).toContain(`${stream} 200`);
  });

  it('2.1: fields keep their order', async () => {
    const lines: Lines = [...get('/headers'), ['b', '1'], ['a', '2'], ['c', '3']];
    const [, json] = await answer(frame(FRAME.HEADERS, WHOLE, 1, block(lines)));
    expect(Object.keys(JSON.parse(JSON.parse(json!.slice(2)) as string) as object)).toEqual(['b', 'a', 'c']);
  });
});
