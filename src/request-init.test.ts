/** What a request can be given besides its URL, on both protocols: content of any kind, JSON, an AbortSignal, observers of its progress. */
import { setImmediate as turn } from 'node:timers/promises';
import { config, firstValueFrom, lastValueFrom, map, mergeMap, NEVER, type Observable, Subject } from 'rxjs';
import { PROTOCOLS } from '../test/kits/units/both-protocols.js';
import {
  Body,
  type Client,
  client,
  type ClientOptions,
  type ClientRequestInit,
  type ClientResponse,
  type Content,
  type HandlerResult,
  type HttpRequest,
  type Info,
  json,
  type MemoryFlow,
  memoryTransport,
  type Progress,
  type Protocol,
  redirect,
  response,
  type Served,
  service,
  text,
  Transports,
} from './index.js';

/** A client, and a service in the same process. */
class Pair {
  readonly served: Served<string>[] = [];
  readonly http: Client;

  constructor(protocol: Protocol, handler: (request: HttpRequest) => HandlerResult, options: ClientOptions = {}) {
    const accepted = new Subject<MemoryFlow>();
    const info: Info<MemoryFlow, string> = { alpn: () => protocol, peer: () => 'memory', injection: (flow) => flow };
    accepted.pipe(service(info, handler)).subscribe((served) => this.served.push(served));
    const transports = Transports.EMPTY.register(memoryTransport(accepted));
    this.http = client({ baseUrl: 'http://test/', transports, protocols: [protocol], retry: false, ...options });
    pairs.push(this);
  }
}

const pairs: Pair[] = [];
afterEach(() => {
  for (const { http } of pairs.splice(0)) http.close();
});

interface Echo {
  readonly method: string;
  readonly type?: string;
  readonly length?: string;
  readonly text: string;
}

/** Returns what came. */
const echo = ({ method, headers, body }: HttpRequest): HandlerResult =>
  body
    .text()
    .pipe(
      map((content) =>
        json({ method, type: headers.get('content-type'), length: headers.get('content-length'), text: content }),
      ),
    );

const sent = (http: Client, init: ClientRequestInit): Promise<Echo> =>
  lastValueFrom(http.json('/', { method: 'POST', ...init })) as Promise<Echo>;

const failure = (source: Observable<unknown>): Promise<unknown> =>
  lastValueFrom(source).then(
    () => 'no error',
    (error: unknown) => error,
  );

function file(): FormData {
  const form = new FormData();
  form.append('name', 'value');
  form.append('file', new File(['hello'], 'a.txt', { type: 'text/plain' }));
  return form;
}

