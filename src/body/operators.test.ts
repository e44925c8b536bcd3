/** rechunk, bufferBytes, collect: the checklist of an operator for each, and what each keeps of demand. */
import { concat, Observable, of, Subject, take, throwError, VirtualTimeScheduler } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { Accounted, bytes, Reader, textOf, utf8 } from '../../test/kits/units/bodies.js';
import { bufferBytes } from './buffer-bytes.js';
import { collect } from './collect.js';
import { fromPull } from './from-pull.js';
import { rechunk } from './rechunk.js';

const text = (chunk: Uint8Array): string => Buffer.from(chunk).toString('latin1');
const clock = (): TestScheduler => new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
const chunksOf = (values: Readonly<Record<string, string>>): Record<string, Uint8Array> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Buffer.from(value)]));

/** Endless, and in step with its reader: it throws where nobody stops it. */
function* endless(): Generator<Uint8Array> {
  for (let pulls = 0; pulls < 10_000; pulls++) yield bytes(10);
  throw new Error('nobody stopped it');
}

describe('rechunk', () => {
  it.each([
    ['never', '-', '-'],
    ['empty', '|', '|'],
    ['one', 'a|', 'x(r|)'],
    ['many', 'a-b-c|', 'x-y-z|'],
    ['an error, behind what came before', 'a#', 'x(r#)'],
    ['an error, behind whole chunks', 'c#', 'z#'],
    ['an unending source', 'a-', 'x-'],
  ])('handles %s', (_name, source, expected) => {
    clock().run(({ cold, expectObservable }) => {
      const sent = chunksOf({ a: 'abc', b: 'd', c: 'ef' });
      const got = chunksOf({ x: 'ab', y: 'cd', z: 'ef', r: 'c' });
      expectObservable(cold(source, sent).pipe(rechunk(2))).toBe(expected, got);
    });
  });

  it('leaves the source when it is left, in the middle of a chunk too', () => {
    const source = new Accounted();
    const seen: string[] = [];
    source.body.pipe(rechunk(2), take(2)).subscribe((chunk) => seen.push(text(chunk)));
    source.write('abcdefgh');
    expect([seen, source.cancelled, source.body.unacked]).toEqual([['ab', 'cd'], 1, 0]);
  });

  it('copies nothing of chunks that need not be joined', () => {
    const chunks = [bytes(4), bytes(2), bytes(2)];
    const source = new Subject<Uint8Array>();
    const reader = new Reader();
    source.pipe(rechunk(2)).subscribe(reader);
    for (const chunk of chunks) source.next(chunk);
    expect(reader.chunks.map(({ buffer }) => chunks.findIndex((chunk) => chunk.buffer === buffer))).toEqual([
      0, 0, 1, 2,
    ]);
  });

  it('retains a chunk while one of its pieces is retained, and no more', () => {
    const source = new Accounted();
    const reader = new Reader({ retain: true });
    source.body.pipe(rechunk(4)).subscribe(reader);
    source.write('abcdef');
    source.write('g');
    expect([reader.chunks.length, source.body.unacked]).toEqual([1, 7]);
    reader.releaseAll();
    expect([source.body.unacked, source.credited]).toEqual([3, 4]);
  });

  it('does not deadlock with a size past the window', () => {
    const source = new Accounted({ window: 4 });
    const reader = new Reader();
    source.body.pipe(rechunk(1000)).subscribe(reader);
    source.feed(1500, 3);
    expect(reader.chunks.map((chunk) => chunk.length)).toEqual([1000, 500]);
  });

  it('ends a source that has no end when its reader has enough', () => {
    const reader = new Reader();
    fromPull(endless()).pipe(rechunk(7), take(3)).subscribe(reader);
    expect([reader.chunks.length, reader.ends]).toEqual([3, ['complete']]);
  });

  it.each([0, -1, 1.5, NaN, Infinity])('refuses a size of %s', (size) => {
    expect(() => rechunk(size)).toThrow(RangeError);
  });
});

