/** The same handlers on HTTP/1.1 and on HTTP/2, with requests of Node's own clients: the responses. */
import { Readable } from 'node:stream';
import { concat, from, map, NEVER, Observable, of, timer } from 'rxjs';
import { Body, collect } from '../body/index.js';
import type { HttpResponse } from '../drive/response.js';
import type { Content } from '../drive/content.js';
import { bytes, empty, json, redirect, response, text } from '../drive/response-builders.js';
import { PROTOCOLS, settled, until, World } from '../../test/kits/units/both-protocols.js';

const hello = Buffer.from('hello');

describe.each(PROTOCOLS)('%s: the response', (protocol) => {
  it.each<[string, () => HttpResponse | Observable<HttpResponse> | Promise<HttpResponse> | Iterable<HttpResponse>]>([
    ['a value', () => text('hello')],
    ['an Observable', () => of(text('hello'))],
    ['an Observable, later', () => timer(1).pipe(map(() => text('hello')))],
    ['an Observable that never completes', () => concat(of(text('hello')), NEVER)],
    ['a Promise', () => Promise.resolve(text('hello'))],
    ['an iterable', () => [text('hello')]],
  ])('is %s', async (_, answer) => {
    const world = new World(protocol, answer);
    const { status, headers, text: body } = await world.ask();
    expect([status, body, headers['content-length']]).toEqual([200, 'hello', '5']);
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(Date.parse(headers['date'] as string)).not.toBeNaN();
    await until(() => world.served.length === 1);
    expect(world.served[0]).toMatchObject({ protocol, status: 200, outcome: 'complete', received: 0, sent: 5 });
    expect(world.faults).toEqual([]);
  });

  it.each<[string, () => Content]>([
    ['text', () => 'hello'],
    ['bytes', () => hello],
    ['an Observable of bytes', () => of(hello.subarray(0, 2), hello.subarray(2))],
    ['an Observable of text', () => from(['hel', '', 'lo'])],
    ['an iterable', () => [hello.subarray(0, 1), hello.subarray(1)]],
    [
      'an async iterable',
      () => Readable.from([hello], { objectMode: false })[Symbol.asyncIterator]() as AsyncIterable<Uint8Array>,
    ],
    ['a Readable', () => Readable.from([hello])],
    [
      'a Body that is written to',
      () => {
        const body = new Body();
        setImmediate(() => {
          body.next(hello);
          body.complete();
        });
        return body;
      },
    ],
  ])('has a body of %s', async (_, content) => {
    const world = new World(protocol, () => bytes(content()));
    for (let round = 1; round <= 3; round++) {
      expect((await world.ask()).text).toBe('hello');
      await until(() => world.served.length === round);
      expect(world.served.at(-1)).toMatchObject({ outcome: 'complete', sent: 5 });
    }
  });

  it('gives the request to the handler as it was sent', async () => {
    const world = new World(protocol, ({ method, scheme, authority, path, url, version, headers }) =>
      json({ method, scheme, authority, path, query: url.searchParams.get('q'), version, x: headers.getAll('x') }),
    );
    const { text: body } = await world.ask({ method: 'DELETE', path: '/a%20b?q=1', headers: { x: ['1', '2'] } });
    const version = protocol === 'h2' ? '2.0' : '1.1';
    expect(JSON.parse(body)).toEqual({
      ...{ method: 'DELETE', scheme: 'http', authority: 'test' },
      ...{ path: '/a%20b?q=1', query: '1', version, x: ['1', '2'] },
    });
  });

  it('has trailers, and the request, too', async () => {
    const world = new World(protocol, ({ body, trailers }) => ({
      status: 200,
      body,
      trailers: trailers.pipe(map((fields) => ({ 'x-heard': fields.get('x-sum') ?? 'none' }))),
    }));
    const reply = await world.ask({ method: 'POST', body: 'content', trailers: { 'x-sum': '42' } });
    expect([reply.text, reply.trailers['x-heard']]).toEqual(['content', '42']);
    const without = await world.ask({ method: 'POST', body: 'content' });
    expect([without.text, without.trailers['x-heard']]).toEqual(['content', 'none']);
  });

  it('comes after interim responses', async () => {
    const world = new World(protocol, () =>
      concat(
        of(response(103, { link: '</a.css>; rel=preload' }), response(103)),
        timer(1).pipe(map(() => text('hello'))),
      ),
    );
    const call = world.call();
    expect((await call.reply).text).toBe('hello');
    expect(call.interim.map(({ status, headers }) => [status, headers['link']])).toEqual([
      [103, '</a.css>; rel=preload'],
      [103, undefined],
    ]);
  });

  it('has no content to HEAD, and lets go of what would have been', async () => {
    const sources: Readable[] = [];
    const world = new World(protocol, ({ path }) => {
      if (path === '/text') return text('hello');
      const source = new Readable({ read: () => undefined });
      sources.push(source);
      return bytes(source, { headers: { 'content-length': '1000' } });
    });
    const short = await world.ask({ method: 'HEAD', path: '/text' });
    expect([short.status, short.headers['content-length'], short.text]).toEqual([200, '5', '']);
    const streamed = await world.ask({ method: 'HEAD', path: '/stream' });
    expect([streamed.status, streamed.headers['content-length'], streamed.text]).toEqual([200, '1000', '']);
    expect(sources[0]!.destroyed).toBe(true);
    await until(() => world.served.length === 2);
    expect(world.served.map(({ sent, outcome }) => [sent, outcome])).toEqual([
      [0, 'complete'],
      [0, 'complete'],
    ]);
  });

  it.each<[number, HttpResponse]>([
    [204, empty()],
    [204, empty({ headers: { 'x-test': '1' } })],
    [304, response(304, { etag: '"1"' })],
    [304, response(304, { 'content-length': '5' }, 'hello')],
    [303, redirect('/other', 303)],
  ])('of status %d has no content', async (status, answer) => {
    const world = new World(protocol, () => answer);
    const reply = await world.ask();
    expect([reply.status, reply.text]).toEqual([status, '']);
    if (status === 204) expect(reply.headers['content-length']).toBeUndefined();
    // The connection still works.
    expect((await world.ask()).status).toBe(status);
    expect(world.codes).toEqual([]);
  });

  it('has each set-cookie on a line of its own, and cookies in one', async () => {
    const world = new World(protocol, ({ headers }) =>
      text(headers.get('cookie') ?? '', { headers: { 'set-cookie': ['a=1; Path=/', 'b=2, c'] } }),
    );
    const reply = await world.ask({ headers: { cookie: protocol === 'h2' ? ['a=1', 'b=2'] : 'a=1; b=2' } });
    expect([reply.text, reply.headers['set-cookie']]).toEqual(['a=1; b=2', ['a=1; Path=/', 'b=2, c']]);
  });

  it('leaves the framing to the protocol, whatever the handler says of it', async () => {
    const headers = { 'transfer-encoding': 'chunked', 'keep-alive': 'timeout=1', 'x-mine': '1' };
    const world = new World(protocol, () => bytes(of(hello), { headers }));
    const reply = await world.ask();
    expect([reply.text, reply.headers['x-mine']]).toEqual(['hello', '1']);
    expect(reply.headers['transfer-encoding']).toBe(protocol === 'h2' ? undefined : 'chunked');
  });

  it('cannot be split by a field value', async () => {
    const world = new World(protocol, ({ path }) =>
      text('hello', { headers: { 'x-path': path === '/bad' ? 'a\r\nx-evil: 1' : 'a' } }),
    );
    const reply = await world.ask('/bad');
    expect([reply.status, reply.headers['x-evil']]).toEqual([500, undefined]);
    expect((await world.ask('/good')).text).toBe('hello');
    expect(world.codes).toHaveLength(1);
  });
});

