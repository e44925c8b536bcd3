import { PassThrough, Transform } from 'node:stream';
import {
  brotliDecompressSync,
  constants,
  createBrotliCompress,
  createBrotliDecompress,
  createDeflate,
  createDeflateRaw,
  createGunzip,
  createGzip,
  createInflate,
  createInflateRaw,
  gunzipSync,
  gzipSync,
} from 'node:zlib';
import { of, Subject, take, throwError } from 'rxjs';
import { ProtocolError } from '../errors.js';
import { Body } from './body.js';
import { Accounted, bytes, Reader, utf8 } from '../../test/kits/units/bodies.js';
import { through } from './through.js';

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

describe('through', () => {
  it('sends a body through a transform, and back', async () => {
    const source = new Accounted();
    const reader = new Reader();
    source.body
      .pipe(
        through(createGzip()),
        through(() => createGunzip()),
      )
      .subscribe(reader);
    source.feed(300_000, 1000);
    await until(() => reader.ends.length > 0);
    expect([Buffer.concat(reader.chunks).equals(bytes(300_000)), reader.ends]).toEqual([true, ['complete']]);
    expect([source.body.unacked, source.credited]).toEqual([0, 300_000]);
  });

  it('slows the source down to a reader that does not take', async () => {
    const source = new Accounted({ window: 10_000 });
    const reader = new Reader({ retain: true });
    source.body.pipe(through(() => new PassThrough({ highWaterMark: 1000 }))).subscribe(reader);
    source.feed(1_000_000, 1000);
    for (let time = 0; time < 5; time++) await turn();
    expect(source.body.ready).toBe(false);
    expect(source.written).toBeLessThan(100_000); // the windows of both sides, not the whole
    expect(source.peak).toBeLessThanOrEqual(11_000);
    while (reader.ends.length === 0) {
      reader.releaseAll();
      await turn();
    }
    expect(reader.text.length).toBe(1_000_000);
  });

  it('slows the source down to a transform that works', async () => {
    const source = new Accounted({ window: 30 });
    const done: (() => void)[] = [];
    const slow = new Transform({ transform: (chunk, _encoding, callback) => done.push(() => callback(null, chunk)) });
    const reader = new Reader();
    source.body.pipe(through(slow)).subscribe(reader);
    source.feed(100, 10);
    await turn();
    expect([source.body.unacked, reader.text.length]).toEqual([30, 0]);
    while (reader.ends.length === 0) {
      done.shift()?.();
      await turn();
    }
    expect([source.body.unacked, reader.text.length, source.peak]).toEqual([0, 100, 30]);
  });

  it.each([
    ['corrupt', Buffer.concat([gzipSync('hello').subarray(0, 12), Buffer.alloc(20, 7)])],
    ['cut short', gzipSync('hello, hello').subarray(0, 15)],
    ['no gzip at all', utf8('plain text, and not a little')],
  ])('is an error where the content is %s, and leaves the source', async (_name, content) => {
    const source = new Accounted();
    const reader = new Reader();
    source.body.pipe(through(() => createGunzip())).subscribe(reader);
    source.write(content);
    source.body.complete();
    await until(() => reader.ends.length > 0);
    expect(reader.ends).toEqual([expect.objectContaining({ code: expect.stringMatching(/^Z_/) as string })]);
    expect([source.body.unacked, source.credited]).toEqual([0, content.length]);
  });

  it('cancels the source where the transform fails in the middle', async () => {
    const source = new Accounted();
    const reader = new Reader();
    source.body.pipe(through(() => createGunzip())).subscribe(reader);
    source.write('this is no gzip');
    await until(() => reader.ends.length > 0);
    expect([source.cancelled, source.body.unacked]).toEqual([1, 0]);
  });

  it('delivers what the transform made of the beginning', async () => {
    const gzip = createGzip();
    const source = new Body();
    const reader = new Reader();
    source.pipe(through(gzip), through(createGunzip({ finishFlush: constants.Z_SYNC_FLUSH }))).subscribe(reader);
    source.next(utf8('so far'));
    gzip.flush();
    await until(() => reader.text === 'so far');
    const error = new ProtocolError('truncated', 'cut');
    source.truncate(error);
    await until(() => reader.ends.length > 0);
    expect(reader.ends).toEqual([error]);
    expect(gzip.destroyed).toBe(true);
  });

  it('destroys the transform, cancels the source and gives all back if its reader unsubscribes', async () => {
    const source = new Accounted();
    const stuck = new Transform({ transform: () => 0 });
    const reading = source.body.pipe(through(stuck)).subscribe();
    source.write('a');
    source.write('b');
    expect(source.body.unacked).toBe(2);
    reading.unsubscribe();
    expect([stuck.destroyed, source.cancelled, source.body.unacked, source.credited]).toEqual([true, 1, 0, 2]);
    await turn();
    expect(source.body.unacked).toBe(0);
  });

  it('is left in the middle of a source without demand, too', () => {
    const source = new Subject<Uint8Array>();
    const stuck = new Transform({ transform: () => 0 });
    const reading = source.pipe(through(stuck)).subscribe();
    source.next(utf8('a'));
    source.next(utf8('b'));
    reading.unsubscribe();
    expect([stuck.destroyed, source.observed]).toEqual([true, false]);
  });

  it('takes the end of the transform for its own, whatever the source still has', async () => {
    const source = new Accounted();
    const reader = new Reader();
    const three = new PassThrough();
    source.body.pipe(through(three), take(1)).subscribe(reader);
    source.write('abc');
    await until(() => reader.ends.length > 0);
    expect([reader.text, reader.ends, source.cancelled, three.destroyed]).toEqual(['abc', ['complete'], 1, true]);
  });

  it('takes sources without demand, also ones that end or fail at once', async () => {
    const [whole, failed] = [new Reader(), new Reader()];
    of(utf8('a'), utf8('b'))
      .pipe(through(() => new PassThrough()))
      .subscribe(whole);
    throwError(() => 'no error object')
      .pipe(through(() => new PassThrough()))
      .subscribe(failed);
    await until(() => whole.ends.length > 0 && failed.ends.length > 0);
    expect([whole.text, whole.ends, failed.ends]).toEqual(['ab', ['complete'], [new Error('no error object')]]);
  });

  it('makes a transform for each subscription, and takes one that throws for an error', () => {
    const reader = new Reader();
    of(utf8('a'))
      .pipe(
        through(() => {
          throw new Error('no transform');
        }),
      )
      .subscribe(reader);
    expect(reader.ends).toEqual([new Error('no transform')]);
  });

  const codings: readonly [string, () => Transform, () => Transform][] = [
    ['gzip', () => createGzip(), () => createGunzip()],
    ['deflate', () => createDeflate(), () => createInflate()],
    ['deflate without its head', () => createDeflateRaw(), () => createInflateRaw()],
    ['brotli', () => createBrotliCompress(), () => createBrotliDecompress()],
  ];
  it.each(codings)('flushes a compressor that has taken all that came: %s', async (_name, compress, decompress) => {
    const source = new Accounted();
    const reader = new Reader();
    source.body.pipe(through(compress), through(decompress)).subscribe(reader);
    let text = '';
    for (const event of ['data: one', 'data: two', '', 'data: three'].map((line) => `${line}\n\n`)) {
      source.write(event);
      text += event;
      await until(() => reader.text === text);
    }
    source.write('data: last');
    source.body.complete();
    await until(() => reader.ends.length > 0);
    expect([reader.text, reader.ends, source.body.unacked]).toEqual([`${text}data: last`, ['complete'], 0]);
  });

  it('flushes what comes at once together', async () => {
    const events = Array.from({ length: 1000 }, (_, index) => `data: ${index}\n\n`);
    const source = new Accounted();
    const reader = new Reader();
    const gzip = createGzip();
    const flush = jest.spyOn(gzip, 'flush');
    source.body.pipe(through(gzip)).subscribe(reader);
    for (const event of events) source.write(event);
    source.body.complete();
    await until(() => reader.ends.length > 0);
    expect(gunzipSync(Buffer.concat(reader.chunks)).toString()).toBe(events.join(''));
    expect(reader.text.length).toBeLessThan(gzipSync(events.join('')).length + 100);
    expect(flush.mock.calls.length).toBeLessThan(5);
  });

  it.each([
    ['gzip', () => createGzip(), gunzipSync],
    ['brotli', () => createBrotliCompress(), brotliDecompressSync],
  ])('flushes nothing if that is turned off: %s', async (_name, compress, decompress) => {
    const source = new Accounted();
    const reader = new Reader();
    const compressor = compress();
    const flush = jest.spyOn(compressor, 'flush');
    source.body.pipe(through(compressor, { flush: false })).subscribe(reader);
    source.write('data: one');
    await until(() => source.body.unacked === 0);
    source.body.complete();
    await until(() => reader.ends.length > 0);
    expect(flush).not.toHaveBeenCalled();
    expect(decompress(Buffer.concat(reader.chunks)).toString()).toBe('data: one');
  });

  it('flushes no decoder, and no transform of the program, whose pieces come as it pushes them', async () => {
    const flush = jest.fn();
    const own = Object.assign(
      new Transform({ transform: (chunk: Buffer, _encoding, callback) => callback(null, `<${chunk.toString()}>`) }),
      { flush },
    );
    const gunzip = createGunzip();
    const flushed = jest.spyOn(gunzip, 'flush');
    const source = new Accounted();
    const reader = new Reader();
    source.body.pipe(through(own), through(createGzip()), through(gunzip)).subscribe(reader);
    source.write('one');
    await until(() => reader.text === '<one>');
    source.write('two');
    await until(() => reader.text === '<one><two>');
    expect([flush.mock.calls, flushed.mock.calls]).toEqual([[], []]);
  });
});
