/** The reading half of a Body and a Flow, by itself: order, credit, and one end, for any nesting of calls. */
import { map, take } from 'rxjs';
import { Reader, textOf, utf8 } from '../../test/kits/units/bodies.js';
import { DemandSubject } from './demand-subject.js';
import { EndSubscriber } from './end-subscriber.js';
import { retain, scope } from './lease.js';

/** A source in the test's hand, which reports its reader's actions. */
class Hand extends DemandSubject {
  readonly told: string[] = [];
  readers = 1;
  started: () => void = () => undefined;
  credited: (size: number) => void = () => undefined;
  readonly window = 1000;

  constructor(protected readonly joins = false) {
    super();
  }

  come = (text: string): void => this.push(utf8(text));
  back = (text: string): void => this.pushBack(utf8(text));
  fin = (): void => this.finish();
  cut = (error: unknown): void => this.breakOff(error);
  abort = (error: unknown): void => this.reset(error);
  drop = (): void => this.dropWaiting();

  protected onSubscribe(): void {
    this.told.push('start');
    this.started();
  }
  protected onCredit(size: number): void {
    this.told.push(`credit ${size}`);
    this.credited(size);
  }
  protected onUnsubscribe(): void {
    this.told.push('left');
  }
  protected mayBeSubscribed(hasReader: boolean): boolean {
    return !hasReader && this.readers-- > 0;
  }
}

describe('what comes', () => {
  it('keeps its order where more comes while its reader is only just subscribing', () => {
    const source = new Hand();
    const reader = new Reader();
    source.come('a');
    source.come('b');
    source.started = () => source.come('c');
    source.subscribe(reader);
    source.come('d');
    expect([reader.text, source.unacked]).toEqual(['abcd', 0]);
  });

  it('keeps its order if the credit causes more, and does not nest', () => {
    const source = new Hand();
    const seen: string[] = [];
    let depth = 0;
    source.credited = () => {
      if (seen.length < 4) source.come(String(seen.length));
    };
    source.subscribe((chunk) => {
      expect(depth++).toBe(0);
      seen.push(textOf([chunk]));
      depth--;
    });
    source.come('0');
    expect(seen).toEqual(['0', '1', '2', '3']);
  });

  it('is ignored if it is empty: nothing is delivered, and no credit goes back', () => {
    const source = new Hand();
    const reader = new Reader();
    source.come('');
    source.subscribe(reader);
    source.come('');
    source.back('');
    source.drop();
    expect([reader.chunks, source.told]).toEqual([[], ['start']]);
  });

  it('is put together where it is small, waits, and may be', () => {
    const chunksOf = (joins?: boolean): number => {
      const source = new Hand(joins);
      const reader = new Reader();
      for (let index = 0; index < 100; index++) source.come('x');
      source.subscribe(reader);
      expect([reader.text.length, source.unacked]).toEqual([100, 0]);
      return reader.chunks.length;
    };
    expect([chunksOf(), chunksOf(false), chunksOf(true)]).toEqual([100, 100, 5]);
  });

  it('can be put back in front of what waits, where some of that is gone', () => {
    const source = new Hand();
    source.readers = 2;
    for (const text of ['a', 'b', 'c']) source.come(text);
    source.pipe(take(2)).subscribe();
    source.back('B');
    source.back('A');
    expect(source.unacked).toBe(3);
    const reader = new Reader();
    source.subscribe(reader);
    expect([reader.text, source.unacked]).toEqual(['ABc', 0]);
  });

  it('put back is dropped with what waits, and its credit goes back', () => {
    const source = new Hand();
    source.come('abc');
    source.back('de');
    source.drop();
    expect([source.told, source.unacked]).toEqual([['credit 5'], 0]);
  });

  it('put back is read at once by the reader that is there', () => {
    const source = new Hand();
    const reader = new Reader();
    source.subscribe(reader);
    source.back('a');
    expect([reader.text, source.told]).toEqual(['a', ['start', 'credit 1']]);
  });

  it('is not taken by a subscriber that comes when nobody may, nor by a closed one', () => {
    const source = new Hand();
    const refused = new Reader();
    source.readers = 0;
    source.subscribe(refused);
    source.come('a');
    source.readers = 2;
    const closed = new EndSubscriber<Uint8Array>();
    closed.unsubscribe();
    source.subscribe(closed);
    expect([refused.ends, source.told, source.observed]).toEqual([
      [expect.objectContaining({ code: 'body-already-subscribed' })],
      [],
      false,
    ]);
    const reader = new Reader();
    source.subscribe(reader);
    expect(reader.text).toBe('a');
  });
});

