import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { fc } from '../../test/kits/properties.js';
import { lastValueFrom, type Observable, of, take, toArray } from 'rxjs';
import { Body } from '../body/body.js';
import { Accounted, bytes, Reader, utf8 } from '../../test/kits/units/bodies.js';
import { BodyAlreadySubscribed, ClientError, ProtocolError } from '../errors.js';
import { ACCEPT_ENCODING, decodeContent, decodedBody } from './content-coding.js';

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

const HELLO = utf8('hello, hello, hello, hello');

type Encode = (content: Uint8Array) => Uint8Array;
const ENCODERS: readonly (readonly [coding: string, Encode])[] = [
  ['gzip', zlib.gzipSync],
  ['x-gzip', zlib.gzipSync],
  ['deflate', zlib.deflateSync],
  ['deflate', zlib.deflateRawSync],
  ['br', zlib.brotliCompressSync],
];
const zstd = (zlib as { zstdCompressSync?: Encode }).zstdCompressSync;

/** `coded`, decoded by `codings`, as a peer's body: in pieces of `size`. */
function peers(coded: Uint8Array, size = Infinity): Body {
  const body = new Body({ limit: Infinity });
  for (let from = 0; from < coded.length; from += size) body.next(coded.subarray(from, from + size));
  body.complete();
  return body;
}

async function wholeOf(content: Observable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await lastValueFrom(content.pipe(toArray())));
}

/** What a reader of `content` gets, to its end. */
async function read(content: Observable<Uint8Array>): Promise<{ text: string; ends: unknown[] }> {
  const reader = new Reader();
  content.subscribe(reader);
  await until(() => reader.ends.length > 0);
  return { text: reader.text, ends: reader.ends };
}

const clientError = (code: string): unknown => expect.objectContaining({ name: 'ClientError', code });

/** The decoders that were made in the course of a test. */
const made: Transform[] = [];
jest.mock('node:zlib', () => {
  const actual = jest.requireActual<typeof zlib>('node:zlib');
  const remembered = <T extends Transform>(decoder: T): T => {
    made.push(decoder);
    return decoder;
  };
  return {
    ...actual,
    createGunzip: () => remembered(actual.createGunzip()),
    createBrotliDecompress: () => remembered(actual.createBrotliDecompress()),
  };
});
beforeEach(() => (made.length = 0));

describe('content codings (RFC 9110 section 8.4.1)', () => {
  it.each(ENCODERS)('%s, however it is cut', async (coding, encode) => {
    const coded = encode(HELLO);
    for (const size of [1, 2, 7, Infinity]) {
      expect((await wholeOf(decodeContent(peers(coded, size), coding))).equals(HELLO)).toBe(true);
    }
  });

  it(zstd === undefined ? 'zstd is unknown to this Node' : 'zstd, however it is cut', async () => {
    expect(ACCEPT_ENCODING.includes('zstd')).toBe(zstd !== undefined);
    if (zstd === undefined) {
      const { ends } = await read(decodeContent(peers(HELLO), 'zstd'));
      return expect(ends).toEqual([clientError('unsupported-content-coding')]);
    }
    for (const size of [1, 7, Infinity]) {
      expect((await wholeOf(decodeContent(peers(zstd(HELLO), size), 'zstd'))).equals(HELLO)).toBe(true);
    }
  });

  it('are all offered (section 12.5.3)', () => {
    expect(ACCEPT_ENCODING).toMatch(/^gzip, deflate, br(, zstd)?$/);
  });

  it.each([
    ['gzip, br', (content: Uint8Array) => zlib.brotliCompressSync(zlib.gzipSync(content))],
    ['BR ,\tdeflate', (content: Uint8Array) => zlib.deflateSync(zlib.brotliCompressSync(content))],
    ['identity, gzip,, Identity', (content: Uint8Array) => zlib.gzipSync(content)],
    [
      'gzip,gzip,gzip,gzip,gzip',
      (content: Uint8Array) => [1, 2, 3, 4, 5].reduce<Uint8Array>((whole) => zlib.gzipSync(whole), content),
    ],
  ])('come off in reverse order: %s', async (codings, encode) => {
    expect((await wholeOf(decodeContent(peers(encode(HELLO), 3), codings))).equals(HELLO)).toBe(true);
  });

  it.each(['', 'identity', ' , Identity,'])('the body is unchanged without any: %j', (codings) => {
    const body = new Body();
    expect(decodeContent(body, codings)).toBe(body);
    expect(decodedBody(body, codings)).toBe(body);
  });

  it('takes several gzip members for one content (RFC 1952 section 2.2)', async () => {
    const coded = Buffer.concat([zlib.gzipSync('one, '), zlib.gzipSync('two')]);
    expect((await read(decodeContent(peers(coded, 5), 'gzip'))).text).toBe('one, two');
  });

  it.each(['gzip', 'br', 'deflate', 'gzip, br', 'exotic', 'a,b,c,d,e,f'])(
    'content of zero bytes ends as it is, at once: %s',
    (codings) => {
      for (const content of [peers(utf8('')), of(utf8(''))]) {
        const reader = new Reader();
        decodeContent(content, codings).subscribe(reader);
        expect([reader.text, reader.ends]).toEqual(['', ['complete']]);
      }
    },
  );

  it('gives back all that was coded, for any content, coding and cut', async () => {
    const cases = fc.tuple(
      fc.uint8Array({ maxLength: 5000 }),
      fc.array(fc.constantFrom(...ENCODERS), { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 600 }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ([content, codings, size]) => {
        const coded = codings.reduce<Uint8Array>((whole, [, encode]) => encode(whole), content);
        const body = peers(coded, size);
        const whole = await wholeOf(decodeContent(body, codings.map(([coding]) => coding).join(', ')));
        expect(whole.equals(content)).toBe(true);
        expect(body.unacked).toBe(0);
      }),
      { numRuns: 40 },
    );
  });
});

