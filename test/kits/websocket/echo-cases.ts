/**
 * What an echo of messages sends back, frame by frame: the rules of RFC 6455 sections 5 to 8 and of RFC 7692 section 7 that a client can
 * see. One table for the engine, whose input is cut at each octet, and for the conformance target, over both protocols of HTTP.
 */
import { close, deflated, frame, OP } from './frames.js';

export interface EchoCase {
  readonly section: string;
  readonly title: string;
  /** The frames of the client. */
  readonly send: readonly Buffer[];
  /** The frames of the server, in words. The server ends the connection after CLOSE. */
  readonly expect: readonly string[];
  /** The parameters that the client offers for permessage-deflate; undefined: none. */
  readonly deflate?: string;
}

const text = (payload: string | Uint8Array, init = {}): Buffer => frame(OP.text, payload, init);
const binary = (payload: string | Uint8Array, init = {}): Buffer => frame(OP.binary, payload, init);
const more = (payload: string | Uint8Array = '', init = {}): Buffer => frame(OP.continuation, payload, init);
const ping = (payload: string | Uint8Array = '', init = {}): Buffer => frame(OP.ping, payload, init);
const bytes = (...octets: number[]): Buffer => Buffer.from(octets);
const NOT_FIN = { fin: false };
/** Shows that the connection goes on. */
const STILL = text('still');
const ON = 'TEXT "still"';

const cases: EchoCase[] = [];
const group =
  (section: string) =>
  (title: string, send: Buffer[], expect: string[], deflate?: string): void => {
    cases.push({ section, title, send, expect, ...(deflate === undefined ? {} : { deflate }) });
  };

const masking = group('RFC 6455 section 5.1');
masking('a frame that is not masked', [text('a', { mask: false })], ['CLOSE 1002']);
masking('a control frame that is not masked', [ping('a', { mask: false })], ['CLOSE 1002']);
masking('an empty frame that is not masked', [text('', { mask: false })], ['CLOSE 1002']);
masking('a mask of zeros', [text('hello', { mask: [0, 0, 0, 0] })], ['TEXT "hello"']);
masking(
  'another mask for each frame',
  [text('a', { mask: [1, 2, 3, 4] }), text('b', { mask: [255, 0, 255, 0] })],
  ['TEXT "a"', 'TEXT "b"'],
);

const framing = group('RFC 6455 section 5.2');
for (const rsv of [1, 2, 3, 4, 5, 6, 7]) {
  framing(`a text with reserved bits ${rsv}`, [text('a', { rsv })], ['CLOSE 1002']);
  framing(`a ping with reserved bits ${rsv}`, [ping('a', { rsv })], ['CLOSE 1002']);
}
for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
  framing(`the reserved opcode ${opcode}`, [STILL, frame(opcode, 'a')], [ON, 'CLOSE 1002']);
framing('an empty text and an empty binary message', [text(''), binary('')], ['TEXT ""', 'BINARY']);
for (const length of [1, 124, 125, 126, 127, 128, 65535, 65536, 65537])
  framing(
    `a binary message of ${length} bytes`,
    [binary(Buffer.alloc(length, 'x'))],
    [length > 60 ? `BINARY ${length} bytes` : 'BINARY 78'],
  );
for (const length of [125, 126, 127, 65535, 65536])
  framing(`a text of ${length} bytes`, [text('x'.repeat(length))], [`TEXT ${length} bytes`]);
framing('a length of 125 in 16 bits', [binary(Buffer.alloc(125), { form: 16 })], ['CLOSE 1002']);
framing('a length of 0 in 16 bits', [text('', { form: 16 })], ['CLOSE 1002']);
framing('a length of 65535 in 64 bits', [binary(Buffer.alloc(65535), { form: 64 })], ['CLOSE 1002']);
framing('a length of 5 in 64 bits', [text('hello', { form: 64 })], ['CLOSE 1002']);
framing('a length of 2^63', [binary('', { form: 64, length: 2n ** 63n })], ['CLOSE 1002']);
framing('a length of 2^63 - 1', [binary('', { form: 64, length: 2n ** 63n - 1n })], ['CLOSE 1009']);

