/** The same handlers on HTTP/1.1 and on HTTP/2, asked by Node's own clients: what goes wrong, and how it is told. */
import { Readable } from 'node:stream';
import { concat, delay, EMPTY, ignoreElements, mergeMap, NEVER, Observable, of, tap, throwError, timer } from 'rxjs';
import { consume } from '../demand/index.js';
import type { Response } from '../drive/message.js';
import { bytes, text } from '../drive/responses.js';
import { type Ask, PROTOCOLS, until, World } from './both-protocols.test-kit.js';

const hello = Buffer.from('hello');
const notFound = Object.assign(new Error('no such row'), { status: 404 });

describe.each(PROTOCOLS)('%s: a handler that gives no answer', (protocol) => {
  it.each<[string, () => Response | Observable<Response> | Promise<Response>, number, string]>([
    [
      'throws',
      () => {
        throw new Error('oops');
      },
      500,
      'exception',
    ],
    [
      'throws what says its status',
      () => {
        throw notFound;
      },
      404,
      'exception',
    ],
    [
      'throws what is no Error',
      () => {
        throw 'oops' as unknown as Error;
      },
      500,
      'exception',
    ],
    ['fails', () => throwError(() => new Error('oops')), 500, 'exception'],
    [
      'fails later',
      () =>
        concat(
          timer(1).pipe(ignoreElements()),
          throwError(() => notFound),
        ),
      404,
      'exception',
    ],
    ['rejects', () => Promise.reject(new Error('oops')), 500, 'exception'],
    ['completes without one', () => EMPTY, 500, 'no-response'],
    ['returns nothing', () => undefined as unknown as Response, 500, 'invalid-response'],
    ['gives a status that is none', () => ({ status: 1000 }), 500, 'invalid-response'],
    [
      'fails behind an interim answer',
      () =>
        concat(
          of({ status: 103 }),
          throwError(() => notFound),
        ),
      404,
      'exception',
    ],
  ])('that %s: an answer all the same, and one fault', async (_, answer, status, code) => {
    const world = new World(protocol, ({ path }) => (path === '/good' ? text('good') : answer()));
    const reply = await world.ask({ method: 'POST', body: 'content' });
    expect(reply.status).toBe(status);
    // What went wrong inside is nobody's business; what the client did is told.
    expect(reply.text).toBe(status === 404 ? '404 no such row\n' : reply.text);
    expect(reply.text).not.toContain('oops');
    expect(world.codes).toEqual([code]);
    expect(world.faults[0]).toMatchObject({ scope: 'exchange', protocol, peer: 'memory', status });
    expect(world.faults[0]!.request?.method).toBe('POST');
    expect((await world.ask('/good')).text).toBe('good');
    await until(() => world.served.length === 2);
    expect(world.served[0]).toMatchObject({ status, outcome: 'complete' });
  });

  it('that gives a second one: the first one stands', async () => {
    const world = new World(protocol, () => of(text('first'), text('second')));
    expect((await world.ask()).text).toBe('first');
    expect((await world.ask()).text).toBe('first');
    await until(() => world.served.length === 2);
    expect(world.codes.every((code) => code === 'second-response')).toBe(true);
  });
});