describe('content that cannot be decoded', () => {
  it.each(ENCODERS)('%s, cut short, is an error after what came', async (coding, encode) => {
    const content = Buffer.from(bytes(20_000));
    const coded = encode(content);
    const { text, ends } = await read(decodeContent(peers(coded.subarray(0, -5), 100), coding));
    expect(content.toString('latin1').startsWith(text)).toBe(true);
    expect(ends).toEqual([clientError('malformed-response')]);
    expect((ends[0] as ClientError).cause).toBeInstanceOf(Error);
  });

  it.each(ENCODERS)('invalid %s', async (coding) => {
    // The first byte is neither a zlib header, nor a valid block.
    const { text, ends } = await read(decodeContent(peers(Buffer.alloc(50, 0xff)), coding));
    expect([text, ends]).toEqual(['', [clientError('malformed-response')]]);
  });

  it('cancels the body where it breaks in the middle, and holds nothing', async () => {
    const source = new Accounted();
    const reader = new Reader();
    decodeContent(source.body, 'gzip').subscribe(reader);
    source.write('this is no gzip');
    await until(() => reader.ends.length > 0);
    expect([source.cancelled, source.body.unacked, source.credited]).toEqual([1, 0, 15]);
    expect(reader.ends).toEqual([clientError('malformed-response')]);
  });

  it('does not include bytes after it: the content ends there, and the body is cancelled', async () => {
    for (const [coding, encode] of ENCODERS) {
      const source = new Accounted();
      const reader = new Reader();
      decodeContent(source.body, coding).subscribe(reader);
      source.write(Buffer.concat([encode(HELLO), Buffer.alloc(8)]));
      await until(() => reader.ends.length > 0);
      expect([reader.text, reader.ends]).toEqual([HELLO.toString(), ['complete']]);
      expect([source.cancelled, source.body.unacked]).toEqual([1, 0]);
    }
  });

  it('is a fault of the inner coding as well', async () => {
    const { ends } = await read(decodeContent(peers(zlib.gzipSync('no brotli at all')), 'br, gzip'));
    expect(ends).toEqual([clientError('malformed-response')]);
  });

  it.each(['exotic', 'gzip, exotic', 'exotic, gzip', 'compress', 'gzip;q=1', 'gzip,gzip,gzip,gzip,gzip,gzip'])(
    'unknown, or too much of it: %s',
    async (codings) => {
      const source = new Accounted();
      const reader = new Reader();
      decodeContent(source.body, codings).subscribe(reader);
      source.write(zlib.gzipSync('x'));
      await until(() => reader.ends.length > 0);
      expect(reader.ends).toEqual([clientError('unsupported-content-coding')]);
      expect([source.cancelled, source.body.unacked]).toEqual([1, 0]);
    },
  );

  it('needs no error handler: bytes of a peer end no process', async () => {
    let over = false;
    decodeContent(peers(utf8('no gzip')), 'gzip')
      .subscribe()
      .add(() => (over = true));
    decodedBody(peers(utf8('no gzip')), 'gzip').subscribe();
    await until(() => over);
    await turn();
  });
});

describe('a body that fails', () => {
  it('is decoded as far as it came, then its own error', async () => {
    const body = new Body();
    const reader = new Reader();
    decodeContent(body, 'gzip').subscribe(reader);
    const gzip = zlib.createGzip();
    gzip.write(HELLO);
    gzip.flush(() => body.next(gzip.read() as Buffer));
    await until(() => body.unacked === 0 && reader.text.length > 0);
    const error = new ProtocolError('truncated', 'cut');
    body.truncate(error);
    await until(() => reader.ends.length > 0);
    expect([reader.text, reader.ends]).toEqual([HELLO.toString(), [error]]);
  });

  it('keeps its error, also where the content seems complete', async () => {
    const body = new Body();
    const error = new ProtocolError('connection-reset', 'gone');
    body.next(zlib.gzipSync(HELLO));
    body.truncate(error);
    expect(await read(decodeContent(body, 'identity, gzip'))).toEqual({ text: HELLO.toString(), ends: [error] });
  });

  it('keeps it through several codings, and before the first byte', async () => {
    const [first, second] = [new Body(), new Body()];
    const error = new ProtocolError('truncated', 'cut');
    first.next(zlib.gzipSync('x').subarray(0, 12));
    first.truncate(error);
    second.error(error);
    expect((await read(decodeContent(first, 'br, gzip'))).ends).toEqual([error]);
    expect((await read(decodeContent(second, 'gzip'))).ends).toEqual([error]);
  });
});