describe('bufferBytes', () => {
  it.each([
    ['never', '-', '-'],
    ['empty', '|', '|'],
    ['one, at the end', 'a|', '-(x|)'],
    ['one, in time', 'a-----|', '---x--|'],
    ['many, when they are enough', 'ab-a|', '-y--(x|)'],
    ['an error, behind what came before', 'a#', '-(x#)'],
    ['an unending source', 'ab----a---', '-y-------x'],
  ])('handles %s', (_name, source, expected) => {
    clock().run(({ cold, expectObservable }) => {
      const sent = chunksOf({ a: 'ab', b: 'cd' });
      const got = chunksOf({ x: 'ab', y: 'abcd' });
      expectObservable(cold(source, sent).pipe(bufferBytes(4, 3))).toBe(expected, got);
    });
  });

  it('retains all chunks of a batch until the batch is taken', () => {
    const time = new VirtualTimeScheduler();
    const source = new Accounted();
    const reader = new Reader({ retain: true });
    source.body.pipe(bufferBytes(100, 10, time)).subscribe(reader);
    source.write('abc');
    source.write('de');
    expect(source.body.unacked).toBe(5);
    time.flush();
    expect([reader.text, source.body.unacked]).toEqual(['abcde', 5]);
    reader.releaseAll();
    expect([source.body.unacked, source.credited]).toEqual([0, 5]);
  });

  it.each(['unsubscribe', 'reset', 'take'])('gives back and stops its timer on %s', (how) => {
    const time = new VirtualTimeScheduler();
    const source = new Accounted();
    const reader = new Reader();
    const subscription = source.body.pipe(bufferBytes(4, 10, time), take(how === 'take' ? 1 : 9)).subscribe(reader);
    source.write('ab');
    if (how === 'unsubscribe') subscription.unsubscribe();
    else if (how === 'reset') source.body.error(new Error('reset'));
    else source.write('cd');
    expect([source.body.unacked, source.credited]).toEqual([0, how === 'take' ? 4 : 2]);
    const before = reader.chunks.length;
    time.flush();
    expect(reader.chunks.length).toBe(before);
  });

  it('keeps the order, and all, if the credit of its last chunk causes more writes, and the end', () => {
    const time = new VirtualTimeScheduler();
    const source = new Accounted({ window: 23 });
    const reader = new Reader();
    source.body.pipe(bufferBytes(2, 0, time), bufferBytes(23, 1, time)).subscribe(reader);
    const sizes = [22, 1, 1];
    source.body.drained.subscribe(() => {
      while (sizes.length > 0 && source.write(bytes(sizes.shift()!, source.written)));
      if (sizes.length === 0) source.body.complete();
    });
    time.flush();
    expect([reader.text === textOf([bytes(24)]), reader.ends, source.body.unacked]).toEqual([true, ['complete'], 0]);
  });

  it('leaves an endless synchronous source before it gives back', () => {
    const time = new VirtualTimeScheduler();
    const reader = new Reader({ retain: true });
    const subscription = fromPull(endless(), { window: 20 })
      .pipe(bufferBytes(50, 10, time))
      .subscribe(reader);
    subscription.unsubscribe();
    reader.releaseAll();
    expect([reader.chunks.length, reader.ends]).toEqual([1, []]);
  });

  it.each([
    [0, 1],
    [-1, 1],
    [NaN, 1],
    [1, -1],
    [1, NaN],
  ])('refuses max %s, ms %s', (max, ms) => {
    expect(() => bufferBytes(max, ms)).toThrow(RangeError);
  });
});

describe('collect', () => {
  it.each([
    ['never', '-', '-'],
    ['empty', '|', '(e|)'],
    ['one', 'a|', '-(x|)'],
    ['many', 'a-b|', '---(y|)'],
    ['an error', 'a#', '-#'],
    ['an unending source', 'a-', '--'],
  ])('handles %s', (_name, source, expected) => {
    clock().run(({ cold, expectObservable }) => {
      const sent = chunksOf({ a: 'ab', b: 'cd' });
      const got = chunksOf({ x: 'ab', y: 'abcd', e: '' });
      expectObservable(cold(source, sent).pipe(collect())).toBe(expected, got);
    });
  });

  it('keeps no demand: gathered chunks count as taken', () => {
    const source = new Accounted({ window: 4 });
    const reader = new Reader();
    source.body.pipe(collect()).subscribe(reader);
    source.feed(1000, 10);
    expect(reader.chunks.map((chunk) => chunk.length)).toEqual([1000]);
  });

  it('ends in body-too-large at the chunk that is too much, and leaves the source', () => {
    const reader = new Reader();
    fromPull(endless())
      .pipe(collect({ limit: 25 }))
      .subscribe(reader);
    expect(reader.ends).toEqual([expect.objectContaining({ code: 'body-too-large', status: 413 })]);
    expect(reader.chunks).toEqual([]);
  });
});

describe('each of them', () => {
  const operators = {
    rechunk: () => rechunk(3),
    bufferBytes: () => bufferBytes(3, 1, new VirtualTimeScheduler()),
    collect: () => collect(),
  };
  it.each(Object.entries(operators))('%s: many subscriptions, each on its own', (_name, make) => {
    const operator = make();
    const source = concat(of(utf8('abcd')), of(utf8('ef')));
    for (const reader of [new Reader(), new Reader()]) {
      source.pipe(operator).subscribe(reader);
      expect([reader.text, reader.ends]).toEqual(['abcdef', ['complete']]);
    }
  });

  it.each(Object.entries(operators))('%s: passes on a source that fails on subscription', (_name, make) => {
    const operator = make();
    const reader = new Reader();
    throwError(() => 'at once')
      .pipe(operator)
      .subscribe(reader);
    expect(reader.ends).toEqual(['at once']);
  });

  it.each([
    ['rechunk', () => rechunk(3)],
    ['bufferBytes', () => bufferBytes(3, 1, new VirtualTimeScheduler())],
  ])('%s: has no error for a reader that wanted no more than came before it', (_name, make) => {
    const source = new Accounted();
    const reader = new Reader();
    source.body.pipe(make(), take(2)).subscribe(reader);
    source.write('abc');
    source.write('d');
    source.body.truncate(new Error('cut'));
    expect([reader.text, reader.ends, source.body.unacked]).toEqual(['abcd', ['complete'], 0]);
  });

  it.each(Object.entries(operators))('%s: keeps the order of what is written while it emits', (_name, make) => {
    const operator = make();
    const source = new Accounted();
    const chunks: Uint8Array[] = [];
    source.body.pipe(operator).subscribe((chunk) => {
      chunks.push(chunk);
      if (chunks.length === 1) source.write('ghi');
    });
    source.write('abc');
    source.write('def');
    source.body.complete();
    expect(textOf(chunks)).toMatch(/^(abcghidef|abcdef)$/);
  });

  it.each(Object.entries(operators))('%s: takes nothing after its end', (_name, make) => {
    const operator = make();
    let finalized = 0;
    const source = new Subject<Uint8Array>();
    const watched = new Observable<Uint8Array>((subscriber) => {
      subscriber.add(() => finalized++);
      return source.subscribe(subscriber);
    });
    const reader = new Reader();
    watched.pipe(operator).subscribe(reader).unsubscribe();
    source.next(utf8('abc'));
    source.complete();
    expect([reader.chunks, reader.ends, finalized]).toEqual([[], [], 1]);
  });
});
