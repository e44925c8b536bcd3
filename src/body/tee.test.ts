import { Observable, of, Subject, take } from 'rxjs';
import { Accounted, bytes, Reader, utf8 } from '../../test/kits/units/bodies.js';
import { fromPull } from './from-pull.js';
import { tee } from './tee.js';

describe('tee', () => {
  it('gives every byte to each branch, by reference, and the end', () => {
    const source = new Accounted();
    const readers = tee(3)(source.body).map((branch) => {
      const reader = new Reader();
      branch.subscribe(reader);
      return reader;
    });
    const chunk = utf8('abc');
    source.write(chunk);
    source.body.complete();
    for (const reader of readers) expect([reader.chunks[0], reader.ends]).toEqual([chunk, ['complete']]);
    expect(readers[0]!.chunks[0]).toBe(readers[2]!.chunks[0]);
  });

  it('subscribes to the source with the first branch', () => {
    const source = new Accounted();
    const [first] = tee(2)(source.body);
    expect(source.started).toBe(0);
    first!.subscribe();
    expect(source.started).toBe(1);
  });

  it('holds in a branch that nobody reads its window, and not that of the source too', () => {
    const source = new Accounted({ window: 10_000 });
    const [read, unread] = tee(2, { window: 10 })(source.body);
    read!.subscribe();
    source.feed(100_000, 10);
    expect(source.body.unacked).toBe(10_000);
    expect([read!.unacked, unread!.unacked]).toEqual([0, 10]);
  });

  it('goes on when the branch leaves that all waited for', () => {
    const source = new Accounted({ window: 100 });
    const [reading, leaving] = tee(2, { window: 10 })(source.body);
    const reader = new Reader();
    reading!.subscribe(reader);
    source.feed(1000, 10);
    leaving!.subscribe({ error: () => 0 }).unsubscribe();
    expect([reader.text.length, reader.ends, source.body.unacked]).toEqual([1000, ['complete'], 0]);
  });

  it('gives a branch that was slow what came before the error', () => {
    const source = new Accounted({ window: 100 });
    const [fast, slow] = tee(2, { window: 10 })(source.body);
    fast!.subscribe({ error: () => 0 });
    for (let part = 0; part < 5; part++) source.write(bytes(10, part * 10));
    source.body.truncate('broken');
    const reader = new Reader();
    slow!.subscribe(reader);
    expect([Buffer.concat(reader.chunks).equals(bytes(50)), reader.ends]).toEqual([true, ['broken']]);
    expect(source.body.unacked).toBe(0);
  });

  it('goes at the pace of the slowest, once its window is full', () => {
    const source = new Accounted({ window: 100 });
    const [fast, slow] = tee(2, { window: 10 })(source.body);
    const reader = new Reader();
    fast!.subscribe(reader);
    source.feed(1000, 10);
    expect(source.body.unacked).toBeGreaterThanOrEqual(100);
    expect(reader.text.length).toBeLessThan(1000);
    slow!.subscribe();
    expect([reader.text.length, source.body.unacked, source.peak]).toEqual([1000, 0, 100]);
  });

  it('no longer counts a branch whose reader has unsubscribed, and unsubscribes from the source with the last', () => {
    const source = new Accounted({ window: 10 });
    const [first, second] = tee(2, { window: 10 })(source.body);
    const reading = first!.subscribe();
    const other = second!.subscribe();
    reading.unsubscribe();
    source.write(bytes(5));
    expect([source.cancelled, source.body.unacked]).toEqual([0, 0]);
    other.unsubscribe();
    expect(source.cancelled).toBe(1);
  });

  it('truncates each branch where the source fails', () => {
    const source = new Accounted();
    const [first, second] = tee(2)(source.body);
    const early = new Reader();
    first!.subscribe(early);
    source.write('abc');
    source.body.truncate('cut');
    const late = new Reader();
    second!.subscribe(late);
    for (const reader of [early, late]) expect([reader.text, reader.ends]).toEqual(['abc', ['cut']]);
  });

  it('leaves a synchronous source that has no end', () => {
    let pulls = 0;
    const endless = function* (): Generator<Uint8Array> {
      while (pulls++ < 1000) yield bytes(1);
    };
    const [only] = tee(1)(fromPull(endless()));
    const reader = new Reader();
    only!.pipe(take(2)).subscribe(reader);
    expect([reader.text.length, reader.ends, pulls]).toEqual([2, ['complete'], 2]);
  });

  it('takes a source without demand, one that completes at once, and one that does so without a value', () => {
    const sources: readonly Observable<Uint8Array>[] = [of(utf8('a')), of(), new Subject<Uint8Array>()];
    const seen = sources.map((source) => {
      const reader = new Reader();
      tee(1)(source)[0]!.subscribe(reader);
      return [reader.text, ...reader.ends];
    });
    expect(seen).toEqual([['a', 'complete'], ['', 'complete'], ['']]);
  });

  it.each([0, -1, 1.5, NaN])('refuses a count of %s', (count) => {
    expect(() => tee(count)).toThrow(RangeError);
  });
});