describe.each(PROTOCOLS)('%s: an answer that cannot be completed', (protocol) => {
  const wait = (content: Buffer): Observable<Buffer> => of(content).pipe(delay(1));
  const long = { 'content-length': '10' };
  const short = { 'content-length': '3' };

  it.each<[string, () => Response | Observable<Response>, string]>([
    [
      'whose body fails',
      () =>
        bytes(
          concat(
            wait(hello),
            throwError(() => new Error('oops')),
          ),
        ),
      'exception',
    ],
    [
      'whose handler fails behind it',
      () =>
        concat(
          of(bytes(concat(wait(hello), NEVER))),
          timer(5).pipe(mergeMap(() => throwError(() => new Error('oops')))),
        ),
      'exception',
    ],
    [
      'whose trailers fail',
      () => ({ status: 200, body: wait(hello), trailers: throwError(() => new Error('oops')) }),
      'exception',
    ],
    [
      'whose Readable is destroyed',
      () => {
        const source = new Readable({ read: () => undefined });
        source.push(hello);
        setTimeout(() => source.destroy(new Error('oops')), 5);
        return bytes(source);
      },
      'exception',
    ],
    ['that is shorter than it says', () => bytes(wait(hello), { headers: long }), 'content-length-mismatch'],
    [
      'that is longer than it says',
      () => bytes(concat(wait(hello), wait(hello)), { headers: short }),
      'content-length-mismatch',
    ],
  ])('%s: never one that looks complete', async (_, answer, code) => {
    const world = new World(protocol, ({ path }) => (path === '/good' ? text('good') : answer()));
    await expect(world.ask()).rejects.toThrow();
    await until(() => world.served.length === 1);
    expect(world.served[0]).toMatchObject({ status: 200, outcome: 'aborted' });
    expect(world.codes).toEqual([code]);
    expect(world.faults[0]).toMatchObject({ answerable: false, initiator: 'local' });
    expect((await world.ask('/good')).text).toBe('good');
  });

  it.each<[string, Response]>([
    ['shorter', text('hello', { headers: long })],
    ['longer', text('hello', { headers: short })],
  ])('text that is %s than it says: no answer that looks complete', async (_, answer) => {
    const world = new World(protocol, () => answer);
    const outcome = await world.ask().then(
      ({ status }) => status,
      () => 'broken',
    );
    expect(['broken', 500]).toContain(outcome);
    await until(() => world.served.length === 1);
    expect(world.codes).toEqual(['content-length-mismatch']);
  });
});

/** Counts what becomes of an Observable. */
class Watch {
  subscribed = 0;
  finalized = 0;
  readonly errors: unknown[] = [];

  source<T>(inner: Observable<T>): Observable<T> {
    return new Observable((subscriber) => {
      this.subscribed++;
      subscriber.add(() => this.finalized++);
      return inner.subscribe(subscriber);
    });
  }
}

