/** Responses on both protocols: trailers of every kind of content, lawful statuses, and failures before the first byte. */
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { concat, defer, map, mergeMap, NEVER, type Observable, of, tap, throwError, timer } from 'rxjs';
import { Body } from '../body/index.js';
import { response, text, bytes, empty } from '../drive/response-builders.js';
import type { Content } from '../drive/content.js';
import type { HttpResponse } from '../drive/response.js';
import { HttpError } from '../errors.js';
import { PROTOCOLS, until, World } from '../../test/kits/units/both-protocols.js';
import type { HandlerResult } from './handler.js';
import type { Served } from './finished-exchange.js';

const trailers = of({ 'x-sum': '42' });
const later = <T>(source: Observable<T>): Observable<T> => timer(5).pipe(mergeMap(() => source));
const boom = throwError(() => new Error('boom'));

describe.each(PROTOCOLS)('%s: trailers', (protocol) => {
  it.each<[string, () => Content | undefined, string]>([
    ['text', () => 'hello', 'hello'],
    ['text that is not ASCII', () => 'héllo', 'héllo'],
    ['empty text', () => '', ''],
    ['bytes', () => Buffer.from('hello'), 'hello'],
    ['no bytes', () => Buffer.alloc(0), ''],
    ['no body', () => undefined, ''],
    ['an Observable', () => of('hel', 'lo'), 'hello'],
    ['an Observable, later', () => later(of('hello')), 'hello'],
    ['an iterable', () => [Buffer.from('hello')], 'hello'],
    ['a Readable', () => Readable.from(['hello']), 'hello'],
  ])('of a response go out after %s', async (_, content, whole) => {
    const world = new World(protocol, () => ({ status: 200, body: content(), trailers }));
    const reply = await world.ask({ headers: { te: 'trailers' } });
    expect([reply.status, reply.text, reply.trailers['x-sum']]).toEqual([200, whole, '42']);
    expect(world.codes).toEqual([]);
  });

  it('of a response may come later than its content', async () => {
    const world = new World(protocol, () => text('hello', { trailers: later(trailers) }));
    expect((await world.ask()).trailers['x-sum']).toBe('42');
  });

  it.each([204, 205, 304])('of a response without content (%d) are a fault', async (status) => {
    const world = new World(protocol, () => ({ status, trailers }));
    expect((await world.ask()).status).toBe(status);
    expect(world.codes).toEqual(['trailers-not-sent']);
  });

  it('of a response to HEAD are left out, as its content is', async () => {
    const world = new World(protocol, () => text('hello', { trailers }));
    expect((await world.ask({ method: 'HEAD' })).text).toBe('');
    expect(world.codes).toEqual([]);
  });

  it('of a request are there as its body completes', async () => {
    const seen: string[] = [];
    const world = new World(protocol, ({ body, trailers }) =>
      body.text().pipe(
        mergeMap(() => trailers),
        map((fields) => text(fields.get('x-sum') ?? 'none')),
        tap(() => seen.push('responded')),
      ),
    );
    const reply = await world.ask({ method: 'POST', body: 'hello', trailers: { 'x-sum': '42' } });
    expect(reply.text).toBe('42');
    expect(seen).toEqual(['responded']);
  });
});

/** What comes back on a connection of its own that sends `request`. */
function raw(world: World, request: string): Promise<string> {
  return new Promise((resolve) => {
    let heard = '';
    const socket = world.connect();
    socket.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')));
    socket.on('end', () => resolve(heard));
    socket.write(request);
  });
}

