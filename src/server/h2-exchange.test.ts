/** What an exchange has on HTTP/2 alone: its stream, its priority, push, reset, and CONNECT, plain and extended. */
import * as http2 from 'node:http2';
import type { ClientHttp2Stream } from 'node:http2';
import { buffer } from 'node:stream/consumers';
import { once } from 'node:events';
import { concat, map, NEVER, Observable, of, timer } from 'rxjs';
import { Body } from '../body/index.js';
import type { HttpResponse } from '../drive/response.js';
import { bytes, text } from '../drive/response-builders.js';
import type { H2ErrorCode } from '../errors.js';
import { settled, until, World } from '../../test/kits/units/both-protocols.js';
import type { Exchange, H2Exchange, Priority } from './exchange-interface.js';
import type { ServiceOptions } from './service.js';

/** A service whose handlers are given exchanges of HTTP/2. */
function h2World(
  handle: (exchange: H2Exchange<string>, path: string, body: Body) => HttpResponse | Observable<HttpResponse>,
  settings: http2.SecureClientSessionOptions = {},
  options: ServiceOptions = {},
): World {
  const narrowed = (exchange: Exchange<string>): H2Exchange<string> => {
    if (exchange.protocol !== 'h2') throw new Error('not HTTP/2');
    return exchange;
  };
  const take = (
    { path, body }: { path: string; body: Body },
    exchange: Exchange<string>,
  ): HttpResponse | Observable<HttpResponse> => handle(narrowed(exchange), path, body);
  return new World('h2', take, options, settings);
}

describe('the stream', () => {
  it('has an identifier: 1, 3, 5', async () => {
    const world = h2World(({ streamId, peer }) => text(`${streamId} of ${peer}`));
    const replies = [await world.ask(), await world.ask(), await world.ask()];
    expect(replies.map((reply) => reply.text)).toEqual(['1 of memory', '3 of memory', '5 of memory']);
  });

  it.each<[H2ErrorCode | undefined, number]>([
    [undefined, 0x8],
    ['ENHANCE_YOUR_CALM', 0xb],
    ['HTTP_1_1_REQUIRED', 0xd],
  ])('can be reset, with %s, before a response', async (reason, code) => {
    let finalized = 0;
    const world = h2World(
      (exchange) =>
        new Observable((subscriber) => {
          subscriber.add(() => finalized++);
          setImmediate(() => exchange.reset(reason));
        }),
    );
    const stream = world.h2.request({ ':path': '/' });
    stream.on('error', () => undefined);
    await new Promise((resolve) => stream.once('close', resolve));
    expect([stream.rstCode, finalized]).toEqual([code, 1]);
    await until(() => world.served.length === 1);
    expect(world.served[0]).toMatchObject({ status: undefined, outcome: 'aborted' });
    // It was the program's own will.
    expect(world.codes).toEqual([]);
  });

  it('can be reset in the middle of its response, and twice, and late', async () => {
    const exchanges: H2Exchange<string>[] = [];
    const world = h2World((exchange, path) => {
      exchanges.push(exchange);
      return path === '/good' ? text('good') : bytes(concat(of(Buffer.from('half')), NEVER));
    });
    const call = world.call();
    const { content } = await call.head;
    await once(content, 'data');
    exchanges[0]!.reset('CANCEL');
    exchanges[0]!.reset('CANCEL');
    await expect(call.reply).rejects.toThrow();
    expect((await world.ask('/good')).text).toBe('good');
    exchanges[1]!.reset();
    await until(() => world.served.length === 2);
    expect(world.served.map(({ outcome, sent }) => [outcome, sent])).toEqual([
      ['aborted', 4],
      ['complete', 4],
    ]);
  });
});