describe('backpressure', () => {
  const BOMB = 64 * 1024 * 1024;
  const bomb = zlib.gzipSync(Buffer.alloc(BOMB));

  it.each([
    ['a bomb', bomb, 'gzip'],
    ['a bomb in a bomb', zlib.gzipSync(bomb), 'gzip, gzip'],
  ])(
    '%s becomes no more than the windows on the way, for a reader that does not take',
    async (_name, coded, codings) => {
      const source = new Accounted({ window: 8192 });
      const reader = new Reader({ retain: true });
      let left: Uint8Array = coded;
      source.body.drained.subscribe(() => {
        while (left.length > 0) {
          const piece = left.subarray(0, 4096);
          left = left.subarray(4096);
          if (!source.write(piece)) return;
        }
        source.body.complete();
      });
      const content = decodedBody(source.body, codings);
      content.subscribe(reader);
      for (let time = 0; time < 30; time++) await turn();
      const decodedSoFar = Buffer.concat(reader.chunks).length;
      expect(decodedSoFar).toBeGreaterThan(0);
      expect(content.unacked).toBe(decodedSoFar);
      expect(content.unacked).toBeLessThanOrEqual(128 * 1024);
      expect(source.written).toBeLessThanOrEqual(8192 + 4096);
      expect(made).toHaveLength(codings.split(',').length);
      for (const decoder of made) {
        expect(decoder.readableLength).toBeLessThanOrEqual(64 * 1024);
        expect(decoder.writableLength).toBeLessThanOrEqual(128 * 1024);
      }
      // And it goes on with the reader, to the end, where what it was left with is given back.
      let taken = 0;
      while (reader.ends.length === 0) {
        for (const chunk of reader.chunks.splice(0)) taken += chunk.length;
        reader.releaseAll();
        expect(content.unacked).toBeLessThanOrEqual(128 * 1024);
        await new Promise(setImmediate);
      }
      for (const chunk of reader.chunks) taken += chunk.length;
      reader.releaseAll();
      expect([taken, reader.ends, content.unacked, source.body.unacked]).toEqual([BOMB, ['complete'], 0, 0]);
    },
  );

  it('asks for nothing before there is a reader', () => {
    const source = new Accounted();
    decodedBody(source.body, 'gzip');
    source.write(zlib.gzipSync(HELLO));
    expect([source.started, made]).toEqual([0, []]);
  });

  it('destroys the decoders, cancels the body and gives all back if the reader unsubscribes', async () => {
    const source = new Accounted();
    const coded = zlib.brotliCompressSync(zlib.gzipSync(bytes(300_000)));
    const reader = new Reader();
    const content = decodedBody(source.body, 'gzip, br');
    content.pipe(take(1)).subscribe(reader);
    source.write(coded);
    await until(() => reader.ends.length > 0);
    expect(made.map(({ destroyed }) => destroyed)).toEqual([true, true]);
    expect([reader.ends, source.cancelled, source.body.unacked, source.credited, content.unacked]).toEqual([
      ['complete'],
      1,
      0,
      coded.length,
      0,
    ]);
  });

  it('leaves no trace if the reader unsubscribes before anything came out', async () => {
    const source = new Accounted();
    const reader = new Reader();
    const reading = decodeContent(source.body, 'gzip').subscribe(reader);
    source.write(zlib.gzipSync(HELLO));
    reading.unsubscribe();
    expect([made[0]?.destroyed, source.cancelled, source.body.unacked]).toEqual([true, 1, 0]);
    await turn();
    expect([reader.chunks, reader.ends]).toEqual([[], []]);
  });
});

describe('decodedBody', () => {
  it('is a Body', async () => {
    const json = zlib.gzipSync('{"a":"ü"}');
    expect(await lastValueFrom(decodedBody(peers(json), 'gzip').json())).toEqual({ a: 'ü' });
    expect(await lastValueFrom(decodedBody(peers(json), 'gzip').text())).toBe('{"a":"ü"}');
    const pieces: Uint8Array[] = [];
    for await (const piece of decodedBody(peers(json, 1), 'gzip')) pieces.push(piece);
    expect(Buffer.concat(pieces).toString()).toBe('{"a":"ü"}');
  });

  it('stops at its own limit, not at that of what is coded', async () => {
    const coded = zlib.gzipSync(Buffer.alloc(1_000_000));
    const { ends } = await read(decodedBody(peers(coded), 'gzip').bytes(10_000));
    expect(ends).toEqual([expect.objectContaining({ code: 'body-too-large' })]);
  });

  it('has one reader', async () => {
    const content = decodedBody(peers(zlib.gzipSync('x')), 'gzip');
    const [first, second] = [new Reader(), new Reader()];
    content.subscribe(first);
    content.subscribe(second);
    expect(second.ends).toEqual([expect.any(BodyAlreadySubscribed)]);
    await until(() => first.ends.length > 0);
    expect([first.text, first.ends]).toEqual(['x', ['complete']]);
  });
});
