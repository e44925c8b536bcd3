/**
 * Errors at a gateway are those of the side that made them. An upstream's response that cannot be passed on is 502; a client's request
 * that cannot be passed on is 400.
 *
 * ```
 * upstream   x-r       r = 999, which is not a status of HTTP
 * client     --e       e = 502, bad-gateway, of the peer
 *
 * client     p-c-      p = POST; c = a chunk that is malformed
 * upstream   x-!       the request ends there
 * client     --e       e = 400, bad-request, of the peer
 * ```
 */
import { type ClientOptions, type Protocol, type ServerFault } from 'rxpaf';
import { type HttpTest, httpTest, type TestFlow, type TestService } from 'rxpaf/testing';
import { drawnClient } from '../test/kits/marbles/client.js';

const SHORTLY = { duration: '4s' };

function gateway(
  { serve }: HttpTest,
  client: TestFlow,
  upstreams: readonly TestFlow[],
  options: ClientOptions = {},
): TestService {
  const http = drawnClient(upstreams, { baseUrl: 'http://origin/', ...options });
  return serve(client, (request) => http.request(request));
}

const BAD_GATEWAY: Partial<ServerFault> = {
  kind: 'bad-gateway',
  code: 'malformed-response',
  initiator: 'peer',
  status: 502,
};

describe.each(['http/1.1', 'h2'] as const)('an upstream that speaks %s', (alpn: Protocol) => {
  const options: ClientOptions = { protocols: [alpn] };

  it.each([
    ['without content', ''],
    ['with content', 'no'],
  ])('with a status above 599 is 502: %s', (_, content) =>
    httpTest((words) => {
      const { flow, h1, h2 } = words;
      const client = flow('a', { a: h1.get('/') });
      const upstream =
        alpn === 'h2'
          ? flow('s-r', {
              s: h2.startServer(),
              r:
                content === ''
                  ? h2.responseHead(1, 999, {}, { end: true })
                  : [h2.responseHead(1, 999), h2.data(1, content)],
            })
          : flow('--r', { r: `HTTP/1.1 999 No\r\ncontent-length: ${content === '' ? 0 : 5}\r\n\r\n${content}` });
      const service = gateway(words, client, [upstream], options);
      words.expectServed(service).toBe('--s', { s: { status: 502 } });
      words.expectFaults(service).toBe('--f', { f: BAD_GATEWAY });
      // The rest of the content is not waited for.
      if (content === '') return;
      if (alpn === 'h2')
        words.expectFrames(upstream).toBe('x-r', { x: 'HEADERS 1 GET / END_STREAM', r: 'RST_STREAM 1 CANCEL' });
      else words.expectWire(upstream).toBe('x-!', { x: 'GET / HTTP/1.1\r\nhost: origin\r\nvia: 1.1 rxpaf\r\n\r\n' });
    }, SHORTLY),
  );
});

describe.each(['http/1.1', 'h2'] as const)('a request for an upstream that speaks %s', (alpn) => {
  it('whose content is malformed is 400', () =>
    httpTest((words) => {
      const { flow, h1, h2 } = words;
      const client = flow('p-c', { p: h1.requestHead('POST', '/', { 'transfer-encoding': 'chunked' }), c: 'x\r\n' });
      const upstream = alpn === 'h2' ? flow('s', { s: h2.startServer() }) : flow('');
      const service = gateway(words, client, [upstream], { protocols: [alpn] });
      words.expectFaults(service).toBe('--f', { f: { kind: 'bad-request', status: 400, initiator: 'peer' } });
    }, SHORTLY));
});

describe('a request without Host, of a client that has no upstream', () => {
  it('is 400: it names no server', () =>
    httpTest((words) => {
      const client = words.flow('a', { a: 'GET / HTTP/1.0\r\n\r\n' });
      const http = drawnClient([]);
      const service = words.serve(client, (request) => http.request(request));
      words.expectServed(service).toBe('s', { s: '400' });
      words.expectFaults(service).toBe('f', { f: { kind: 'bad-request', code: 'invalid-request', initiator: 'peer' } });
    }, SHORTLY));
});
