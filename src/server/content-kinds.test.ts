/** Responses whose content is of a class of the web platform, on both protocols: bytes, length and type, as Node's clients see them. */
import { lastValueFrom, type Observable, of } from 'rxjs';
import type { Content } from '../drive/content.js';
import { bytes, response } from '../drive/response-builders.js';
import { plainResponse } from '../drive/response.js';
import { PROTOCOLS, until, World } from '../../test/kits/units/both-protocols.js';

const form = (): FormData => {
  const made = new FormData();
  made.append('name', 'value');
  made.append('file', new File(['hello'], 'a.txt', { type: 'text/plain' }));
  return made;
};

const small = (): FormData => {
  const made = new FormData();
  made.append('name', 'value');
  return made;
};

const words = Uint16Array.of(0x6568, 0x6c6c);

/** What goes out: the text, its type, and whether its length is announced. */
const KINDS: readonly [string, () => Content, string | RegExp, string | RegExp | undefined, boolean][] = [
  [
    'a URLSearchParams',
    () => new URLSearchParams({ a: '1', b: 'é' }),
    'a=1&b=%C3%A9',
    'application/x-www-form-urlencoded;charset=UTF-8',
    true,
  ],
  ['a FormData', small, /name="name"\r\n\r\nvalue\r\n--rxpaf/, /^multipart\/form-data; boundary=rxpaf-/, true],
  [
    'a FormData with a file',
    form,
    /filename="a.txt"\r\ncontent-type: text\/plain\r\n\r\nhello\r\n--rxpaf/,
    /^multipart\/form-data/,
    true,
  ],
  ['a Blob', () => new Blob(['hello'], { type: 'text/plain' }), 'hello', 'text/plain', true],
  ['a Blob without a type', () => new Blob(['hello']), 'hello', undefined, true],
  ['an empty Blob', () => new Blob([]), '', undefined, true],
  ['a File', () => new File(['hello'], 'a.html', { type: 'text/html' }), 'hello', 'text/html', true],
  ['an ArrayBuffer', () => Uint8Array.from(Buffer.from('hello')).buffer, 'hello', undefined, true],
  [
    'a SharedArrayBuffer',
    () => {
      const b = new SharedArrayBuffer(2);
      new Uint8Array(b).fill(0x61);
      return b;
    },
    'aa',
    undefined,
    true,
  ],
  ['a DataView', () => new DataView(Buffer.from('xhellox').buffer.slice(0), 0, 0), '', undefined, true],
  [
    'a view of a part',
    () => new DataView(Uint8Array.from(Buffer.from('hello world')).buffer, 6, 5),
    'world',
    undefined,
    true,
  ],
  ['another typed array', () => words, 'hell', undefined, true],
  ['a web ReadableStream', () => new Blob(['hello']).stream(), 'hello', undefined, false],
];

