/** The same handlers on HTTP/1.1 and on HTTP/2, with requests of Node's own clients: errors, and how they are reported. */
import { Readable } from 'node:stream';
import { concat, delay, EMPTY, ignoreElements, mergeMap, NEVER, Observable, of, tap, throwError, timer } from 'rxjs';
import { consume } from '../demand/index.js';
import type { HttpResponse } from '../drive/response.js';
import { bytes, text } from '../drive/response-builders.js';
import { type Ask, PROTOCOLS, until, World } from '../../test/kits/units/both-protocols.js';

const hello = Buffer.from('hello');
const notFound = Object.assign(new Error('no such row'), { status: 404 });

describe.each(PROTOCOLS)('%s: a handler that gives no response', (protocol) => {
  it.each<[string, () => HttpResponse | Observable<HttpResponse> | Promise<HttpResponse>, number, string]>([
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
    ['returns nothing', () => undefined as unknown as HttpResponse, 500, 'invalid-response'],
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
  ])('that %s: a response all the same, and one fault', async (_, answer, status, code) => {
    const world = new World(protocol, ({ path }) => (path === '/good' ? text('good') : answer()));
    const reply = await world.ask({ method: 'POST', body: 'content' });
    expect(reply.status).toBe(status);
    // An error inside is not shown to the client; an error of the client is.
    expect(reply.text).toBe(status === 404 ? '404 Not Found\n' : reply.text);
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

describe.each(PROTOCOLS)('%s: a response that cannot be completed', (protocol) => {
  const wait = (content: Buffer): Observable<Buffer> => of(content).pipe(delay(1));
  const long = { 'content-length': '10' };
  const short = { 'content-length': '3' };

  it.each<[string, () => HttpResponse | Observable<HttpResponse>, string]>([
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

  it.each<[string, HttpResponse]>([
    ['shorter', text('hello', { headers: long })],
    ['longer', text('hello', { headers: short })],
  ])('text that is %s than its Content-Length: no response that looks complete', async (_, answer) => {
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

describe.each(PROTOCOLS)('%s: faults that the handler responds to', (protocol) => {
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