describe.each(PROTOCOLS)('%s: a client that gives up', (protocol) => {
  it('in the middle of its request: the body errors once, the handler is unsubscribed, one fault', async () => {
    const handler = new Watch();
    let received = 0;
    const world = new World(protocol, ({ body }) => {
      body.subscribe({ next: (chunk) => (received += chunk.length), error: (error) => handler.errors.push(error) });
      return handler.source(NEVER);
    });
    const call = world.call({ method: 'POST' });
    call.sending.write('half');
    await until(() => received === 4);
    call.abort();
    await until(() => world.served.length === 1);
    expect(handler).toMatchObject({ subscribed: 1, finalized: 1 });
    const code = protocol === 'h2' ? 'stream-reset' : 'connection-reset';
    expect(handler.errors).toEqual([expect.objectContaining({ code })]);
    expect(world.codes).toEqual([code]);
    expect(world.faults[0]).toMatchObject({ initiator: 'peer', answerable: false });
    expect(world.served[0]).toMatchObject({ status: undefined, outcome: 'aborted', received: 4, sent: 0 });
  });

  it('whose body nobody subscribes with an error handler: nothing is thrown', async () => {
    let received = 0;
    const world = new World(protocol, ({ body }) => {
      body.subscribe((chunk) => (received += chunk.length));
      return NEVER;
    });
    const call = world.call({ method: 'POST' });
    call.sending.write('half');
    await until(() => received === 4);
    call.abort();
    await until(() => world.served.length === 1);
    // RxJS would report it on a timer.
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(world.codes).toHaveLength(1);
  });

  it('in the middle of the answer: its source is unsubscribed, one fault', async () => {
    const source = new Watch();
    const handler = new Watch();
    const world = new World(protocol, () =>
      handler.source(concat(of(bytes(source.source(concat(of(hello), NEVER)))), NEVER)),
    );
    const call = world.call();
    const { content } = await call.head;
    await new Promise((resolve) => content.once('data', resolve));
    expect(source).toMatchObject({ subscribed: 1, finalized: 0 });
    call.abort();
    await until(() => world.served.length === 1);
    expect([source, handler]).toMatchObject([{ finalized: 1 }, { finalized: 1 }]);
    expect(world.codes).toEqual([protocol === 'h2' ? 'stream-reset' : 'connection-reset']);
    expect(world.served[0]).toMatchObject({ status: 200, outcome: 'aborted', sent: 5 });
  });

  it('on an endless answer: its source is pulled no further', async () => {
    let pulled = 0;
    let ended = false;
    function* endless(): Generator<Buffer> {
      try {
        // A regression would never end: it is made to.
        while (pulled++ < 10_000) yield Buffer.alloc(50_000);
      } finally {
        ended = true;
      }
    }
    const world = new World(protocol, () => bytes(endless()));
    const call = world.call();
    const { content } = await call.head;
    await new Promise((resolve) => content.once('data', resolve));
    call.abort();
    await until(() => world.served.length === 1);
    expect(ended).toBe(true);
    expect(pulled).toBeLessThan(100);
  });

  it('while its body is relayed: both ends are let go, one fault', async () => {
    const world = new World(protocol, ({ body }) => bytes(body));
    const call = world.call({ method: 'POST' });
    call.sending.write('half');
    const { content } = await call.head;
    await new Promise((resolve) => content.once('data', resolve));
    call.abort();
    await until(() => world.served.length === 1);
    expect(world.codes).toHaveLength(1);
    expect(world.served[0]).toMatchObject({ outcome: 'aborted', received: 4, sent: 4 });
  });

  it('takes a whole connection with it: each exchange is a fault of its own', async () => {
    const count = 5;
    const handler = new Watch();
    const world = new World(protocol, () => handler.source(NEVER));
    for (let index = 0; index < count; index++) world.call();
    await until(() => handler.subscribed === count);
    world.cut();
    await until(() => world.served.length === count);
    expect(handler.finalized).toBe(count);
    expect(world.codes).toEqual(Array.from({ length: count }, () => 'connection-reset'));
  });
});

describe.each(PROTOCOLS)('%s: limits', (protocol) => {
  const limits = { headerSection: 2048, headerList: 2048, headerFields: 20, requestTarget: 1024 };
  const many = Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`x-${index}`, '1']));

  it.each<[string, Ask, number, string]>([
    [
      'a header section that is too large',
      { headers: { 'x-large': 'a'.repeat(4000) } },
      431,
      'header-section-too-large',
    ],
    ['too many fields', { headers: many }, 431, 'too-many-fields'],
    ['a target that is too long', { path: `/${'a'.repeat(1100)}` }, 414, 'target-too-long'],
  ])('%s', async (_, ask, status, code) => {
    let asked = 0;
    const world = new World(protocol, () => (asked++, text('taken')), { limits });
    expect((await world.ask({ ...ask, method: 'POST', body: 'content' })).status).toBe(status);
    expect([asked, world.codes]).toEqual([0, [code]]);
    expect(world.faults[0]).toMatchObject({ kind: 'bad-request', status, protocol, initiator: 'peer' });
    expect((await world.ask()).text).toBe('taken');
  });
});