describe('HTTP/1.1: trailers that the framing has no place for', () => {
  it('are a fault where the response has a Content-Length', async () => {
    const headers = { 'content-length': 5 };
    const world = new World('http/1.1', () => ({ status: 200, headers, body: 'hello', trailers }));
    expect((await world.ask()).text).toBe('hello');
    expect(world.codes).toEqual(['trailers-not-sent']);
    expect(world.faults[0]).toMatchObject({ answerable: false, kind: 'internal-server-error' });
  });

  it('are a fault where the client speaks HTTP/1.0', async () => {
    const world = new World('http/1.1', () => text('hello', { trailers }));
    expect(await raw(world, 'GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 (.*\r\n)+\r\nhello$/);
    expect(world.codes).toEqual(['trailers-not-sent']);
  });

  it('are left out if there are no field lines', async () => {
    const headers = { 'content-length': 5 };
    const world = new World('http/1.1', () => ({ status: 200, headers, body: of('hello'), trailers: of({}) }));
    expect((await world.ask()).text).toBe('hello');
    expect(world.codes).toEqual([]);
  });
});

describe.each(PROTOCOLS)('%s: statuses', (protocol) => {
  it.each([0, 99, 600, 700, 999, 1000, 200.5, NaN, Infinity])('%d is a 500', async (status) => {
    for (const result of [text('x', { status }), of(text('x', { status })), bytes(of('x'), { status })]) {
      const world = new World(protocol, () => result);
      const reply = await world.ask();
      expect([reply.status, reply.text]).toEqual([500, '500 internal-server-error\n']);
      expect(world.codes).toEqual(['invalid-response']);
      await until(() => world.served.length === 1);
      expect(world.served[0]).toMatchObject({ status: 500, outcome: 'complete' });
    }
  });

  it.each<[string, () => Content | undefined]>([
    ['no body', () => undefined],
    ['text', () => 'hello'],
    ['a stream', () => of('hello')],
  ])('205 has no content, whatever %s it is given', async (_, body) => {
    const world = new World(protocol, () => response(205, {}, body()));
    const reply = await world.ask();
    expect([reply.status, reply.text, reply.headers['content-length']]).toEqual([205, '', '0']);
    expect((await world.ask()).status).toBe(205);
  });

  it.each<[string, () => HandlerResult]>([
    ['a value', () => response(103)],
    ['an Observable', () => of(response(103))],
    ['an Observable, later', () => later(of(response(103)))],
    ['a Promise', () => Promise.resolve(response(103))],
    ['an iterable', () => [response(103), response(102)]],
  ])('an interim response alone is no-response: %s', async (_, result) => {
    const world = new World(protocol, result);
    expect((await world.ask()).status).toBe(500);
    expect(world.codes).toEqual(['no-response']);
  });

  it.each([0, 103, 199, 600, NaN])('%d is invalid for a fault: its handler fails', async (status) => {
    const world = new World(protocol, {
      request: () => {
        throw new Error('boom');
      },
      error: (faults) => faults.pipe(tap((fault) => fault.code === 'exception' && fault.respond({}, status).end())),
    });
    expect((await world.ask()).status).toBe(500);
    expect(world.codes).toContain('exception');
  });
});

describe.each(PROTOCOLS)('%s: what fails before a byte went out', (protocol) => {
  const length = { 'content-length': 4 };
  it.each<[string, () => HandlerResult, string]>([
    ['text with another Content-Length', () => text('café', { headers: length }), 'content-length-mismatch'],
    ['bytes with another one', () => bytes(Buffer.from('abc'), { headers: length }), 'content-length-mismatch'],
    ['no content with another one', () => empty({ status: 200, headers: length }), 'content-length-mismatch'],
    ['one that is no number', () => text('x', { headers: { 'content-length': 'x' } }), 'content-length-mismatch'],
    [
      'a stream with one that is no number',
      () => bytes(of('x'), { headers: { 'content-length': 'x' } }),
      'content-length-mismatch',
    ],
    ['a body that fails at once', () => bytes(boom), 'exception'],
    ['a body that fails later', () => bytes(later(boom)), 'exception'],
    ['a body that fails within its subscription', () => bytes(defer(() => boom)), 'exception'],
    ['a file that is not there', () => bytes(createReadStream('/nowhere/at/all')), 'exception'],
    ['a Readable that fails', () => bytes(new Readable({ read: broken })), 'exception'],
    ['a Body that fails', () => bytes(failing()), 'exception'],
    ['a Promise of a body that fails', () => Promise.resolve(bytes(later(boom))), 'exception'],
    ['content of another kind', () => bytes(of(5 as unknown as string)), 'exception'],
    ['a stream that is too short', () => bytes(of('ab', 'c'), { headers: length }), 'content-length-mismatch'],
    ['a stream that is too long', () => bytes(of('abc', 'de'), { headers: length }), 'content-length-mismatch'],
    ['a stream of nothing that promised some', () => bytes(of(), { headers: length }), 'content-length-mismatch'],
    ['a stream that fails after a chunk, at once', () => bytes(concat(of('x'), boom)), 'exception'],
  ])('is a 500: %s', async (_, result, code) => {
    const world = new World(protocol, result);
    const reply = await world.ask();
    expect([reply.status, reply.text.slice(0, 4)]).toEqual([500, '500 ']);
    expect(reply.headers['content-length']).toBe(String(reply.body.length));
    expect(world.codes).toEqual([code]);
    await until(() => world.served.length === 1);
    expect(world.served[0]).toMatchObject({ status: 500, outcome: 'complete', error: world.faults[0]!.cause });
  });

  function broken(this: Readable): void {
    this.destroy(new Error('boom'));
  }

  function failing(): Body {
    const body = new Body();
    setTimeout(() => body.error(new Error('boom')), 5);
    return body;
  }

  it('breaks the response off once there was content', async () => {
    const world = new World(protocol, () => bytes(concat(of('x'), later(boom))));
    await expect(world.ask()).rejects.toThrow();
    await until(() => world.served.length === 1);
    expect(world.served[0]).toMatchObject({ status: 200, outcome: 'aborted' });
  });

  it('breaks the response off if there was much content, at once', async () => {
    const world = new World(protocol, () => bytes(concat(of('x'.repeat(10_000), 'y'.repeat(10_000)), boom)));
    await expect(world.ask()).rejects.toThrow();
    await until(() => world.served.length === 1);
    expect(world.served[0]).toMatchObject({ status: 200, outcome: 'aborted' });
  });

  it('sends the content that came in many chunks at once, in order', async () => {
    const chunks = Array.from({ length: 3000 }, (_, index) => `${index},`);
    const world = new World(protocol, () => bytes(chunks));
    expect((await world.ask()).text).toBe(chunks.join(''));
  });

  it('does not keep the head of a stream that has nothing to send yet', async () => {
    const world = new World(protocol, () => bytes(NEVER, { headers: { 'content-type': 'text/event-stream' } }));
    const { status, headers } = await world.call().head;
    expect([status, headers['content-type']]).toEqual([200, 'text/event-stream']);
  });

  it('is of no status where the client disconnects first', async () => {
    let gone: Served | undefined;
    const world = new World(protocol, (_request, exchange) => {
      exchange.closed.subscribe((served) => (gone = served));
      setImmediate(() => world.cut());
      return bytes(NEVER);
    });
    await expect(world.ask()).rejects.toThrow();
    await until(() => gone !== undefined);
    expect(gone).toMatchObject({ status: undefined, firstByte: undefined, outcome: 'aborted' });
  });
});

describe.each(PROTOCOLS)('%s: invalid results', (protocol) => {
  const wrong = (value: unknown): HandlerResult => value as HandlerResult;
  it.each<[string, () => unknown, RegExp]>([
    ['nothing', () => undefined, /returned nothing: return a response such as text/],
    ['null', () => null, /returned nothing/],
    ['a string', () => 'hello', /returned a string: did you mean text/],
    ['an empty string', () => '', /returned a string: did you mean text/],
    ['a number', () => 5, /returned a number: did you mean json/],
    ['a boolean', () => true, /returned a boolean: did you mean json/],
    ['bytes', () => Buffer.from('x'), /returned bytes: did you mean bytes/],
    ['an object', () => ({ name: 'x' }), /returned an object without a status: did you mean json/],
    ['an Error', () => new Error('x'), /returned an Error: throw it/],
    ['a Body', () => new Body(), /returned a stream of bytes: did you mean bytes/],
    ['a Readable', () => Readable.from(['x']), /returned a stream of bytes: did you mean bytes/],
    ['a web Response', () => new Response('x'), /returned a web Response: return response\(/],
    ['a status that is not a number', () => ({ status: '200' }), /an object whose status is not a number/],
  ])('is named, whole and emitted: %s', async (_, make, words) => {
    const results = [make, () => Promise.resolve(make()), () => [make()], () => of(make()), () => later(of(make()))];
    for (const result of results) {
      const world = new World(protocol, () => wrong(result()));
      expect((await world.ask()).status).toBe(500);
      expect(world.faults.map(({ code, message }) => [code, message])).toEqual([
        ['invalid-response', expect.stringMatching(words) as string],
      ]);
    }
  });
});

describe.each(PROTOCOLS)('%s: an error that a handler throws', (protocol) => {
  class Marked extends Error {
    constructor(
      readonly status: number,
      readonly expose: boolean | undefined,
    ) {
      super('a secret of the program');
    }
  }
  it.each<[string, Error, number, string]>([
    ['with a status', Object.assign(new Error('secret'), { status: 404 }), 404, '404 Not Found\n'],
    ['that is not marked', new Marked(403, undefined), 403, '403 Forbidden\n'],
    ['that is marked as private', new Marked(403, false), 403, '403 Forbidden\n'],
    ['that is marked as public', new Marked(403, true), 403, '403 a secret of the program\n'],
    ['of a server, marked', new Marked(503, true), 503, '503 a secret of the program\n'],
    ['of a server', new Marked(503, false), 503, '503 exception\n'],
    ['HttpError', new HttpError(404, 'no such row'), 404, '404 no such row\n'],
    ['HttpError, kept', new HttpError(404, 'no such row', { expose: false }), 404, '404 Not Found\n'],
    ['HttpError of a server', new HttpError(503, 'no database'), 503, '503 exception\n'],
    ['with a status without a name', new Marked(499, false), 499, '499 Error\n'],
  ])('shows its message only where it is public: %s', async (_, error, status, words) => {
    const world = new World(protocol, () => throwError(() => error));
    const reply = await world.ask();
    expect([reply.status, reply.text]).toEqual([status, words]);
    expect(world.faults[0]).toMatchObject({ message: error.message, cause: error, status });
  });
});

describe('an HttpError', () => {
  it.each([200, 399, 600, 404.5, NaN])('is of no status %d', (status) => {
    expect(() => new HttpError(status, 'x')).toThrow(RangeError);
  });
});

describe.each(PROTOCOLS)('%s: the response to a fault', (protocol) => {
  const failing = (): HttpResponse => {
    throw new Error('boom');
  };
  it.each<[string, string | Buffer | undefined, string]>([
    ['text', 'sorry', '5'],
    ['text that is not ASCII', 'désolé', '8'],
    ['bytes', Buffer.from('sorry'), '5'],
    ['nothing', undefined, '0'],
  ])('has a Content-Length where it is ended with %s', async (_, content, size) => {
    const world = new World(protocol, {
      request: failing,
      error: (faults) => faults.pipe(tap((fault) => fault.respond().end(content))),
    });
    const reply = await world.ask();
    expect([reply.status, reply.headers['content-length'], reply.text]).toEqual([500, size, String(content ?? '')]);
  });

  it('is streamed where it is written to before', async () => {
    const world = new World(protocol, {
      request: failing,
      error: (faults) =>
        faults.pipe(
          tap((fault) => {
            const body = fault.respond();
            body.next(Buffer.from('sor'));
            body.end('ry');
          }),
        ),
    });
    const reply = await world.ask();
    expect([reply.status, reply.headers['content-length'], reply.text]).toEqual([500, undefined, 'sorry']);
  });
});
