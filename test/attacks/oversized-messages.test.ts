/**
 * Everything a size too large, at default limits: what is refused, and how. At the limit itself, and a byte past it, in virtual time:
 * marbles/limits-h1.test.ts and marbles/limits-h2.test.ts. Without end, over sockets: test/attacks/server-h1.test.ts and h2-attacks.test.ts.
 */
import { DEFAULT_LIMITS } from 'rxpaf';
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
  headers,
  type Lines,
  outcome,
  ping,
  POST,
  RawH2,
  SETTING,
  settings,
  uint32,
  WHOLE,
  windowUpdate,
} from '../kits/attacks/raw-h2.js';
import { type Backend, ourBackend, say } from '../kits/attacks/smuggling.js';

let backend: Backend;
beforeAll(async () => (backend = await ourBackend()));

const { requestTarget, headerSection, headerList, headerFields, chunkOverhead } = DEFAULT_LIMITS;
/** The longest method that there may be (`LONGEST_METHOD` in src/h1/head-reader.ts). */
const METHOD = 32;
const of = (size: number, letter = 'y'): string => letter.repeat(size);
const times = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('');

describe('HTTP/1.1', () => {
  const HOST = 'Host: a\r\n';
  const HEAD = `GET / HTTP/1.1\r\n${HOST}`;
  const CHUNKED = `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`;

  it.each([
    ['a method', `${of(METHOD + 1, 'M')} / HTTP/1.1\r\n${HOST}\r\n`, '400'],
    ['a target', `GET /${of(requestTarget)} HTTP/1.1\r\n${HOST}\r\n`, '414'],
    ['a target in absolute form', `GET http://a/${of(requestTarget)} HTTP/1.1\r\n${HOST}\r\n`, '414'],
    ['the host of a target in absolute form', `GET http://${of(requestTarget)}/ HTTP/1.1\r\n${HOST}\r\n`, '414'],
    ['a query', `GET /?${of(requestTarget)} HTTP/1.1\r\n${HOST}\r\n`, '414'],
    ['a version', `GET / HTTP/1.${of(1000, '1')}\r\n${HOST}\r\n`, '400'],
    ['a field value', `${HEAD}x: ${of(headerSection)}\r\n\r\n`, '431'],
    ['a field name', `${HEAD}${of(headerSection)}: x\r\n\r\n`, '431'],
    ['the space in front of a value', `${HEAD}x:${of(headerSection, ' ')}y\r\n\r\n`, '431'],
    ['a Host', `GET / HTTP/1.1\r\nHost: ${of(headerSection)}\r\n\r\n`, '431'],
    ['all fields together', `${HEAD}${times(100, (index) => `x-${index}: ${of(200)}\r\n`)}\r\n`, '431'],
    ['the number of fields', `${HEAD}${times(headerFields, () => 'x:\r\n')}\r\n`, '431'],
    ['the number of empty fields of one name', `${HEAD}${times(20_000, () => 'cookie:\r\n')}\r\n`, '431'],
    ['the digits of a Content-Length', `${HEAD}Content-Length: ${of(1000, '1')}\r\n\r\n`, '400'],
    ['a Content-Length of 2^53', `${HEAD}Content-Length: ${2 ** 53}\r\n\r\n`, '400'],
    ['a chunk size of 2^53', `${CHUNKED}${(2 ** 53).toString(16)}\r\nx`, '400'],
    ['the digits of a chunk size', `${CHUNKED}${of(17, '0')}\r\n\r\n`, '400'],
    ['a chunk extension', `${CHUNKED}1;${of(chunkOverhead)}\r\nx\r\n0\r\n\r\n`, '400'],
    ['all chunk extensions together', `${CHUNKED}${times(2000, () => '1;extension\r\nx\r\n')}0\r\n\r\n`, '400'],
    ['a trailer', `${CHUNKED}0\r\nx: ${of(chunkOverhead)}\r\n\r\n`, '431'],
    ['the number of trailers', `${CHUNKED}0\r\n${times(headerFields + 1, () => 'x:\r\n')}\r\n`, '431'],
    [
      'extensions and trailers together',
      `${CHUNKED}1;${of(chunkOverhead / 2)}\r\nx\r\n0\r\nx: ${of(chunkOverhead / 2)}\r\n\r\n`,
      '431',
    ],
  ])('%s is refused', async (_, bytes, status) => {
    expect(await say(backend.port, bytes)).toEqual([status]);
  });
});