describe.each(PROTOCOLS)('%s: the end', (protocol) => {
  it('stop: what has been asked is answered, whole, and the service completes', async () => {
    const stop = new Observable<void>((subscriber) => void (fire = () => subscriber.next()));
    let fire = (): void => undefined;
    let asked = 0;
    const world = new World(protocol, ({ body }) => (asked++, timer(20).pipe(mergeMap(() => of(bytes(body))))), {
      stop,
    });
    const content = Buffer.alloc(100_000, 'x');
    const replies = Array.from({ length: 30 }, () => world.ask({ method: 'POST', body: content }));
    await until(() => asked === 30);
    fire();
    for (const reply of await Promise.all(replies)) expect(reply.body.equals(content)).toBe(true);
    await until(() => world.completed);
    expect(world.served).toHaveLength(30);
    expect(world.served.every(({ outcome }) => outcome === 'complete')).toBe(true);
    expect(world.codes).toEqual([]);
  });

  it('stop while nothing is under way: the connections are closed', async () => {
    let fire = (): void => undefined;
    const stop = new Observable<void>((subscriber) => void (fire = () => subscriber.next()));
    const world = new World(protocol, () => text('hello'), { stop });
    await world.ask();
    fire();
    await until(() => world.completed);
    expect(world.codes).toEqual([]);
  });

  it('stop with an exchange that does not end: past the drain time it is broken off', async () => {
    let fire = (): void => undefined;
    const stop = new Observable<void>((subscriber) => void (fire = () => subscriber.next()));
    const handler = new Watch();
    const world = new World(protocol, () => handler.source(NEVER), { stop, limits: { drainTimeout: 20 } });
    const reply = world.ask();
    await until(() => handler.subscribed === 1);
    fire();
    await expect(reply).rejects.toThrow();
    await until(() => world.completed);
    expect([handler.finalized, world.codes]).toEqual([1, ['going-away']]);
  });

  it('unsubscribing: at once, whatever is under way', async () => {
    const handler = new Watch();
    const world = new World(protocol, () => handler.source(NEVER));
    const reply = world.ask();
    await until(() => handler.subscribed === 1);
    world.subscription.unsubscribe();
    expect(handler.finalized).toBe(1);
    await expect(reply).rejects.toThrow();
  });

  it('of an exchange is told, however it came', async () => {
    const ends: string[] = [];
    const world = new World(protocol, ({ path }, { closed }) => {
      closed.subscribe({ complete: () => ends.push(path) });
      return path === '/never'
        ? NEVER
        : path === '/late'
          ? timer(1).pipe(mergeMap(() => of(text('late'))))
          : text('now');
    });
    await world.ask('/now');
    await world.ask('/late');
    await until(() => ends.length === 2);
    const call = world.call({ path: '/never' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(ends).toEqual(['/now', '/late']);
    call.abort();
    await until(() => ends.length === 3);
    expect(ends[2]).toBe('/never');
  });
});

describe.each(PROTOCOLS)('%s: faults that the handler answers', (protocol) => {
  it('at once, with a status of its own', async () => {
    const world = new World(protocol, {
      request: () => throwError(() => notFound),
      error: (faults) =>
        faults.pipe(tap((fault) => fault.respond({ 'x-code': fault.code }, 410).end(`gone: ${fault.message}`))),
    });
    const reply = await world.ask();
    expect([reply.status, reply.text, reply.headers['x-code']]).toEqual([410, 'gone: no such row', 'exception']);
    await until(() => world.served.length === 1);
    expect(world.served[0]).toMatchObject({ status: 410, outcome: 'complete' });
  });

  it('later, having retained them', async () => {
    const world = new World(protocol, {
      request: () => throwError(() => notFound),
      error: (faults) =>
        faults.pipe(
          consume((fault) => timer(5).pipe(tap(() => fault.respond().end('late'))), { concurrency: Infinity }),
        ),
    });
    const replies = await Promise.all([world.ask(), world.ask()]);
    expect(replies.map(({ status, text: body }) => [status, body])).toEqual([
      [404, 'late'],
      [404, 'late'],
    ]);
  });

  it('of a request that could not be understood', async () => {
    const limits = { requestTarget: 100 };
    const world = new World(
      protocol,
      { request: () => text('taken'), error: (faults) => faults.pipe(tap((fault) => fault.respond().end(fault.code))) },
      { limits },
    );
    const reply = await world.ask(`/${'a'.repeat(200)}`);
    expect([reply.status, reply.text]).toEqual([414, 'target-too-long']);
    expect(world.served).toEqual([]);
  });
});