describe.each(PROTOCOLS)('%s: the body of a request', (protocol) => {
  it.each<[string, () => Content, string | RegExp, string | RegExp | undefined, boolean]>([
    ['text', () => 'hello', 'hello', undefined, true],
    ['bytes', () => Buffer.from('hello'), 'hello', undefined, true],
    [
      'a URLSearchParams',
      () => new URLSearchParams({ a: '1 2' }),
      'a=1+2',
      'application/x-www-form-urlencoded;charset=UTF-8',
      true,
    ],
    [
      'a FormData',
      file,
      /filename="a.txt"\r\ncontent-type: text\/plain\r\n\r\nhello\r\n--rxpaf/,
      /^multipart\/form-data; boundary=rxpaf-/,
      true,
    ],
    ['a Blob', () => new Blob(['hello'], { type: 'text/plain' }), 'hello', 'text/plain', true],
    ['an ArrayBuffer', () => Uint8Array.from(Buffer.from('hello')).buffer, 'hello', undefined, true],
    ['a view', () => new DataView(Uint8Array.from(Buffer.from('hello world')).buffer, 6), 'world', undefined, true],
    ['a web ReadableStream', () => new Blob(['hello']).stream(), 'hello', undefined, false],
    ['an Observable', () => twoChunks(), 'hello', undefined, false],
  ])('may be %s', async (_, content, expected, type, announced) => {
    const { http } = new Pair(protocol, echo);
    const came = await sent(http, { body: content() });
    if (typeof expected === 'string') expect(came.text).toBe(expected);
    else expect(came.text).toMatch(expected);
    if (type instanceof RegExp) expect(came.type).toMatch(type);
    else expect(came.type).toBe(type);
    expect(came.length).toBe(announced ? String(came.text.length) : undefined);
  });

  it('has the type that the program sets', async () => {
    const { http } = new Pair(protocol, echo);
    const body = new Blob(['a'], { type: 'text/plain' });
    expect((await sent(http, { body, headers: { 'content-type': 'text/csv' } })).type).toBe('text/csv');
  });

  it('has the type of its boundary if it is a form, also where the client sends another one by default', async () => {
    const { http } = new Pair(protocol, echo, { headers: { 'content-type': 'application/json' } });
    expect((await sent(http, { body: file() })).type).toMatch(/^multipart\/form-data; boundary=/);
  });

  it('is sent again after a redirect that keeps it, with its type', async () => {
    const { http } = new Pair(protocol, (request) => (request.path === '/' ? redirect('/there', 307) : echo(request)));
    const came = await sent(http, { body: () => file() });
    expect([came.type, came.text]).toEqual([
      expect.stringMatching(/^multipart/) as string,
      expect.stringContaining('hello') as string,
    ]);
    expect((await sent(http, { body: new URLSearchParams({ a: '1' }) })).text).toBe('a=1');
    expect((await sent(http, { body: new Blob(['b']) })).text).toBe('b');
  });

  it('is retried if its kind is repeatable', async () => {
    let asked = 0;
    const retry = { attempts: 2, base: 0 };
    const { http } = new Pair(
      protocol,
      (request) => (++asked === 1 ? request.body.text().pipe(map(() => text('', { status: 503 }))) : echo(request)),
      { retry },
    );
    expect((await sent(http, { method: 'PUT', body: file() })).text).toContain('hello');
    expect(asked).toBe(2);
  });

  it.each(['post', 'put', 'patch'] as const)('may be an option of %s', async (name) => {
    const { http } = new Pair(protocol, echo);
    const selector = (came: ClientResponse) => came.body.json();
    const got = await lastValueFrom(http[name]('/', undefined, { body: 'an option' }).pipe(mergeMap(selector)));
    expect(got).toMatchObject({ text: 'an option' });
  });

  it.each<[string, unknown, string]>([
    ['a number', 5, 'the content is a number: expected text, bytes'],
    ['null', null, 'the content is null'],
    ['a Promise', Promise.resolve(''), 'the content is a Promise.*use from\\(promise\\)'],
    ['a plain object', { a: 1 }, 'the content is an object.*send an object as JSON'],
    ['a Map', new Map([[1, 2]]), 'a chunk of the content is an array: expected text or bytes'],
  ])('cannot be %s: the error names the type', async (_, body, message) => {
    const { http } = new Pair(protocol, echo);
    const error = await failure(http.post('/', body as Content));
    expect(error).toMatchObject({ name: 'ClientError', message: expect.stringMatching(message) as string });
  });
});

/** `hello` in two chunks. */
function twoChunks(): Body {
  const body = new Body();
  body.next(Buffer.from('hel'));
  body.next(Buffer.from('lo'));
  body.complete();
  return body;
}

describe.each(PROTOCOLS)('%s: json', (protocol) => {
  it('is sent with its type and length', async () => {
    const { http } = new Pair(protocol, echo);
    expect(await sent(http, { json: { a: [1, 'é'] } })).toEqual({
      ...{ method: 'POST', type: 'application/json', length: '14', text: '{"a":[1,"é"]}' },
    });
  });

  it.each([
    [null, 'null'],
    [0, '0'],
    [false, 'false'],
    ['', '""'],
  ])('may be %j', async (value, expected) => {
    const { http } = new Pair(protocol, echo);
    expect((await sent(http, { json: value })).text).toBe(expected);
  });

  it('has another type if the program sets one, and goes through middleware as text', async () => {
    const bodies: unknown[] = [];
    const { http } = new Pair(protocol, echo, {
      middleware: (next) => (request) => {
        bodies.push(request.body);
        return next(request);
      },
    });
    const headers = { 'content-type': 'application/problem+json' };
    expect((await sent(http, { json: [], headers })).type).toBe('application/problem+json');
    expect(bodies).toEqual(['[]']);
  });

  it('may be set by a middleware', async () => {
    const { http } = new Pair(protocol, echo, { middleware: (next) => (request) => next({ ...request, json: [1] }) });
    expect(await sent(http, {})).toMatchObject({ type: 'application/json', text: '[1]' });
  });

  it.each<[string, ClientRequestInit]>([
    ['a body beside it', { json: 1, body: 'x' }],
    ['a value without a JSON form', { json: () => 1 }],
    ['a value that has itself as a part', { json: circular() }],
  ])('is invalid-request with %s', async (_, init) => {
    const { http } = new Pair(protocol, echo);
    expect(await failure(http.post('/', init.body, init))).toMatchObject({ code: 'invalid-request' });
  });
});

