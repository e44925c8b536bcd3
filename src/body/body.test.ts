import { delay, from, map, merge, Subject, take, VirtualTimeScheduler } from 'rxjs';
import { BodyAlreadySubscribed, BodyError, BodyOverflow, ProtocolError } from '../errors.js';
import { hold } from '../demand/hold.js';
import { retain } from '../demand/lease.js';
import { Accounted, bytes, Reader, utf8 } from './body.test-kit.js';
import { Body } from './body.js';

const truncated = (): ProtocolError => new ProtocolError('truncated', 'the peer went away');

describe('a Body', () => {
  it('waits for its subscriber: nothing is delivered before', () => {
    const source = new Accounted();
    source.write('a');
    source.body.complete();
    expect([source.started, source.credited, source.body.unacked]).toEqual([0, 0, 1]);
    const reader = new Reader();
    source.body.subscribe(reader);
    expect([reader.text, reader.ends, source.started, source.credited]).toEqual(['a', ['complete'], 1, 1]);
  });

  it('asks its writer to wait at W unacknowledged bytes, and to go on at half of it', () => {
    const body = new Body({ window: 10 });
    const told: string[] = [];
    expect([body.next(bytes(9)), body.ready, body.next(bytes(1)), body.ready]).toEqual([true, true, false, false]);
    body.drained.subscribe(() => told.push('drained'));
    const reader = new Reader({ retain: true });
    body.subscribe(reader);
    expect(told).toEqual([]);
    reader.releases[1]?.(); // 9 of 10 are left
    expect(body.ready).toBe(false);
    reader.releases[0]?.();
    expect([body.ready, told]).toEqual([true, ['drained']]);
  });

  it('takes no notice of empty chunks', () => {
    const source = new Accounted();
    const reader = new Reader();
    source.body.subscribe(reader);
    source.write('');
    expect(reader.chunks).toEqual([]);
  });

  it('is unicast: a second subscriber gets an error, at any time, and takes nothing from the first', () => {
    const body = new Body();
    const first = new Reader();
    body.subscribe(first);
    const second = new Reader();
    body.subscribe(second);
    body.next(utf8('a'));
    body.complete();
    const third = new Reader();
    body.subscribe(third);
    expect([first.text, first.ends]).toEqual(['a', ['complete']]);
    expect([...second.ends, ...third.ends].map((error) => (error as BodyError).code)).toEqual([
      'body-already-subscribed',
      'body-already-subscribed',
    ]);
    expect(second.ends[0]).toBeInstanceOf(BodyAlreadySubscribed);
  });

  it('is not touched by a subscriber that is closed from the beginning', () => {
    const source = new Accounted();
    source.write('a');
    source.body.pipe(take(0)).subscribe();
    expect([source.started, source.cancelled]).toEqual([0, 0]);
  });

  it('gives nothing more to a reader that has enough while it subscribes, and is cancelled', () => {
    const source = new Accounted();
    for (const text of ['a', 'b', 'c']) source.write(text);
    const seen: string[] = [];
    source.body.pipe(take(1)).subscribe((chunk) => seen.push(Buffer.from(chunk).toString()));
    expect([seen, source.cancelled, source.body.cancelled, source.body.unacked]).toEqual([['a'], 1, true, 0]);
    expect(source.credited).toBe(3);
  });

  it('throws away what is written after its reader left, with its credit', () => {
    const source = new Accounted();
    source.body.subscribe().unsubscribe();
    expect([source.cancelled, source.write('abc'), source.body.ready, source.credited]).toEqual([1, false, false, 3]);
    source.body.complete();
    expect(source.cancelled).toBe(1);
  });

  it('throws away what is written after its end, with its credit', () => {
    const source = new Accounted();
    source.body.complete();
    expect([source.write('abc'), source.credited, source.body.unacked]).toEqual([false, 3, 0]);
  });

  it('ends a loop that writes while it may, when the reader leaves or the body ends', () => {
    const cancelled = new Body();
    cancelled.pipe(take(3)).subscribe();
    let writes = 0;
    while (writes < 1000 && cancelled.next(bytes(1))) writes++;
    const aborted = new Body();
    aborted.error(new Error('over'));
    while (writes < 1000 && aborted.next(bytes(1))) writes++;
    expect(writes).toBe(2);
  });

  it('tells its owner of the cancel before the credit of what waited: nothing is sent on it in answer', () => {
    const told: string[] = [];
    const body: Body = new Body({
      owner: {
        onBodyStart: () => told.push('start'),
        onBodyCredit: (size) => told.push(`credit ${size}`),
        onBodyCancel: () => told.push('cancel'),
      },
    });
    body.next(bytes(1));
    body.next(bytes(2));
    body.pipe(take(1)).subscribe();
    expect(told).toEqual(['start', 'cancel', 'credit 2', 'credit 1']);
  });

  describe('drained', () => {
    it('emits at once where more is welcome, then each time it is again, and completes at the end', () => {
      const body = new Body({ window: 2 });
      const told: string[] = [];
      body.drained.subscribe({ next: () => told.push('next'), complete: () => told.push('complete') });
      const reader = new Reader({ retain: true });
      body.subscribe(reader);
      body.next(bytes(2));
      reader.releaseAll();
      body.complete();
      expect(told).toEqual(['next', 'next', 'complete']);
    });

    it.each(['error', 'unsubscribe', 'truncate', 'reader'])('completes on %s', (how) => {
      const body = new Body({ window: 1 });
      body.next(bytes(1));
      const told: string[] = [];
      body.drained.subscribe({ next: () => told.push('next'), complete: () => told.push('complete') });
      if (how === 'error') body.error(new Error('over'));
      else if (how === 'unsubscribe') body.unsubscribe();
      else if (how === 'truncate') body.truncate(truncated());
      else body.subscribe(() => retain()).unsubscribe();
      expect(told).toEqual(['complete']);
    });
  });

  describe('its end', () => {
    it('comes once, whatever is called after it', () => {
      const body = new Body();
      const reader = new Reader();
      body.subscribe(reader);
      body.complete();
      body.error(new Error('late'));
      body.truncate(new Error('late'));
      body.complete();
      body.next(bytes(1));
      expect([reader.ends, reader.chunks]).toEqual([['complete'], []]);
    });

    it('by truncation delivers what came, then the error', () => {
      const body = new Body();
      body.next(utf8('came'));
      const error = truncated();
      body.truncate(error);
      const reader = new Reader();
      body.subscribe(reader);
      expect([reader.text, reader.ends]).toEqual(['came', [error]]);
    });

    it('by error drops what waits, with its credit, also behind complete()', () => {
      const source = new Accounted();
      source.write('dropped');
      source.body.complete();
      source.body.error('reset');
      const reader = new Reader();
      source.body.subscribe(reader);
      expect([reader.text, reader.ends, source.credited]).toEqual(['', ['reset'], 7]);
    });

    it('by error lets nothing in that is written in answer to the credit of what was dropped', () => {
      let answers = 0;
      const again: Body = new Body({
        owner: {
          onBodyStart: () => 0,
          onBodyCredit: () => (answers++ < 3 ? again.next(utf8('x')) : false),
          onBodyCancel: () => 0,
        },
      });
      again.next(utf8('first'));
      const reader = new Reader();
      again.error('reset');
      again.subscribe(reader);
      expect([reader.text, reader.ends]).toEqual(['', ['reset']]);
    });

    it('may be brought about in a delivery, and comes behind it', () => {
      const body = new Body();
      const told: string[] = [];
      body.subscribe({
        next: (chunk) => {
          if (told.length === 0) {
            body.next(utf8('b'));
            body.complete();
          }
          told.push(Buffer.from(chunk).toString());
        },
        complete: () => told.push('complete'),
      });
      body.next(utf8('a'));
      expect(told).toEqual(['a', 'b', 'complete']);
    });

    it('of the program itself: unsubscribe() is an error to the reader', () => {
      const body = new Body();
      const reader = new Reader();
      body.subscribe(reader);
      body.unsubscribe();
      expect((reader.ends[0] as BodyError).code).toBe('body-cancelled');
    });
  });

  describe('with a writer that does not listen', () => {
    it('ends in BodyOverflow past the limit, and holds no more than that', () => {
      const source = new Accounted({ window: 10 });
      const reader = new Reader({ retain: true });
      source.body.subscribe(reader);
      for (let index = 0; index < 1000; index++) source.write(bytes(10));
      expect(reader.ends[0]).toBeInstanceOf(BodyOverflow);
      expect(source.peak).toBeLessThanOrEqual(16 * 10 + 10);
      reader.releaseAll();
      expect([source.body.unacked, source.credited]).toEqual([0, source.written]);
    });

    it('does so without a reader too', () => {
      const body = new Body({ window: 10, limit: 20 });
      for (let index = 0; index < 9; index++) body.next(bytes(10));
      const reader = new Reader();
      body.subscribe(reader);
      expect([reader.chunks.length, reader.ends[0]]).toEqual([0, expect.any(BodyOverflow)]);
    });
  });

  describe('written to in the delivery of another', () => {
    const relay = (): { source: Accounted; body: Body; reader: Reader } => {
      const source = new Accounted({ window: 100 });
      const body = new Body({ window: 10 });
      source.body.pipe(map((chunk) => chunk)).subscribe(body);
      return { source, body, reader: new Reader({ retain: true }) };
    };

    it('holds that delivery while it is above its window', () => {
      const { source, body, reader } = relay();
      source.write(bytes(6));
      expect(source.body.unacked).toBe(0);
      source.write(bytes(6));
      source.write(bytes(7));
      expect(source.body.unacked).toBe(13);
      body.subscribe(reader);
      expect(source.body.unacked).toBe(13);
      reader.releaseAll();
      expect([source.body.unacked, source.credited]).toEqual([0, 19]);
    });

    it.each(['unsubscribe', 'error', 'complete', 'truncate', 'overflow'])('gives it back on %s', (how) => {
      const { source, body, reader } = relay();
      const reading = body.subscribe(reader);
      source.write(bytes(20));
      expect(source.body.unacked).toBe(20);
      if (how === 'unsubscribe') reading.unsubscribe();
      else if (how === 'error') body.error(new Error('reset'));
      else if (how === 'complete') body.complete();
      else if (how === 'truncate') body.truncate(new Error('cut'));
      else while (!reader.ends.some((end) => end instanceof BodyOverflow)) body.next(bytes(100));
      expect([source.body.unacked, source.credited]).toEqual([0, 20]);
    });

    it('does not wait for itself', () => {
      const body = new Body({ window: 2 });
      let rounds = 0;
      body.subscribe(() => {
        if (++rounds < 5) body.next(bytes(3));
      });
      body.next(bytes(3));
      expect([rounds, body.unacked, body.ready]).toEqual([5, 0, true]);
    });

    it('does not wait for itself by way of an asynchronous stage either', () => {
      const clock = new VirtualTimeScheduler();
      const body = new Body({ window: 2 });
      let rounds = 0;
      body.pipe(hold(delay(1, clock))).subscribe(() => {
        if (++rounds < 5) body.next(bytes(3));
      });
      body.next(bytes(3));
      clock.flush();
      expect([rounds, body.unacked, body.ready]).toEqual([5, 0, true]);
    });
  });

  describe('without an error handler', () => {
    const wild: unknown[] = [];
    const report = (error: unknown): void => void wild.push(error);
    /** What RxJS reported until now: it throws on a timer. */
    const reported = (): unknown[] => {
      try {
        for (;;) {
          jest.runOnlyPendingTimers();
          if (jest.getTimerCount() === 0) return wild.splice(0);
        }
      } catch (error) {
        report(error);
        return [...wild.splice(0), ...reported()];
      }
    };
    beforeEach(() => jest.useFakeTimers());
    afterEach(() => jest.useRealTimers());

    const subscriptions: readonly [string, (body: Body) => unknown][] = [
      ['subscribe()', (body) => body.subscribe()],
      ['subscribe(next)', (body) => body.subscribe(() => 0)],
      ['subscribe({next})', (body) => body.subscribe({ next: () => 0 })],
      ['behind pipe(map)', (body) => body.pipe(map((chunk) => chunk.length)).subscribe(() => 0)],
      [
        'behind pipe of pipe',
        (body) =>
          body
            .pipe(map(() => 1))
            .pipe(map(() => 2))
            .subscribe(() => 0),
      ],
      ['asObservable', (body) => body.asObservable().subscribe(() => 0)],
      ['text', (body) => body.text().subscribe(() => 0)],
      ['json', (body) => body.json().subscribe(() => 0)],
    ];
    it.each(subscriptions)('%s does not crash for what a peer did', (_name, subscribe) => {
      const body = new Body();
      subscribe(body);
      body.next(utf8('{'));
      body.truncate(truncated());
      expect(reported()).toEqual([]);
    });

    it('is told of a mistake of the program all the same', () => {
      const failure = new TypeError('a mistake');
      const broken = new Body();
      broken.pipe(map(() => (undefined as unknown as string).length)).subscribe(() => 0);
      broken.next(bytes(1));
      expect(reported()).toEqual([expect.any(TypeError)]);
      const aborted = new Body();
      aborted.subscribe(() => 0);
      aborted.error(failure);
      expect(reported()).toEqual([failure]);
      const twice = new Body();
      twice.subscribe(() => 0);
      twice.subscribe(() => 0);
      expect(reported()).toEqual([expect.any(BodyAlreadySubscribed)]);
    });

    it('calls the observer with itself as `this`', () => {
      class Sink {
        size = 0;
        done = false;
        next(chunk: Uint8Array): void {
          this.size += chunk.length;
        }
        complete(): void {
          this.done = true;
        }
      }
      const sink = new Sink();
      const body = new Body();
      body.subscribe(sink);
      body.next(bytes(4));
      body.complete();
      expect([sink.size, sink.done]).toEqual([4, true]);
    });
  });

  describe('as a whole', () => {
    const whole = (text: string): Body => {
      const body = new Body();
      for (const byte of utf8(text)) body.next(Uint8Array.of(byte));
      body.complete();
      return body;
    };
    const firstOf = (observable: ReturnType<Body['json']>): unknown => {
      const told: unknown[] = [];
      observable.subscribe({ next: (value) => told.push(value), error: (error: unknown) => told.push(error) });
      expect(told.length).toBe(1);
      return told[0];
    };

    it('is bytes, text across cut characters, and JSON', () => {
      expect(firstOf(whole('abc').bytes())).toEqual(Buffer.from('abc'));
      expect(firstOf(whole('€uro').text())).toBe('€uro');
      expect(firstOf(whole('{"a":[1]}').json())).toEqual({ a: [1] });
    });

    it('is empty where nothing came', () => {
      expect(firstOf(whole('').text())).toBe('');
    });

    it('is malformed-body (400) where it is no JSON', () => {
      expect(firstOf(whole('{').json())).toMatchObject({ code: 'malformed-body', status: 400 });
    });

    it('is body-too-large (413) past its limit, and the body is cancelled; exactly the limit is not', () => {
      const body = whole('12345');
      expect(firstOf(body.text(4))).toMatchObject({ code: 'body-too-large', status: 413 });
      expect(body.cancelled).toBe(true);
      expect(firstOf(whole('12345').text(5))).toBe('12345');
    });
  });

  it.each([0, -1, NaN])('refuses a window of %s', (window) => {
    expect(() => new Body({ window })).toThrow(RangeError);
  });

  it('is a Subject: an Observer of others, and at home in merge and from', () => {
    const source = new Subject<Uint8Array>();
    const body = new Body();
    source.subscribe(body);
    const reader = new Reader();
    merge(from(body)).subscribe(reader);
    source.next(utf8('a'));
    source.complete();
    expect([reader.text, reader.ends, body.observed]).toEqual(['a', ['complete'], false]);
  });
});
