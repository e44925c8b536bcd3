// The client, asked to come again: Retry-After and redirects of node:http, from one origin to another.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fromPull } from 'rxpaf';
import { becomes, clientOf, failureOf, told } from '../kits/peers/peer.js';
import { httpServer } from '../kits/peers/node-server.js';

/** Responds with `status` and these fields `times` times, and then well. */
async function busyServer(times: number, status: number, headers: Record<string, string> = {}): Promise<Busy> {
  const seen: number[] = [];
  const { url } = await httpServer((request, response) => {
    seen.push(Date.now());
    if (seen.length <= times) response.writeHead(status, headers).end('busy');
    else request.pipe(response.writeHead(200));
  });
  return { url, seen };
}

interface Busy {
  readonly url: string;
  readonly seen: readonly number[];
}

describe('responses that ask to come again (RFC 9110 section 10.2.3)', () => {
  it.each([408, 429, 502, 503, 504])('%d: it comes again, up to the attempts that it has', async (status) => {
    const { url, seen } = await busyServer(2, status);
    expect(await told(clientOf({ retry: { base: 1 } }).get(url))).toEqual([200, '']);
    expect(seen.length).toBe(3);
    const never = await busyServer(Infinity, status);
    expect(await told(clientOf({ retry: { base: 1 } }).get(never.url))).toEqual([status, 'busy']);
    expect(never.seen.length).toBe(3);
  });

  it.each([
    ['seconds', () => '1', (_: string, asked: number) => asked + 1000],
    ['a date', () => new Date(Date.now() + 2000).toUTCString(), (date: string) => Date.parse(date)],
  ])('not before the time that the server asks for, in %s', async (_, after, timeOf) => {
    const header = after();
    const { url, seen } = await busyServer(1, 503, { 'retry-after': header });
    expect(await told(clientOf({ retry: { base: 1 } }).put(url, 'content'))).toEqual([200, 'content']);
    // Timers may be a ms early.
    expect(seen[1]!).toBeGreaterThanOrEqual(timeOf(header, seen[0]!) - 10);
  });

  it('not at all where that is too long, or the method is not idempotent, or the content is gone', async () => {
    const late = await busyServer(Infinity, 503, { 'retry-after': '11' });
    expect((await told(clientOf({ retry: {} }).get(late.url)))[0]).toBe(503);
    const busy = await busyServer(Infinity, 503, { 'retry-after': '0' });
    expect((await told(clientOf({ retry: {} }).post(busy.url, 'content')))[0]).toBe(503);
    expect((await told(clientOf({ retry: {} }).put(busy.url, fromPull(['content']))))[0]).toBe(503);
    expect([late.seen.length, busy.seen.length]).toEqual([1, 2]);
  });

  it('content that is made again for each attempt', async () => {
    const { url } = await busyServer(2, 503);
    expect(await told(clientOf({ retry: { base: 1 } }).put(url, () => fromPull(['made anew'])))).toEqual([
      200,
      'made anew',
    ]);
  });

  it('a request that is unsubscribed while it waits is not sent again', async () => {
    const { url, seen } = await busyServer(Infinity, 503, { 'retry-after': '1' });
    const subscription = clientOf({ retry: {} }).get(url).subscribe();
    await becomes(() => seen.length === 1);
    subscription.unsubscribe();
    await new Promise((done) => setTimeout(done, 1200));
    expect(seen.length).toBe(1);
  });
});

describe('redirects (RFC 9110 section 15.4)', () => {
  const tell = (request: IncomingMessage, response: ServerResponse): void => {
    const { method, url, headers } = request;
    let content = '';
    request.on('data', (chunk: Buffer) => (content += chunk.toString()));
    request.on('end', () => response.end(JSON.stringify([method, url, headers.authorization ?? null, content])));
  };
  const redirecting = (status: number, location: () => string): Promise<{ url: string }> =>
    httpServer((request, response) => {
      if (request.url !== '/from') return tell(request, response);
      request.resume();
      response.writeHead(status, { location: location() }).end('elsewhere');
    });

  it.each([
    [301, 'POST', 'GET', ''],
    [302, 'POST', 'GET', ''],
    [303, 'PUT', 'GET', ''],
    [307, 'POST', 'POST', 'content'],
    [308, 'PUT', 'PUT', 'content'],
  ])('%d makes of %s %s', async (status, method, then, content) => {
    const { url } = await redirecting(status, () => '/to?query');
    const headers = { authorization: 'mine' };
    const [, said] = await told(clientOf().request(`${url}/from`, { method, body: 'content', headers }));
    expect(JSON.parse(said)).toEqual([then, '/to?query', 'mine', content]);
  });

  it('another origin does not get the credentials', async () => {
    const other = await httpServer(tell);
    const { url } = await redirecting(302, () => `${other.url}/to`);
    const headers = { authorization: 'mine' };
    const [, said] = await told(clientOf().get(`${url}/from`, { headers }));
    expect(JSON.parse(said)).toEqual(['GET', '/to', null, '']);
  });

  it('content that can be sent once is not sent elsewhere', async () => {
    const { url } = await redirecting(307, () => '/to');
    const failure = await failureOf(clientOf().post(`${url}/from`, fromPull(['content'])));
    expect(failure.code).toBe('body-not-repeatable');
    const [status] = await told(clientOf({ redirects: 0 }).post(`${url}/from`, fromPull(['content'])));
    expect(status).toBe(307);
  });

  it('an invalid location is an error', async () => {
    const { url } = await redirecting(302, () => 'ftp://far.example/');
    expect((await failureOf(clientOf().get(`${url}/from`))).code).toBe('invalid-redirect');
  });
});