describe.each(PROTOCOLS)('%s: the request body', (protocol) => {
  it('is relayed, whole, at the pace of its reader', async () => {
    const size = 4 * 1024 * 1024;
    let taken = 0;
    const world = new World(protocol, ({ body }) => bytes(body.pipe(map((chunk) => ((taken += chunk.length), chunk)))));
    const content = Buffer.alloc(size, 'abcdefg');
    const call = world.call({ method: 'POST', body: Readable.from(pieces(content)) });
    const { content: coming } = await call.head;
    await settled(() => taken);
    // Nobody reads: windows and buffers are full, and that is all.
    const waiting = taken;
    expect(waiting).toBeGreaterThan(0);
    expect(waiting).toBeLessThan(size / 2);
    expect(coming.readableLength).toBeLessThan(size / 2);
    expect((await call.reply).body.equals(content)).toBe(true);
    await until(() => world.served.length === 1);
    expect(world.served[0]).toMatchObject({ received: size, sent: size, outcome: 'complete' });
  });

  it('waits until somebody reads it', async () => {
    const world = new World(protocol, ({ body }) => timer(20).pipe(map(() => bytes(body))));
    expect((await world.ask({ method: 'POST', body: 'hello' })).text).toBe('hello');
  });

  it('is asked for with 100 (Continue) when it is read, and not before', async () => {
    const world = new World(protocol, ({ body, path }) =>
      path === '/read'
        ? body.pipe(
            collect(),
            map((all) => text(`${all.length}`)),
          )
        : text('no', { status: 417 }),
    );
    const expecting = { method: 'POST', headers: { expect: '100-continue', 'content-length': '5' } };
    const read = world.call({ ...expecting, path: '/read' });
    read.sending.once('continue', () => read.sending.end('hello'));
    expect((await read.reply).text).toBe('5');
    const unread = world.call({ ...expecting, path: '/unread' });
    let continued = false;
    unread.sending.once('continue', () => (continued = true));
    expect((await unread.reply).status).toBe(417);
    expect(continued).toBe(false);
    unread.abort();
  });

  it('past the limit of its collector is 413', async () => {
    const world = new World(protocol, ({ body }) =>
      body.pipe(
        collect({ limit: 1000 }),
        map(() => text('taken')),
      ),
    );
    expect((await world.ask({ method: 'POST', body: Buffer.alloc(1000) })).status).toBe(200);
    expect((await world.ask({ method: 'POST', body: Buffer.alloc(100_000) })).status).toBe(413);
    expect(world.codes).toEqual(['body-too-large']);
  });

  it('need not be read: the response comes whole, and the next request, too', async () => {
    const world = new World(protocol, () => text('no need'));
    for (const size of [10, 100_000, 1_000_000]) {
      const reply = await world.ask({ method: 'POST', body: Buffer.alloc(size) });
      expect([reply.status, reply.text]).toEqual([200, 'no need']);
    }
    await until(() => world.served.length === 3);
    expect(world.served.every(({ outcome }) => outcome === 'complete')).toBe(true);
    expect(world.codes).toEqual([]);
  });

  it('may be unsubscribed in its middle: the response comes', async () => {
    const world = new World(
      protocol,
      ({ body }) =>
        new Observable<HttpResponse>((subscriber) => {
          body.subscribe((chunk) => {
            subscriber.next(text(chunk.length > 0 ? 'enough' : 'none'));
            subscriber.complete();
          });
        }),
    );
    const call = world.call({ method: 'POST' });
    call.sending.write('first');
    expect((await call.reply).text).toBe('enough');
    call.abort();
  });

  it('of a request without content is empty', async () => {
    const world = new World(protocol, ({ body }) =>
      body.pipe(
        collect(),
        map((all) => text(`${all.length}`)),
      ),
    );
    expect((await world.ask()).text).toBe('0');
    expect((await world.ask({ method: 'POST', body: '' })).text).toBe('0');
  });
});

function* pieces(content: Buffer): Generator<Buffer> {
  for (let at = 0; at < content.length; at += 10_000) yield content.subarray(at, at + 10_000);
}
