import { of, Subject } from 'rxjs';
import { Lease } from '../demand/lease.js';
import { iterate } from './async-iterator.js';
import { Accounted, bytes, textOf, utf8 } from '../../test/kits/units/bodies.js';
import { fromPull } from './from-pull.js';

describe('for await over a Body', () => {
  it('gets every chunk, then the end', async () => {
    const source = new Accounted();
    source.feed(1000, 10);
    const chunks: Uint8Array[] = [];
    for await (const chunk of source.body) chunks.push(chunk);
    expect(textOf(chunks)).toBe(textOf([bytes(1000)]));
    expect([source.body.unacked, source.credited]).toEqual([0, 1000]);
  });

  it('subscribes at the first next()', async () => {
    const source = new Accounted();
    const iterator = source.body[Symbol.asyncIterator]();
    expect([source.started, iterator[Symbol.asyncIterator]()]).toEqual([0, iterator]);
    const next = iterator.next();
    expect(source.started).toBe(1);
    source.write('a');
    expect(await next).toEqual({ done: false, value: Buffer.from('a') });
  });

  it('returns the credit of a chunk when the next one is asked for', async () => {
    const source = new Accounted({ window: 10 });
    const iterator = source.body[Symbol.asyncIterator]();
    source.write(bytes(4));
    source.write(bytes(6));
    await iterator.next();
    expect(source.body.unacked).toBe(10);
    await iterator.next();
    expect(source.body.unacked).toBe(6);
    const waiting = iterator.next();
    expect(source.body.unacked).toBe(0);
    source.body.complete();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it('never holds more than the window, however slow', async () => {
    const source = new Accounted({ window: 100 });
    source.feed(1000, 10);
    for await (const _chunk of source.body) await new Promise((resolve) => setImmediate(resolve));
    expect([source.peak, source.credited]).toEqual([100, 1000]);
  });

  it('cancels the body on break, and gives all back', async () => {
    const source = new Accounted();
    for (const text of ['a', 'b', 'c']) source.write(text);
    for await (const _chunk of source.body) break;
    expect([source.cancelled, source.body.unacked, source.credited]).toEqual([1, 0, 3]);
  });

  it('cancels the body on a throw in the loop', async () => {
    const source = new Accounted();
    source.write('a');
    const loop = async (): Promise<void> => {
      for await (const chunk of source.body) throw new Error(textOf([chunk]));
    };
    await expect(loop()).rejects.toThrow('a');
    expect([source.cancelled, source.body.unacked]).toEqual([1, 0]);
  });

  it('throws the error after the chunks that came, once', async () => {
    const source = new Accounted();
    source.write('a');
    source.body.truncate(new Error('cut'));
    const iterator = source.body[Symbol.asyncIterator]();
    expect(await iterator.next()).toMatchObject({ done: false });
    await expect(iterator.next()).rejects.toThrow('cut');
    expect([await iterator.next(), source.body.unacked]).toEqual([{ done: true, value: undefined }, 0]);
  });

  it('resolves several next() in order, and those that wait when it is returned', async () => {
    const source = new Accounted();
    const iterator = source.body[Symbol.asyncIterator]();
    const asked = [iterator.next(), iterator.next(), iterator.next()];
    source.write('a');
    source.write('b');
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
    const results = await Promise.all(asked);
    expect(results.map(({ value }) => (value === undefined ? '|' : textOf([value as Uint8Array])))).toEqual([
      'a',
      'b',
      '|',
    ]);
    expect([source.body.unacked, source.credited]).toEqual([0, 2]);
  });

  it('resolves them in order if the credit of one chunk causes the next write', async () => {
    const source = new Subject<Uint8Array>();
    const iterator = iterate(source);
    const asked = [iterator.next(), iterator.next(), iterator.next(), iterator.next()];
    const first = new Lease({ creditBack: () => source.next(utf8('c')) }, 1);
    first.resume(() => source.next(utf8('a')));
    first.release();
    source.next(utf8('b'));
    source.next(utf8('d'));
    const results = await Promise.all(asked);
    expect(results.map(({ value }) => textOf([value as Uint8Array])).join('')).toBe('abcd');
  });

  it('never subscribes where it is returned before it began', async () => {
    const source = new Accounted();
    const iterator = source.body[Symbol.asyncIterator]();
    await iterator.return?.();
    expect([await iterator.next(), source.started]).toEqual([{ done: true, value: undefined }, 0]);
  });

  it('unsubscribes before it gives the credit back: a source that writes on credit writes no more', async () => {
    let pulls = 0;
    const endless = function* (): Generator<Uint8Array> {
      while (pulls++ < 1000) yield bytes(10);
    };
    const iterator = iterate(fromPull(endless(), { window: 40 }));
    await iterator.next();
    await iterator.return?.();
    expect(pulls).toBe(4);
  });

  it('may be left with chunks of a source without demand that nobody took', async () => {
    const source = new Subject<Uint8Array>();
    const iterator = iterate(source);
    const first = iterator.next();
    for (const text of ['a', 'b', 'c']) source.next(utf8(text));
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
    expect([(await first).value, source.observed]).toEqual([Buffer.from('a'), false]);
  });

  it('is for any Observable of bytes', async () => {
    const seen: string[] = [];
    for await (const chunk of iterate(of(utf8('a'), utf8('b')))) seen.push(textOf([chunk]));
    expect(seen).toEqual(['a', 'b']);
  });
});