function circular(): unknown {
  const value: Record<string, unknown> = {};
  value['self'] = value;
  return value;
}

describe.each(PROTOCOLS)('%s: an AbortSignal', (protocol) => {
  it('that was aborted before sends nothing', async () => {
    const { http, served } = new Pair(protocol, () => text('hello'));
    const cause = new Error('no more');
    const error = await failure(http.get('/', { signal: AbortSignal.abort(cause) }));
    expect(error).toMatchObject({ name: 'ClientError', code: 'aborted', cause });
    expect(served).toEqual([]);
  });

  it('ends a request that waits for its response, on the wire too', async () => {
    const controller = new AbortController();
    const arrived = new Subject<void>();
    const pair = new Pair(protocol, () => {
      arrived.next();
      return NEVER;
    });
    const asked = firstValueFrom(arrived);
    const failed = failure(pair.http.get('/', { signal: controller.signal }));
    await asked;
    controller.abort();
    expect(await failed).toMatchObject({ code: 'aborted', cause: { name: 'AbortError' } });
    while (pair.served.length === 0) await turn();
    expect(pair.served[0]).toMatchObject({ outcome: 'aborted' });
  });

  it('ends the content of a response', async () => {
    const controller = new AbortController();
    const body = new Body();
    const pair = new Pair(protocol, () => response(200, {}, body));
    const failed = failure(pair.http.text('/', { signal: controller.signal }));
    body.next(Buffer.from('some'));
    for (let each = 0; each < 20; each++) await turn();
    controller.abort();
    expect(await failed).toMatchObject({ code: 'aborted' });
    while (pair.served.length === 0) await turn();
    expect([pair.served[0]!.outcome, body.cancelled]).toEqual(['aborted', true]);
  });

  it('ends a request that waits for its next attempt', async () => {
    const controller = new AbortController();
    const pair = new Pair(protocol, () => text('', { status: 503 }), {
      retry: { base: 1e6, limit: 1e9 },
      random: () => 1,
    });
    const failed = failure(pair.http.get('/', { signal: controller.signal }));
    while (pair.served.length === 0) await turn();
    for (let each = 0; each < 20; each++) await turn();
    controller.abort();
    expect(await failed).toMatchObject({ code: 'aborted' });
  });

  it('keeps no listener after the response, an error, or the end of the subscription', async () => {
    const { signal } = new AbortController();
    const listeners = new Set<unknown>();
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...parts: Parameters<typeof add>) => {
      listeners.add(parts[1]);
      add(...parts);
    };
    signal.removeEventListener = (...parts: Parameters<typeof remove>) => {
      listeners.delete(parts[1]);
      remove(...parts);
    };
    const { http } = new Pair(protocol, ({ path }) => (path === '/never' ? NEVER : text('hello')));
    expect(await lastValueFrom(http.text('/', { signal }))).toBe('hello');
    const head = await lastValueFrom(http.get('/', { signal }));
    head.discard();
    await failure(http.get('ftp://test/', { signal }));
    const waiting = http.get('/never', { signal }).subscribe();
    await turn();
    waiting.unsubscribe();
    expect(listeners.size).toBe(0);
  });

  it('is seen by a middleware, which may set its own', async () => {
    const { http } = new Pair(protocol, () => text('hello'), {
      middleware: (next) => (request) => next({ ...request, signal: AbortSignal.abort() }),
    });
    expect(await failure(http.get('/'))).toMatchObject({ code: 'aborted' });
  });

  it('is taken by a connection, too', async () => {
    const { http } = new Pair(protocol, () => text('hello'));
    const { connection } = await lastValueFrom(
      http.get('/').pipe(mergeMap((head) => head.body.text().pipe(map(() => head)))),
    );
    const signal = AbortSignal.abort();
    expect(await failure(connection.request({ url: 'http://test/', signal }))).toMatchObject({ code: 'aborted' });
    expect(await failure(connection.tunnel({ url: 'http://test/', signal }))).toMatchObject({ code: 'aborted' });
  });
});