const fragments = group('RFC 6455 section 5.4');
fragments('a text in two fragments', [text('hel', NOT_FIN), more('lo')], ['TEXT "hello"']);
fragments(
  'a binary message in three fragments',
  [binary('a', NOT_FIN), more('b', NOT_FIN), more('c')],
  ['BINARY 616263'],
);
fragments('fragments without content', [text('', NOT_FIN), more('', NOT_FIN), more('')], ['TEXT ""']);
fragments('an empty last fragment', [text('abc', NOT_FIN), more('')], ['TEXT "abc"']);
fragments(
  'fragments of one octet',
  [text('h', NOT_FIN), ...Array.from('ello wor').map((one) => more(one, NOT_FIN)), more('ld')],
  ['TEXT "hello world"'],
);
fragments('a ping between fragments', [text('he', NOT_FIN), ping('p'), more('llo')], ['PONG "p"', 'TEXT "hello"']);
fragments(
  'pings between all fragments',
  [text('a', NOT_FIN), ping('1'), more('b', NOT_FIN), ping('2'), more('c')],
  ['PONG "1"', 'PONG "2"', 'TEXT "abc"'],
);
fragments('a Close between fragments', [text('a', NOT_FIN), close(1000), more('b')], ['CLOSE 1000']);
fragments('a continuation without a beginning', [more('a')], ['CLOSE 1002']);
fragments('a continuation without a beginning, not the last', [more('a', NOT_FIN)], ['CLOSE 1002']);
fragments('a continuation after a complete message', [text('a'), more('b')], ['TEXT "a"', 'CLOSE 1002']);
fragments(
  'a continuation after a fragmented message',
  [text('a', NOT_FIN), more('b'), more('c')],
  ['TEXT "ab"', 'CLOSE 1002'],
);
fragments('a text within a text', [text('a', NOT_FIN), text('b')], ['CLOSE 1002']);
fragments('a binary message within a text', [text('a', NOT_FIN), binary('b', NOT_FIN)], ['CLOSE 1002']);
fragments(
  'many messages at once',
  [text('1'), binary('2'), text('3', NOT_FIN), more('4')],
  ['TEXT "1"', 'BINARY 32', 'TEXT "34"'],
);

const control = group('RFC 6455 section 5.5');
control('a ping of 125 bytes', [ping(Buffer.alloc(125, 'p'))], ['PONG 125 bytes']);
control('a ping of 126 bytes', [ping(Buffer.alloc(126, 'p'))], ['CLOSE 1002']);
control('a ping of 65536 bytes', [ping(Buffer.alloc(65536, 'p'))], ['CLOSE 1002']);
control('a pong of 126 bytes', [frame(OP.pong, Buffer.alloc(126))], ['CLOSE 1002']);
control('a Close of 126 bytes', [close(1000, 'r'.repeat(124))], ['CLOSE 1002']);
control('a length of a ping in 16 bits', [ping('a', { form: 16 })], ['CLOSE 1002']);
control('a ping that is fragmented', [ping('a', NOT_FIN), more('b')], ['CLOSE 1002']);
control('a pong that is fragmented', [frame(OP.pong, 'a', NOT_FIN)], ['CLOSE 1002']);
control('a Close that is fragmented', [frame(OP.close, bytes(3, 232), NOT_FIN)], ['CLOSE 1002']);

const pings = group('RFC 6455 section 5.5.2');
pings('an empty ping', [ping()], ['PONG ""']);
pings('a ping with content', [ping('hello')], ['PONG "hello"']);
pings('a ping with octets that are not UTF-8', [ping(bytes(0xff, 0xfe))], ['PONG "\ufffd\ufffd"']);
pings(
  'ten pings',
  Array.from({ length: 10 }, (_, index) => ping(String(index))),
  Array.from({ length: 10 }, (_, index) => `PONG "${index}"`),
);
pings('a ping between messages', [text('a'), ping('p'), text('b')], ['TEXT "a"', 'PONG "p"', 'TEXT "b"']);

const pongs = group('RFC 6455 section 5.5.3');
pongs('a pong that nobody asked for', [frame(OP.pong, 'x'), STILL], [ON]);
pongs('a pong that nobody asked for, and a ping', [frame(OP.pong), ping('p')], ['PONG "p"']);

const closing = group('RFC 6455 section 5.5.1');
closing('a Close without a code', [close()], ['CLOSE']);
closing('a Close with a reason', [close(1000, 'bye')], ['CLOSE 1000']);
closing('the longest reason', [close(1000, 'r'.repeat(123))], ['CLOSE 1000']);
closing('a Close of one octet', [frame(OP.close, bytes(3))], ['CLOSE 1002']);
closing('a message after Close', [close(1000), STILL], ['CLOSE 1000']);
closing('a ping after Close', [close(1000), ping('p')], ['CLOSE 1000']);
closing('a malformed frame after Close', [close(1001), frame(15, 'x', { rsv: 7 })], ['CLOSE 1001']);
closing('two Close frames', [close(1000), close(1001)], ['CLOSE 1000']);
closing('a message before Close', [text('a'), close(3000)], ['TEXT "a"', 'CLOSE 3000']);
closing(
  'a reason that is not UTF-8',
  [close(1000, bytes(0xce, 0xba, 0xe1, 0xbd, 0xb9, 0xcf, 0x83, 0xed, 0xa0, 0x80))],
  ['CLOSE 1007'],
);
closing('a reason that ends within a character', [close(1000, bytes(0xe2, 0x82))], ['CLOSE 1007']);

