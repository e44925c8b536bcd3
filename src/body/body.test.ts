/** The reader of a Body: its events, and its end. The writer's side is in body-demand.test.ts. */
import { from, merge, Subject, take } from 'rxjs';
import { BodyAlreadySubscribed, BodyError } from '../errors.js';
import { Accounted, bytes, Reader, truncated, utf8 } from '../../test/kits/units/bodies.js';
import { Body } from './body.js';

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

  it('discards writes after its reader has unsubscribed, with their credit', () => {
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

  it('calls its owner’s cancel before it returns the credit of what waited, so that the credit causes no write', () => {
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

  describe('its end', () => {
    it('comes once, in spite of later calls', () => {
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

    it('by error drops what waits, with its credit, also after complete()', () => {
      const source = new Accounted();
      source.write('dropped');
      source.body.complete();
      source.body.error('reset');
      const reader = new Reader();
      source.body.subscribe(reader);
      expect([reader.text, reader.ends, source.credited]).toEqual(['', ['reset'], 7]);
    });

    it('by error refuses writes that the credit of dropped chunks causes', () => {
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

    it('may happen in a delivery, and comes after it', () => {
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

    it('is malformed-body (400) if it is not JSON', () => {
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