describe('priority (RFC 9218)', () => {
  it.each<[string | undefined, Priority]>([
    [undefined, { urgency: 3, incremental: true }],
    ['u=1', { urgency: 1, incremental: false }],
    ['u=7, i', { urgency: 7, incremental: true }],
  ])('is what the client says: %s', async (value, priority) => {
    const seen: Priority[] = [];
    const world = h2World((exchange) => (seen.push(exchange.priority), text('')));
    await world.ask({ headers: value === undefined ? {} : { priority: value } });
    expect(seen).toEqual([priority]);
  });

  it('can be changed, and is checked', async () => {
    const seen: Priority[] = [];
    const world = h2World((exchange) => {
      exchange.prioritize({ urgency: 0, incremental: true });
      seen.push(exchange.priority);
      exchange.prioritize({ urgency: 8, incremental: true });
      return text('never');
    });
    expect((await world.ask()).status).toBe(500);
    expect(seen).toEqual([{ urgency: 0, incremental: true }]);
  });

  it('decides whose content goes first, and who takes turns', async () => {
    const size = 200_000;
    const urgencies: Record<string, Priority> = {
      '/late': { urgency: 6, incremental: false },
      '/a': { urgency: 2, incremental: true },
      '/b': { urgency: 2, incremental: true },
      '/first': { urgency: 0, incremental: false },
    };
    let answered = 0;
    const world = h2World(
      (exchange, path) => {
        exchange.prioritize(urgencies[path]!);
        setImmediate(() => answered++);
        return bytes(Buffer.alloc(size, path));
      },
      { settings: { initialWindowSize: 0 } },
    );
    const order: string[] = [];
    // No stream has a window until all of them wait.
    const streams = Object.keys(urgencies).map((path) => {
      const stream = world.h2.request({ ':path': path });
      stream.on('data', (chunk: Buffer) => order.push(...(chunk.length > 0 ? [path] : [])));
      return once(stream, 'end');
    });
    await until(() => answered === streams.length);
    world.h2.settings({ initialWindowSize: 1_000_000 });
    await Promise.all(streams);
    expect(order.indexOf('/late')).toBeGreaterThan(order.lastIndexOf('/first'));
    expect(order.lastIndexOf('/late')).toBe(order.length - 1);
    const between = order.slice(order.indexOf('/a'), order.lastIndexOf('/a'));
    expect(between).toContain('/b');
  });
});

describe('push (RFC 9113 section 8.4)', () => {
  interface Pushed {
    readonly path: string;
    readonly status: number;
    readonly body: string;
  }

  /** Asks, and gathers what is pushed. */
  async function askPushed(world: World, path = '/'): Promise<Pushed[]> {
    const pushed: Promise<Pushed>[] = [];
    world.h2.on('stream', (stream: ClientHttp2Stream, headers) => {
      const status = once(stream, 'push') as Promise<[http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader]>;
      pushed.push(
        Promise.all([status, buffer(stream)]).then(([[head], body]) => ({
          path: headers[':path']!,
          status: head[':status']!,
          body: body.toString(),
        })),
      );
    });
    const reply = await world.ask(path);
    expect(reply.text).toBe('page');
    return Promise.all(pushed);
  }

  it('reaches a client that allows it, as an exchange of its own', async () => {
    const returned: boolean[] = [];
    const world = h2World((exchange) => {
      returned.push(exchange.push({ path: '/a.css', headers: { accept: 'text/css' } }, text('css')));
      returned.push(exchange.push({ path: '/b.js' }, timer(1).pipe(map(() => text('js')))));
      return timer(5).pipe(map(() => text('page')));
    });
    expect(await askPushed(world)).toEqual([
      { path: '/a.css', status: 200, body: 'css' },
      { path: '/b.js', status: 200, body: 'js' },
    ]);
    expect(returned).toEqual([true, true]);
    await until(() => world.served.length === 3);
    expect(world.served.map(({ request, outcome, sent }) => [request.path, outcome, sent])).toEqual([
      ['/a.css', 'complete', 3],
      ['/b.js', 'complete', 2],
      ['/', 'complete', 4],
    ]);
    expect(world.served[0]!.request).toMatchObject({ method: 'GET', authority: 'test', scheme: 'http' });
    expect(world.served[0]!.request.headers.get('accept')).toBe('text/css');
  });

  it('does not reach a client that does not allow it: false, and the response is not subscribed to', async () => {
    let subscribed = 0;
    const returned: boolean[] = [];
    const world = h2World(
      (exchange) => {
        returned.push(
          exchange.push(
            { path: '/a.css' },
            new Observable(() => {
              subscribed++;
            }),
          ),
        );
        return text('page');
      },
      { settings: { enablePush: false } },
    );
    expect(await askPushed(world)).toEqual([]);
    expect([returned, subscribed]).toEqual([[false], 0]);
  });

  it('is over once its request has its response: false', async () => {
    let kept: H2Exchange<string> | undefined;
    const world = h2World((exchange) => ((kept = exchange), text('page')));
    await askPushed(world);
    expect(kept!.push({ path: '/late' }, text('late'))).toBe(false);
  });

  it('that the client declines: its handler is unsubscribed, the page comes', async () => {
    let finalized = 0;
    const world = h2World((exchange) => {
      exchange.push({ path: '/a' }, new Observable((subscriber) => subscriber.add(() => finalized++)));
      return timer(20).pipe(map(() => text('page')));
    });
    world.h2.on('stream', (stream: ClientHttp2Stream) => {
      stream.on('error', () => undefined);
      stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
    });
    expect((await world.ask()).text).toBe('page');
    await until(() => finalized === 1);
  });

  it('that fails is a fault of its own, and gets a response', async () => {
    const world = h2World((exchange) => {
      exchange.push({ path: '/a' }, new Observable((subscriber) => subscriber.error(new Error('oops'))));
      return timer(5).pipe(map(() => text('page')));
    });
    expect(await askPushed(world)).toEqual([{ path: '/a', status: 500, body: expect.any(String) as string }]);
    expect(world.faults.map(({ code, request }) => [code, request?.path])).toEqual([['exception', '/a']]);
  });
});