const codes = group('RFC 6455 section 7.4');
for (const code of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999])
  codes(`the code ${code}`, [close(code)], [`CLOSE ${code}`]);
for (const code of [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2999, 5000, 65535])
  codes(`the code ${code}, which may not be sent`, [close(code)], ['CLOSE 1002']);

const utf8 = group('RFC 6455 section 8.1');
utf8('text of all lengths of characters', [text('aé€😀')], ['TEXT "aé€😀"']);
utf8('U+FFFD itself', [text('\ufffd')], ['TEXT "\ufffd"']);
utf8('U+0000, and noncharacters', [text('\u0000\ufffe\uffff')], [`TEXT ${JSON.stringify('\u0000\ufffe\uffff')}`]);
utf8(
  'the first and the last character of each length',
  [text('\u0080\u07ff\u0800\uffff\u{10000}\u{10ffff}')],
  ['TEXT "\u0080\u07ff\u0800\uffff\u{10000}\u{10ffff}"'],
);
utf8('a byte order mark', [text('\ufeffa')], ['TEXT "\ufeffa"']);
utf8(
  'characters that are cut by fragments',
  [text(bytes(0xe2), NOT_FIN), more(bytes(0x82), NOT_FIN), more(bytes(0xac))],
  ['TEXT "€"'],
);
utf8(
  'a character that is cut by a ping',
  [text(bytes(0xf0, 0x9f), NOT_FIN), ping('p'), more(bytes(0x98, 0x80))],
  ['PONG "p"', 'TEXT "😀"'],
);
for (const [name, ...octets] of [
  ['a lone continuation', 0x80],
  ['octet FE', 0xfe],
  ['octet FF', 0xff],
  ['an overlong slash in two octets', 0xc0, 0xaf],
  ['an overlong slash in three octets', 0xe0, 0x80, 0xaf],
  ['an overlong slash in four octets', 0xf0, 0x80, 0x80, 0xaf],
  ['a high surrogate', 0xed, 0xa0, 0x80],
  ['a low surrogate', 0xed, 0xbf, 0xbf],
  ['a character past U+10FFFF', 0xf4, 0x90, 0x80, 0x80],
  ['a sequence of five octets', 0xf8, 0x88, 0x80, 0x80, 0x80],
  ['a character without its last octet', 0xe2, 0x82],
  ['a character that ends in ASCII', 0xe2, 0x82, 0x41],
] as [string, ...number[]][]) {
  utf8(
    name,
    [text(bytes(0x61, ...octets, 0x62).subarray(0, name.includes('without') ? -1 : undefined))],
    ['CLOSE 1007'],
  );
  utf8(`${name}, in a fragmented message`, [text('ok', NOT_FIN), more(bytes(...octets))], ['CLOSE 1007']);
}
// The octet is wrong before the message, or even its frame, is complete.
utf8(
  'an octet that cannot follow ends the connection before the message is complete',
  [text(bytes(0x61, 0xff), NOT_FIN)],
  ['CLOSE 1007'],
);
utf8(
  'a surrogate ends it before the frame is complete',
  [text(bytes(0xce, 0xba, 0xed, 0xa0), { length: 1000, form: 16 })],
  ['CLOSE 1007'],
);
utf8('binary messages are not judged', [binary(bytes(0xff, 0xfe))], ['BINARY fffe']);

const limits = group('the limit of a message, 1 MiB');
limits('a message of 1 MiB', [binary(Buffer.alloc(1024 * 1024))], ['BINARY 1048576 bytes']);
limits('one byte more, before it has come', [binary('', { form: 64, length: 1024 * 1024 + 1 })], ['CLOSE 1009']);
limits('in fragments', [binary(Buffer.alloc(1024 * 1024), NOT_FIN), more('a')], ['CLOSE 1009']);

