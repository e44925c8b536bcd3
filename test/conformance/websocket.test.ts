// `/ws` of the conformance target: the opening handshake, and frames by hand, over HTTP/1.1 and HTTP/2.
import { ECHO_CASES, type EchoCase } from '../kits/websocket/echo-cases.js';
import { converse, handshake, openH1, openH2 } from '../kits/websocket/raw-client.js';
import { sharedTarget } from '../kits/shared-target.js';

const target = sharedTarget('echo');

describe.each([
  ['HTTP/1.1', openH1],
  ['HTTP/2', openH2],
] as const)('over %s', (_protocol, open) => {
  const sections = [...new Set(ECHO_CASES.map(({ section }) => section))];

  describe.each(sections)('%s', (section) => {
    const cases = ECHO_CASES.filter((one) => one.section === section).map((one): [string, EchoCase] => [
      one.title,
      one,
    ]);

    it.each(cases)('%s', async (_title, { send, expect: expected, deflate }) => {
      const socket = await open(target.port, deflate);
      try {
        const { words, ended } = await converse(socket, send, expected);
        expect(words).toEqual(expected);
        expect(ended).toBe(expected.some((word) => word.startsWith('CLOSE')));
      } finally {
        socket.close();
      }
    });
  });
});

/** The status of a handshake, and a field of the response. */
async function declined(
  fields: Readonly<Record<string, string | undefined>>,
  field: string,
  requestLine?: string,
): Promise<[number, string | undefined]> {
  const { status, headers, socket } = await handshake(target.port, fields, requestLine);
  socket.destroy();
  return [status, headers.get(field)];
}