describe('HTTP/2', () => {
  const FRAME_SIZE = 16_384;
  const FULL = Buffer.alloc(FRAME_SIZE + 1);
  const OPEN = headers(1, POST, END_HEADERS);

  /** A field block in as many frames as it takes. */
  function request(lines: Lines): Buffer {
    const bytes = block(lines);
    const parts: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += FRAME_SIZE) parts.push(bytes.subarray(at, at + FRAME_SIZE));
    const last = parts.length - 1;
    const rest = parts.slice(1).map((part, index) => continuation(1, part, index + 1 === last ? END_HEADERS : 0));
    return Buffer.concat([frame(FRAME.HEADERS, last === 0 ? WHOLE : FLAG.END_STREAM, 1, parts[0]), ...rest]);
  }

  async function answer(...frames: readonly Buffer[]): Promise<string[]> {
    const client = await RawH2.open(backend.port);
    const lines = outcome(await client.ask(...frames));
    client.destroy();
    return lines.filter((line) => !/"| \(\d+\)$/.test(line) && line !== 'broken');
  }

  const REFUSED = ['1 431', '1 end'];
  const MALFORMED = ['1 RST_STREAM PROTOCOL_ERROR'];

  it.each<[string, Buffer, readonly string[]]>([
    ['a frame of DATA', Buffer.concat([OPEN, data(1, FULL)]), broken('FRAME_SIZE_ERROR')],
    ['a frame of HEADERS', frame(FRAME.HEADERS, WHOLE, 1, FULL), broken('FRAME_SIZE_ERROR')],
    ['a frame of SETTINGS', frame(FRAME.SETTINGS, 0, 0, Buffer.alloc(16_386)), broken('FRAME_SIZE_ERROR')],
    ['a frame of unknown type', frame(0xbb, 0, 0, FULL), broken('FRAME_SIZE_ERROR')],
    ['the length of a frame alone, of 16 MiB', Buffer.from('ffffff000000000001', 'hex'), broken('FRAME_SIZE_ERROR')],
    ['a PING', ping(Buffer.alloc(9)), broken('FRAME_SIZE_ERROR')],
    ['a WINDOW_UPDATE', frame(FRAME.WINDOW_UPDATE, 0, 0, uint32(1, 1)), broken('FRAME_SIZE_ERROR')],
    ['an RST_STREAM', Buffer.concat([OPEN, frame(FRAME.RST_STREAM, 0, 1, uint32(8, 8))]), broken('FRAME_SIZE_ERROR')],
    ['SETTINGS of 7 octets', frame(FRAME.SETTINGS, 0, 0, Buffer.alloc(7)), broken('FRAME_SIZE_ERROR')],
    ['an acknowledgement of SETTINGS', frame(FRAME.SETTINGS, FLAG.ACK, 0, Buffer.alloc(6)), broken('FRAME_SIZE_ERROR')],
    ['a window of the connection', windowUpdate(0, 0x7fff_ffff), broken('FLOW_CONTROL_ERROR')],
    ['a window of a stream', Buffer.concat([OPEN, windowUpdate(1, 0x7fff_ffff)]), ['1 RST_STREAM FLOW_CONTROL_ERROR']],
    ['a window of all streams', settings(SETTING.INITIAL_WINDOW_SIZE, 0x8000_0000), broken('FLOW_CONTROL_ERROR')],
    ['a frame size that is asked for', settings(SETTING.MAX_FRAME_SIZE, 0x100_0000), broken('PROTOCOL_ERROR')],
    ['padding', frame(FRAME.DATA, FLAG.PADDED, 1, Buffer.from([255, 1, 2])), broken('PROTOCOL_ERROR')],
    ['a field value', request([...GET, ['x', of(headerList)]]), REFUSED],
    ['a field name', request([...GET, [of(headerList, 'x'), '']]), REFUSED],
    ['a path', request([...GET.slice(0, 2), [':path', `/${of(requestTarget)}`], GET[3]!]), ['1 414', '1 end']],
    ['all fields together', request([...GET, ...Array<[string, string]>(100).fill(['x', of(700)])]), REFUSED],
    ['the number of fields', request([...GET, ...Array<[string, string]>(headerFields).fill(['x', ''])]), REFUSED],
    ['a content-length of 2^53', request([...GET, ['content-length', String(2 ** 53)]]), MALFORMED],
    ['trailers', Buffer.concat([OPEN, request([['x', of(headerList)]])]), REFUSED],
    [
      'the number of trailers',
      Buffer.concat([OPEN, request(Array<[string, string]>(headerFields + 1).fill(['x', '']))]),
      REFUSED,
    ],
    [
      'an HPACK integer',
      frame(FRAME.HEADERS, WHOLE, 1, Buffer.concat([Buffer.from([0xff]), Buffer.alloc(20, 0xff)])),
      broken('COMPRESSION_ERROR'),
    ],
    [
      'an HPACK table',
      frame(FRAME.HEADERS, WHOLE, 1, Buffer.concat([Buffer.from('3fe21f', 'hex'), block(GET)])),
      broken('COMPRESSION_ERROR'),
    ],
    [
      'an HPACK string, past its block',
      frame(FRAME.HEADERS, WHOLE, 1, Buffer.from('007f808001', 'hex')),
      broken('COMPRESSION_ERROR'),
    ],
  ])('%s is refused', async (_, frames, expected) => {
    expect(await answer(frames)).toEqual(expected);
  });
});