describe.each(PROTOCOLS)('%s: progress', (protocol) => {
  const watched = (): { subject: Subject<Progress>; seen: Progress[] } => {
    const subject = new Subject<Progress>();
    const seen: Progress[] = [];
    subject.subscribe((progress) => seen.push(progress));
    return { subject, seen };
  };

  it.each<[string, () => Content, number | undefined]>([
    ['bytes', () => Buffer.alloc(200_000), 200_000],
    ['text', () => 'é'.repeat(100_000), 200_000],
    ['a Blob', () => new Blob(Array.from({ length: 4 }, () => Buffer.alloc(50_000))), 200_000],
    ['a function', () => Buffer.alloc(200_000), 200_000],
    ['a stream', () => Array.from({ length: 4 }, () => Buffer.alloc(50_000)), undefined],
  ])('of an upload of %s is reported in steps', async (_, content, total) => {
    const { subject, seen } = watched();
    const { http } = new Pair(protocol, echo);
    expect((await sent(http, { body: () => content(), uploadProgress: subject })).length).toBe(total?.toString());
    expect(seen[0]).toEqual({ loaded: 0, total });
    expect(seen.at(-1)).toEqual({ loaded: 200_000, total });
    expect(seen.length).toBeGreaterThanOrEqual(5);
    for (let each = 1; each < seen.length; each++) expect(seen[each]!.loaded).toBeGreaterThan(seen[each - 1]!.loaded);
  });

  it('of an upload stops while the server does not read', async () => {
    const { subject, seen } = watched();
    const { http } = new Pair(protocol, () => NEVER);
    const waiting = http.post('/', Buffer.alloc(50_000_000), { uploadProgress: subject }).subscribe();
    for (let each = 0; each < 200; each++) await turn();
    expect(seen.at(-1)!.loaded).toBeLessThan(5_000_000);
    waiting.unsubscribe();
  });

  it('of a download is reported as it arrives, with the length of the whole', async () => {
    const { subject, seen } = watched();
    const { http } = new Pair(protocol, () => response(200, {}, Buffer.alloc(200_000)));
    expect(await lastValueFrom(http.bytes('/', { downloadProgress: subject }))).toHaveLength(200_000);
    expect(seen[0]).toEqual({ loaded: 0, total: 200_000 });
    expect(seen.at(-1)).toEqual({ loaded: 200_000, total: 200_000 });
  });

  it('of a download has no total for a stream, and counts no redirect', async () => {
    const { subject, seen } = watched();
    const { http } = new Pair(protocol, ({ path }) =>
      path === '/' ? { ...redirect('/there'), body: 'moved' } : response(200, {}, ['hello']),
    );
    expect(await lastValueFrom(http.text('/', { downloadProgress: subject }))).toBe('hello');
    expect(seen).toEqual([
      { loaded: 0, total: undefined },
      { loaded: 5, total: undefined },
    ]);
  });

  it('is not completed, so that requests can share an observer', async () => {
    const { subject } = watched();
    const { http } = new Pair(protocol, echo);
    let completed = false;
    subject.subscribe({ complete: () => (completed = true) });
    await sent(http, { body: 'x', uploadProgress: subject, downloadProgress: subject });
    expect(completed).toBe(false);
  });

  it('goes on though an observer throws: that is an unhandled error of the program', async () => {
    const { http } = new Pair(protocol, echo);
    const errors: unknown[] = [];
    config.onUnhandledError = (error) => errors.push(error);
    const uploadProgress = {
      next: () => {
        throw new Error('boom');
      },
    };
    expect((await sent(http, { body: 'x', uploadProgress })).text).toBe('x');
    await new Promise((resolve) => setTimeout(resolve));
    config.onUnhandledError = null;
    expect(errors.length).toBeGreaterThan(0);
  });
});

describe.each(PROTOCOLS)('%s: options()', (protocol) => {
  it('sends OPTIONS', async () => {
    const { http } = new Pair(protocol, ({ method }) => text(method, { headers: { allow: 'GET' } }));
    const reply = await lastValueFrom(http.options('/rows'));
    expect([await lastValueFrom(reply.body.text()), reply.headers.get('allow')]).toEqual(['OPTIONS', 'GET']);
  });
});