const D = 'permessage-deflate';
const compressed = { rsv: 4 };
const deflate = group('RFC 7692 section 7.2');
deflate(
  'a compressed text',
  [text(deflated('hello hello hello'), compressed)],
  ['TEXT deflated "hello hello hello"'],
  D,
);
deflate('a message that is not compressed', [text('hi')], ['TEXT deflated "hi"'], D);
deflate(
  'the example of section 7.2.3.1',
  [text(bytes(0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00), compressed)],
  ['TEXT deflated "Hello"'],
  D,
);
deflate(
  'its fragments',
  [text(bytes(0xf2, 0x48, 0xcd), { rsv: 4, fin: false }), more(bytes(0xc9, 0xc9, 0x07, 0x00))],
  ['TEXT deflated "Hello"'],
  D,
);
deflate(
  'a context that is taken over, as in section 7.2.3.2',
  [
    text(bytes(0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00), compressed),
    text(bytes(0xf2, 0x00, 0x11, 0x00, 0x00), compressed),
  ],
  ['TEXT deflated "Hello"', 'TEXT deflated "Hello"'],
  D,
);
deflate(
  'a block without compression, as in section 7.2.3.3',
  [text(bytes(0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00), compressed)],
  ['TEXT deflated "Hello"'],
  D,
);
deflate(
  'a block that is the last one, as in section 7.2.3.4',
  [text(bytes(0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00), compressed)],
  ['TEXT deflated "Hello"'],
  D,
);
deflate(
  'two blocks, as in section 7.2.3.5',
  [text(bytes(0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00), compressed)],
  ['TEXT deflated "Hello"'],
  D,
);
deflate(
  'an empty message, as in section 7.2.3.6',
  [text(bytes(0x00), compressed), binary(bytes(0x00), compressed)],
  ['TEXT deflated ""', 'BINARY deflated'],
  D,
);
for (const cut of [1, 2, 4])
  deflate(
    `compressed data that ends ${cut} octets before its end, within a block`,
    [text(deflated('hello, hello').subarray(0, -cut), compressed)],
    ['CLOSE 1007'],
    D,
  );
deflate(
  'a block of five octets, of which two have come',
  [binary(bytes(0x00, 5, 0, 0xfa, 0xff, 0x61, 0x62), compressed)],
  ['CLOSE 1007'],
  D,
);
deflate(
  'an empty final block, without the octets that its sender took off',
  [text(bytes(0x00, 1, 0, 0xfe, 0xff, 0x61, 0x01), compressed)],
  ['TEXT deflated "a"'],
  D,
);
deflate('a compressed message in a frame without payload', [text('', compressed)], ['TEXT deflated ""'], D);
deflate(
  'a ping between compressed fragments',
  [text(deflated('hello').subarray(0, 3), { rsv: 4, fin: false }), ping('p'), more(deflated('hello').subarray(3))],
  ['PONG "p"', 'TEXT deflated "hello"'],
  D,
);
deflate(
  'RSV1 on a continuation',
  [text(deflated('hello').subarray(0, 3), { rsv: 4, fin: false }), more(deflated('hello').subarray(3), compressed)],
  ['CLOSE 1002'],
  D,
);
deflate('RSV1 on a ping', [ping('a', compressed)], ['CLOSE 1002'], D);
deflate('RSV1 on a Close', [frame(OP.close, bytes(3, 232), compressed)], ['CLOSE 1002'], D);
deflate('RSV2 with compression', [text(deflated('a'), { rsv: 6 })], ['CLOSE 1002'], D);
deflate('RSV1 without the extension', [text(deflated('a'), compressed)], ['CLOSE 1002']);
deflate('what is not DEFLATE', [text(bytes(0xff, 0xff, 0xff), compressed)], ['CLOSE 1007'], D);
deflate(
  'a distance beyond the beginning',
  [text(deflated('hello hello', Buffer.from('hello hello')), compressed)],
  ['CLOSE 1007'],
  D,
);
deflate('text that is not UTF-8 once decompressed', [text(deflated(bytes(0x61, 0xff)), compressed)], ['CLOSE 1007'], D);
deflate(
  '1 MiB once decompressed',
  [binary(deflated(Buffer.alloc(1024 * 1024)), compressed)],
  ['BINARY deflated 1048576 bytes'],
  D,
);
deflate('one byte more', [binary(deflated(Buffer.alloc(1024 * 1024 + 1)), compressed)], ['CLOSE 1009'], D);
deflate('a gigabyte in a megabyte', [binary(deflated(Buffer.alloc(64 * 1024 * 1024)), compressed)], ['CLOSE 1009'], D);
deflate(
  'the server without a context',
  [
    text(deflated('hello hello hello'), compressed),
    text(deflated('hello hello hello', Buffer.from('hello hello hello')), compressed),
  ],
  ['TEXT deflated "hello hello hello"', 'TEXT deflated "hello hello hello"'],
  `${D}; server_no_context_takeover`,
);
deflate(
  'the client without a context',
  [text(deflated('hello hello hello'), compressed), text(deflated('hello hello hello'), compressed)],
  ['TEXT deflated "hello hello hello"', 'TEXT deflated "hello hello hello"'],
  `${D}; client_no_context_takeover`,
);
deflate(
  'a context that was agreed not to be',
  [
    text(deflated('hello hello hello'), compressed),
    text(deflated('hello hello hello', Buffer.from('hello hello hello')), compressed),
  ],
  ['TEXT deflated "hello hello hello"', 'CLOSE 1007'],
  `${D}; client_no_context_takeover`,
);

export const ECHO_CASES: readonly EchoCase[] = cases;