describe('CONNECT (RFC 9113 section 8.5, RFC 8441)', () => {
  /** The server's settings have come: a client must not ask for extended CONNECT before. */
  async function ready(world: World): Promise<http2.ClientHttp2Session> {
    const session = world.h2;
    await once(session, 'remoteSettings');
    return session;
  }

  it('extended: is not announced unless the program serves it', async () => {
    const session = await ready(new World('h2', () => text('hello')));
    expect(session.remoteSettings.enableConnectProtocol).toBe(false);
  });

  it('extended: a protocol of its own on the stream, both ways', async () => {
    const requests: (string | undefined)[][] = [];
    const world = new World(
      'h2',
      (request) => {
        requests.push([request.method, request.protocol, request.path, request.authority, request.scheme]);
        return { status: 200, headers: { 'sec-websocket-protocol': 'echo' }, body: request.body };
      },
      { connectProtocol: true },
    );
    const session = await ready(world);
    expect(session.remoteSettings.enableConnectProtocol).toBe(true);
    const stream = session.request({
      ...{ ':method': 'CONNECT', ':protocol': 'websocket', ':scheme': 'http', ':path': '/chat', ':authority': 'test' },
      'sec-websocket-version': '13',
    });
    const [head] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader];
    expect([head[':status'], head['sec-websocket-protocol'], head['content-length']]).toEqual([200, 'echo', undefined]);
    for (const word of ['one', 'two', 'three']) {
      stream.write(word);
      expect(String((await once(stream, 'data'))[0])).toBe(word);
    }
    stream.end();
    await once(stream, 'end');
    expect(requests).toEqual([['CONNECT', 'websocket', '/chat', 'test', 'http']]);
    await until(() => world.served.length === 1);
    expect(world.served[0]).toMatchObject({ status: 200, outcome: 'complete', received: 11, sent: 11 });
    expect(world.codes).toEqual([]);
  });

  it('extended: the server may speak first, and end first', async () => {
    const world = h2World(
      (_exchange, _path, body) => {
        body.subscribe();
        return bytes(of(Buffer.from('welcome, and goodbye')));
      },
      {},
      { connectProtocol: true },
    );
    const session = await ready(world);
    const stream = session.request({
      ...{ ':method': 'CONNECT', ':protocol': 'websocket', ':scheme': 'http', ':path': '/', ':authority': 'test' },
    });
    expect((await buffer(stream)).toString()).toBe('welcome, and goodbye');
  });

  it('extended: it may be refused', async () => {
    const world = h2World(() => text('no', { status: 403 }), {}, { connectProtocol: true });
    const session = await ready(world);
    const stream = session.request({
      ...{ ':method': 'CONNECT', ':protocol': 'websocket', ':scheme': 'http', ':path': '/', ':authority': 'test' },
    });
    const [head] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader];
    expect([head[':status'], (await buffer(stream)).toString()]).toEqual([403, 'no']);
  });

  it('plain: a tunnel to a host and a port', async () => {
    const requests: (string | undefined)[][] = [];
    const world = new World('h2', (request) => {
      requests.push([request.method, request.protocol, request.path, request.authority]);
      return { status: 200, body: request.body };
    });
    const stream = world.h2.request({ ':method': 'CONNECT', ':authority': 'example.com:443' });
    const [head] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader];
    expect(head[':status']).toBe(200);
    stream.write('tunnelled');
    expect(String((await once(stream, 'data'))[0])).toBe('tunnelled');
    stream.end();
    await once(stream, 'end');
    expect(requests).toEqual([['CONNECT', undefined, '', 'example.com:443']]);
  });

  it('a tunnel throttles its sender', async () => {
    let taken = 0;
    const world = h2World((_exchange, _path, body) =>
      bytes(body.pipe(map((chunk) => ((taken += chunk.length), chunk)))),
    );
    const stream = world.h2.request({ ':method': 'CONNECT', ':authority': 'example.com:443' });
    const size = 4 * 1024 * 1024;
    for (let left = size; left > 0; left -= 65_536) stream.write(Buffer.alloc(65_536));
    stream.end();
    await settled(() => taken);
    expect(taken).toBeLessThan(size / 2);
    expect((await buffer(stream)).length).toBe(size);
  });
});
