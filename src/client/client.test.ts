import { type Observable, Subject } from 'rxjs';
import { ClientError } from '../errors.js';
import { memoryTransport } from '../flow/memory-transport.js';
import type { MemoryFlow } from '../flow/memory-pair.js';
import { Transports } from '../flow/transports.js';
import { type Client, client } from './client.js';
import type { ClientOptions } from './client-options.js';
import type { ClientResponse } from './response.js';

/** A client and its server, in one process: all of it within `subscribe`. */
function pooled(options: ClientOptions = {}): { http: Client; asked: string[]; connections: () => number } {
  const accepted = new Subject<MemoryFlow>();
  const asked: string[] = [];
  let connections = 0;
  accepted.subscribe((flow) => {
    connections++;
    flow.subscribe({
      next: (chunk) => {
        const [, request = '', path = ''] = /^(\S+ (\S+)) HTTP/.exec(Buffer.from(chunk).toString()) ?? [];
        // The content of a request.
        if (request === '') return;
        asked.push(request);
        const content = path === '/json' ? '{"a":[1]}' : request;
        const head = `HTTP/1.1 ${path === '/gone' ? 410 : 200} \r\ncontent-length: ${content.length}\r\n\r\n`;
        flow.next(Buffer.from(request.startsWith('HEAD') ? head : head + content));
      },
      error: () => undefined,
    });
  });
  const transports = Transports.EMPTY.register(memoryTransport(accepted));
  const http = client({ baseUrl: 'http://test/', transports, decompress: false, ...options });
  opened.push(http);
  return { http, asked, connections: () => connections };
}

const opened: Client[] = [];
afterEach(() => {
  for (const http of opened.splice(0)) http.close();
});

/** What came within the subscription. */
function now(source: Observable<unknown>): unknown {
  let got: unknown;
  source.subscribe({
    next: (value) => (got = value),
    error: (error: unknown) => (got = error instanceof ClientError ? error.code : String(error)),
  });
  return got;
}

describe('a client', () => {
  it.each([
    { connections: 0 },
    { queue: 1.5 },
    { redirects: -1 },
    { pipelining: 0 },
    { protocols: [] },
    { retry: { attempts: -1 } },
    { limits: { idleTimeout: -1 } },
  ])('refuses %j', (options) => {
    expect(() => client(options)).toThrow(RangeError);
  });

  it('has a method for each verb', () => {
    const { http, asked } = pooled();
    for (const ask of ['get', 'head', 'delete'] as const) http[ask]('/').subscribe((response) => response.discard());
    for (const ask of ['post', 'put', 'patch'] as const)
      http[ask]('/', 'x').subscribe((response) => response.discard());
    expect(asked).toEqual(['GET /', 'HEAD /', 'DELETE /', 'POST /', 'PUT /', 'PATCH /']);
  });

  it('is cold: each subscription is a request, on the connection that is there', () => {
    const { http, asked, connections } = pooled();
    const get = http.text('/rows');
    expect(asked).toEqual([]);
    expect([now(get), now(get)]).toEqual(['GET /rows', 'GET /rows']);
    expect(connections()).toBe(1);
  });

  it('gathers text, JSON and bytes, of success only', () => {
    const { http } = pooled();
    expect(now(http.text('/a'))).toBe('GET /a');
    expect(now(http.json('/json'))).toEqual({ a: [1] });
    expect(Buffer.from(now(http.bytes('/a')) as Uint8Array).toString()).toBe('GET /a');
    expect(now(http.text('/gone'))).toBe('bad-status');
    http
      .text('/gone')
      .subscribe({ error: (error) => expect(error).toMatchObject({ responseStatus: 410, status: 502 }) });
    expect(now(http.get('/gone'))).toMatchObject({ status: 410, ok: false });
  });

  it('gathers up to a limit, if there is one', () => {
    const { http } = pooled();
    expect(now(http.text('/a', { limit: 6 }))).toBe('GET /a');
    for (const gather of ['text', 'json', 'bytes'] as const) {
      expect(now(http[gather]('/json', { limit: 8 }))).toBe('body-too-large');
      expect(now(http[gather]('/json', { limit: 9 }))).not.toBe('body-too-large');
    }
    http
      .text('/a', { limit: 5, headers: { a: 'b' } })
      .subscribe({ error: (error) => expect(error).toMatchObject({ retryable: false, status: 502 }) });
    expect.assertions(8);
  });

  it('reports content that is not JSON in its own words', () => {
    const { http } = pooled();
    http
      .json('/a')
      .subscribe({ error: (error) => expect(error).toMatchObject({ code: 'malformed-response', status: 502 }) });
    expect.assertions(1);
  });

  it('gives the response to a selector, whose result it emits; one that throws is an error', () => {
    const { http } = pooled();
    expect(now(http.request('/', { selector: ({ status }: ClientResponse) => [status] }))).toBe(200);
    const selector = (): never => {
      throw new Error('not this one');
    };
    expect(now(http.request('/', { selector }))).toBe('Error: not this one');
  });

  it('takes nothing more once it is closed, or shut down', () => {
    for (const end of ['close', 'shutdown'] as const) {
      const { http, asked } = pooled();
      http[end]();
      http[end]();
      expect(now(http.get('/'))).toBe('closed');
      expect(asked).toEqual([]);
    }
  });

  it('says whose response it is', () => {
    const { http } = pooled();
    expect(now(http.get('/a?b#c'))).toMatchObject({
      url: 'http://test/a?b',
      protocol: 'http/1.1',
      ok: true,
    });
  });
});