describe('credit', () => {
  it('goes back when the delivery is over, and that is not current any more', () => {
    const source = new Hand();
    source.credited = () => expect(scope.current).toBeUndefined();
    source.subscribe(() => source.told.push(`taken ${source.unacked}`));
    source.come('abc');
    expect(source.told).toEqual(['start', 'taken 3', 'credit 3']);
  });

  it('is that of the delivery that was retained, not of a later one', () => {
    const source = new Hand();
    const releases: ReturnType<typeof retain>[] = [];
    source.subscribe(() => releases.push(retain()));
    source.come('a');
    source.come('bc');
    source.come('def');
    releases[1]?.();
    releases[2]?.();
    releases[0]?.();
    expect([source.told, source.unacked]).toEqual([['start', 'credit 2', 'credit 3', 'credit 1'], 0]);
  });

  it('goes back once where one of several deliveries is not retained', () => {
    const source = new Hand();
    let release: ReturnType<typeof retain>;
    let first = true;
    source.subscribe(() => {
      if (first) release = retain();
      first = false;
    });
    source.come('a');
    source.come('bc');
    expect(source.unacked).toBe(1);
    release?.();
    expect([source.told, source.unacked]).toEqual([['start', 'credit 2', 'credit 1'], 0]);
  });

  it('of what is dropped goes back in one, once', () => {
    const source = new Hand();
    source.come('abc');
    source.come('de');
    source.drop();
    source.drop();
    expect([source.told, source.unacked]).toEqual([['credit 5'], 0]);
  });
});

describe('its end', () => {
  it.each<[string, (source: Hand) => void, unknown]>([
    ['finish', (source) => source.fin(), 'complete'],
    ['breakOff', (source) => source.cut('cut'), 'cut'],
  ])('by %s comes after what waits, and is the last', (_how, end, expected) => {
    const source = new Hand();
    const reader = new Reader();
    source.come('a');
    end(source);
    source.come('b');
    source.fin();
    source.cut('late');
    source.subscribe(reader);
    source.abort('too late');
    source.come('c');
    expect([reader.text, reader.ends, source.told]).toEqual(['a', [expected], ['start', 'credit 1']]);
  });

  it('by reset drops what waits, also what waited for its end; but not an end that was delivered', () => {
    const waiting = new Hand();
    const reader = new Reader();
    waiting.come('a');
    waiting.fin();
    waiting.abort('reset');
    waiting.abort('again');
    waiting.subscribe(reader);
    expect([reader.text, reader.ends, waiting.told]).toEqual(['', ['reset'], ['credit 1', 'start']]);
    const over = new Hand();
    over.fin();
    over.abort('reset');
    const late = new Reader();
    over.subscribe(late);
    expect(late.ends).toEqual(['complete']);
  });

  it('by reset in a delivery comes after that, with nothing in between', () => {
    const source = new Hand();
    const reader = new Reader();
    source.subscribe({
      error: reader.error,
      next: (chunk) => {
        reader.next(chunk);
        source.come('waits');
        source.abort('reset');
        expect(reader.ends).toEqual([]);
      },
    });
    source.come('a');
    expect([reader.text, reader.ends, source.unacked]).toEqual(['a', ['reset'], 0]);
  });

  it('is reported to each new reader', () => {
    const source = new Hand();
    source.readers = 2;
    const readers = [new Reader(), new Reader()];
    source.fin();
    for (const reader of readers) source.subscribe(reader);
    expect([readers.map(({ ends }) => ends), source.told]).toEqual([
      [['complete'], ['complete']],
      ['start', 'start'],
    ]);
  });
});

describe('its reader', () => {
  it('that unsubscribes is missed once, and not after the end', () => {
    const leaving = new Hand();
    const reading = leaving.subscribe();
    expect(leaving.observed).toBe(true);
    reading.unsubscribe();
    reading.unsubscribe();
    leaving.come('a');
    expect([leaving.told, leaving.observed, leaving.unacked]).toEqual([['start', 'left'], false, 1]);
    const ended = new Hand();
    const read = ended.subscribe();
    ended.fin();
    read.unsubscribe();
    expect(ended.told).toEqual(['start']);
  });

  it('that was refused takes nothing from the current one when it unsubscribes', () => {
    const source = new Hand();
    const reader = new Reader();
    source.subscribe(reader);
    source.subscribe({ error: () => undefined }).unsubscribe();
    source.come('a');
    expect([reader.text, source.told]).toEqual(['a', ['start', 'credit 1']]);
  });

  it('may throw: the credit goes back, and the next delivery is delivered', () => {
    const source = new Hand();
    const thrown = new EndSubscriber<Uint8Array>();
    let times = 0;
    thrown.next = () => {
      if (times++ === 0) throw new Error('in a reader');
    };
    source.subscribe(thrown);
    expect(() => source.come('a')).toThrow('in a reader');
    expect([scope.current, source.unacked]).toEqual([undefined, 0]);
    source.come('b');
    expect(times).toBe(2);
  });

  it('is the one reader also through an operator, or asObservable', () => {
    for (const behind of [
      (source: Hand) => source.pipe(map((chunk) => chunk)),
      (source: Hand) => source.asObservable(),
    ]) {
      const source = new Hand();
      const reader = new Reader();
      const reading = behind(source).subscribe(reader);
      source.come('a');
      reading.unsubscribe();
      expect([reader.text, source.told]).toEqual(['a', ['start', 'credit 1', 'left']]);
    }
  });
});