describe('RFC 6455 section 4.2: the opening handshake', () => {
  it('responds with 101, and Sec-WebSocket-Accept', async () => {
    const { status, headers, socket } = await handshake(target.port);
    socket.destroy();
    expect(status).toBe(101);
    expect(headers.get('sec-websocket-accept')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    expect(headers.get('upgrade')?.toLowerCase()).toBe('websocket');
    expect(headers.get('connection')?.toLowerCase()).toBe('upgrade');
    expect(headers.has('sec-websocket-protocol')).toBe(false);
    expect(headers.has('sec-websocket-extensions')).toBe(false);
  });

  it.each([
    ['Upgrade in any case', { Upgrade: 'WebSocket' }],
    ['Upgrade among others', { Upgrade: 'h2c, websocket' }],
    ['Connection in any case', { Connection: 'UPGRADE' }],
    ['Connection with other options', { Connection: 'keep-alive, Upgrade' }],
    ['an origin', { Origin: 'http://example.com' }],
    [
      'names of fields in any case',
      { 'Sec-WebSocket-Key': undefined, 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' },
    ],
  ])('takes %s', async (_title, fields) => {
    expect(await declined(fields, 'upgrade')).toEqual([101, 'websocket']);
  });

  it.each([
    ['a request that is not GET', {}, 'POST /ws HTTP/1.1', 405, 'allow', 'GET'],
    ['no Upgrade', { Upgrade: undefined, Connection: undefined }, undefined, 426, 'upgrade', 'websocket'],
    ['another Upgrade', { Upgrade: 'h2c' }, undefined, 426, 'upgrade', 'websocket'],
    ['a Connection that does not name it', { Connection: 'keep-alive' }, undefined, 400, 'upgrade', undefined],
    ['version 8', { 'Sec-WebSocket-Version': '8' }, undefined, 426, 'sec-websocket-version', '13'],
    ['version 14', { 'Sec-WebSocket-Version': '14' }, undefined, 426, 'sec-websocket-version', '13'],
    ['no version', { 'Sec-WebSocket-Version': undefined }, undefined, 400, 'sec-websocket-version', '13'],
    ['a version that is no number', { 'Sec-WebSocket-Version': 'x' }, undefined, 400, 'sec-websocket-version', '13'],
    ['no key', { 'Sec-WebSocket-Key': undefined }, undefined, 400, 'upgrade', undefined],
    ['an empty key', { 'Sec-WebSocket-Key': '' }, undefined, 400, 'upgrade', undefined],
    [
      'a key of 15 bytes',
      { 'Sec-WebSocket-Key': Buffer.alloc(15).toString('base64') },
      undefined,
      400,
      'upgrade',
      undefined,
    ],
    [
      'a key of 17 bytes',
      { 'Sec-WebSocket-Key': Buffer.alloc(17).toString('base64') },
      undefined,
      400,
      'upgrade',
      undefined,
    ],
    ['a key that is not Base64', { 'Sec-WebSocket-Key': '!'.repeat(22) + '==' }, undefined, 400, 'upgrade', undefined],
    ['two keys', { 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' }, undefined, 400, 'upgrade', undefined],
    ['HTTP/1.0', {}, 'GET /ws HTTP/1.0', 400, 'sec-websocket-accept', undefined],
    ['content', { 'Content-Length': '1' }, undefined, 400, 'upgrade', undefined],
    ['an empty subprotocol', { 'Sec-WebSocket-Protocol': 'a,,b' }, undefined, 400, 'upgrade', undefined],
    ['a subprotocol twice', { 'Sec-WebSocket-Protocol': 'a, a' }, undefined, 400, 'upgrade', undefined],
    ['malformed extensions', { 'Sec-WebSocket-Extensions': 'a; =1' }, undefined, 400, 'upgrade', undefined],
  ])('declines %s', async (_title, fields, requestLine, status, field, value) => {
    expect(await declined(fields, field, requestLine)).toEqual([status, value]);
  });

  it.each([
    ['echo', 'echo'],
    ['other, echo', 'echo'],
    ['other', undefined],
    ['ECHO', undefined],
  ])('chooses among the subprotocols %s: %s', async (offered, chosen) => {
    expect(await declined({ 'Sec-WebSocket-Protocol': offered }, 'sec-websocket-protocol')).toEqual([101, chosen]);
  });
});

describe('RFC 7692 section 7.1: the parameters of permessage-deflate', () => {
  const D = 'permessage-deflate';
  it.each([
    [D, D],
    [`${D}; server_no_context_takeover`, `${D}; server_no_context_takeover`],
    [`${D}; client_no_context_takeover`, `${D}; client_no_context_takeover`],
    [`${D}; client_max_window_bits`, D],
    [`${D}; client_max_window_bits=10`, `${D}; client_max_window_bits=10`],
    [`${D}; client_max_window_bits="10"`, `${D}; client_max_window_bits=10`],
    [`${D}; server_max_window_bits=10`, `${D}; server_max_window_bits=10`],
    [`${D};server_max_window_bits=8 ;client_max_window_bits`, `${D}; server_max_window_bits=8`],
    // Offers that cannot be accepted are declined, and the next one counts.
    [`${D}; server_max_window_bits`, undefined],
    [`${D}; server_max_window_bits=7`, undefined],
    [`${D}; server_max_window_bits=16`, undefined],
    [`${D}; server_max_window_bits=08`, undefined],
    [`${D}; client_max_window_bits=x`, undefined],
    [`${D}; client_max_window_bits=10; client_max_window_bits=10`, undefined],
    [`${D}; server_no_context_takeover=1`, undefined],
    [`${D}; server_no_context_takeover; server_no_context_takeover`, undefined],
    [`${D}; unknown`, undefined],
    [`${D}; unknown, ${D}; client_no_context_takeover`, `${D}; client_no_context_takeover`],
    [`x-other; a=b, ${D}`, D],
    ['x-webkit-deflate-frame', undefined],
    ['PERMESSAGE-DEFLATE', undefined],
  ])('%s: %s', async (offered, chosen) => {
    expect(await declined({ 'Sec-WebSocket-Extensions': offered }, 'sec-websocket-extensions')).toEqual([101, chosen]);
  });
});