describe.each(PROTOCOLS)('%s: the content of a response', (protocol) => {
  it.each(KINDS)('is %s', async (_, content, text, type, announced) => {
    const world = new World(protocol, () => response(200, undefined, content()));
    const reply = await world.ask();
    if (typeof text === 'string') expect(reply.text).toBe(text);
    else expect(reply.text).toMatch(text);
    if (type instanceof RegExp) expect(reply.headers['content-type']).toMatch(type);
    else expect(reply.headers['content-type']).toBe(type);
    expect(reply.headers['content-length']).toBe(announced ? String(reply.body.length) : undefined);
    expect(world.codes).toEqual([]);
  });

  it.each(KINDS)('has the same fields after HEAD if it is %s, and no content', async (_, content, _text, type) => {
    const world = new World(protocol, () => response(200, undefined, content()));
    const reply = await world.ask({ method: 'HEAD' });
    expect(reply.text).toBe('');
    if (type instanceof RegExp) expect(reply.headers['content-type']).toMatch(type);
    else expect(reply.headers['content-type']).toBe(type);
    expect(world.codes).toEqual([]);
  });

  it.each(KINDS)('is %s, with trailers after it', async (_, content, text) => {
    const world = new World(protocol, () => ({ status: 200, body: content(), trailers: of({ 'x-sum': '42' }) }));
    const reply = await world.ask({ headers: { te: 'trailers' } });
    if (typeof text === 'string') expect(reply.text).toBe(text);
    expect(reply.trailers['x-sum']).toBe('42');
  });

  it('has the type that the program sets', async () => {
    const typed = { 'content-type': 'text/csv' };
    const world = new World(protocol, () => response(200, typed, new Blob(['a,b'], { type: 'text/plain' })));
    expect((await world.ask()).headers['content-type']).toBe('text/csv');
  });

  it('has the type of its boundary if it is a form, whatever the program sets', async () => {
    const world = new World(protocol, () => response(200, { 'content-type': 'multipart/form-data' }, form()));
    expect((await world.ask()).headers['content-type']).toMatch(/boundary=/);
  });

  it.each<[string, Content, string]>([
    ['a Blob with a type', new Blob(['x'], { type: 'image/png' }), 'image/png'],
    ['a Blob without one', new Blob(['x']), 'application/octet-stream'],
    ['an ArrayBuffer', new ArrayBuffer(2), 'application/octet-stream'],
    ['bytes', Buffer.from('x'), 'application/octet-stream'],
  ])('from bytes() is that of %s', async (_, content, type) => {
    const world = new World(protocol, () => bytes(content));
    expect((await world.ask()).headers['content-type']).toBe(type);
  });

  it.each<[string, unknown, string]>([
    ['a number', 5, 'a number'],
    ['a Promise', Promise.resolve('hello'), 'a Promise: .*use from\\(promise\\)'],
    ['a plain object', { a: 1 }, 'an object: .*send an object as JSON'],
    ['null', null, 'null'],
    ['a function', () => 'hello', 'a function'],
    ['a Date', new Date(), 'a Date'],
    ['a web Response', new Response('hello'), 'a Response: .*use its body'],
  ])('cannot be %s: one fault that names the type', async (_, content, message) => {
    const world = new World(protocol, () => response(200, undefined, content as Content));
    expect((await world.ask()).status).toBe(500);
    expect(world.codes).toEqual(['invalid-response']);
    expect(world.faults[0]!.message).toMatch(new RegExp(`the content is ${message}`));
  });

  it('cancels a web stream that HEAD does not need', async () => {
    let cancelled = 0;
    const stream = new ReadableStream<Uint8Array>({
      cancel: () => {
        cancelled++;
      },
    });
    const world = new World(protocol, () => response(200, undefined, stream));
    expect((await world.ask({ method: 'HEAD' })).status).toBe(200);
    await until(() => cancelled === 1);
  });

  it('cancels a web stream when the client disconnects', async () => {
    let cancelled = 0;
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(Buffer.alloc(10)),
      cancel: () => {
        cancelled++;
      },
    });
    const world = new World(protocol, () => response(200, undefined, stream));
    const call = world.call();
    await call.head;
    call.abort();
    await until(() => cancelled === 1);
  });

  it('is 500 if a web stream fails before its first chunk', async () => {
    const stream = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error('boom')) });
    const world = new World(protocol, () => response(200, undefined, stream));
    expect((await world.ask()).status).toBe(500);
  });
});

describe('plainResponse', () => {
  it('is the same response if its content is plain', () => {
    const given = response(200, {}, 'hello');
    expect(plainResponse(given)).toBe(given);
  });

  it('has the content as an Observable, and the fields that it brings', async () => {
    const { body, headers } = plainResponse(response(200, { 'x-a': '1' }, new Blob(['hello'], { type: 'text/plain' })));
    expect([...(headers as Iterable<[string, string]>)]).toEqual([
      ['x-a', '1'],
      ['content-type', 'text/plain'],
      ['content-length', '5'],
    ]);
    expect(Buffer.from(await lastValueFrom(body as Observable<Uint8Array>)).toString()).toBe('hello');
  });
});
