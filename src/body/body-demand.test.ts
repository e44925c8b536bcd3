/** The writer of a Body: when it must wait, what happens if it does not, and what holds a delivery in which it writes. */
import { delay, map, take, VirtualTimeScheduler } from 'rxjs';
import { BodyOverflow } from '../errors.js';
import { hold } from '../demand/hold.js';
import { retain } from '../demand/lease.js';
import { Accounted, bytes, Reader, truncated } from '../../test/kits/units/bodies.js';
import { Body } from './body.js';

describe('a Body', () => {
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

  it('ends a loop that writes while it may, when the reader unsubscribes or the body ends', () => {
    const cancelled = new Body();
    cancelled.pipe(take(3)).subscribe();
    let writes = 0;
    while (writes < 1000 && cancelled.next(bytes(1))) writes++;
    const aborted = new Body();
    aborted.error(new Error('over'));
    while (writes < 1000 && aborted.next(bytes(1))) writes++;
    expect(writes).toBe(2);
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
});
