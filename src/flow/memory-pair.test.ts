import { fc } from '../../test/kits/properties.js';
import { VirtualTimeScheduler } from 'rxjs';
import { bytes, Reader, textOf, utf8 } from '../../test/kits/units/bodies.js';
import { ProtocolError } from '../errors.js';
import { memoryPair, type MemoryPairOptions } from './memory-pair.js';

const codesOf = (reader: Reader): unknown[] =>
  reader.ends.map((end) => (end instanceof ProtocolError ? `${end.code} ${end.initiator}` : end));

describe('a memory pair', () => {
  it('carries bytes and text both ways, at once unless it has a latency', () => {
    const [left, right] = memoryPair();
    const [toLeft, toRight] = [new Reader(), new Reader()];
    left.subscribe(toLeft);
    right.subscribe(toRight);
    left.write(['text \xff', utf8(' bytes')]);
    right.next(utf8('back'));
    expect([toRight.text, toLeft.text]).toEqual(['text \xff bytes', 'back']);
  });

  it('has its latency in virtual time', () => {
    const scheduler = new VirtualTimeScheduler();
    const [left, right] = memoryPair({ latency: 10, scheduler });
    const seen: string[] = [];
    right.subscribe({
      next: (chunk) => seen.push(`${scheduler.now()} ${textOf([chunk])}`),
      complete: () => seen.push(`${scheduler.now()} |`),
    });
    left.next(utf8('a'));
    scheduler.schedule(() => {
      left.next(utf8('b'));
      left.complete();
    }, 5);
    scheduler.flush();
    expect(seen).toEqual(['10 a', '15 b', '15 |']);
  });

  it('cuts what is written into fragments', () => {
    const [left, right] = memoryPair({ fragment: 2 });
    const reader = new Reader();
    right.subscribe(reader);
    left.write(['abc', 'de']);
    expect(reader.chunks.map((chunk) => textOf([chunk]))).toEqual(['ab', 'c', 'de']);
  });

  it('throttles its writer where the pipe is full, and lets it go on at half', () => {
    const [left, right] = memoryPair({ capacity: 10 });
    const told: string[] = [];
    expect([left.next(bytes(9)), left.next(bytes(1)), left.ready]).toEqual([true, false, false]);
    left.drained.subscribe(() => told.push('drained'));
    const reader = new Reader({ retain: true });
    right.subscribe(reader);
    expect(told).toEqual([]);
    reader.releases[1]?.();
    expect(told).toEqual([]);
    const before = left.progress;
    reader.releases[0]?.();
    expect([told, left.ready, before]).toEqual([['drained'], true, 10]);
  });

  it('counts what is on its way as in the pipe', () => {
    const scheduler = new VirtualTimeScheduler();
    const [left, right] = memoryPair({ capacity: 10, latency: 5, scheduler });
    right.subscribe(new Reader());
    expect([left.next(bytes(10)), left.ready]).toEqual([false, false]);
    scheduler.flush();
    expect(left.ready).toBe(true);
  });

  it('is half-closed either way: the other way goes on', () => {
    const [left, right] = memoryPair();
    const [toLeft, toRight] = [new Reader(), new Reader()];
    left.subscribe(toLeft);
    right.subscribe(toRight);
    left.next(utf8('request'));
    left.complete();
    left.next(utf8('not sent'));
    right.next(utf8('response'));
    expect([toRight.text, toRight.ends, toLeft.text, toLeft.ends]).toEqual(['request', ['complete'], 'response', []]);
    right.complete();
    right.complete();
    expect(toLeft.ends).toEqual(['complete']);
  });

  it('keeps FIN, after the bytes that came, for a reader that comes late', () => {
    const [left, right] = memoryPair();
    left.next(utf8('a'));
    left.complete();
    const reader = new Reader();
    right.subscribe(reader);
    expect([reader.text, reader.ends]).toEqual(['a', ['complete']]);
  });

  it('by an abort drops what is in flight, resets the peer, and ends both writers', () => {
    const scheduler = new VirtualTimeScheduler();
    const [left, right] = memoryPair({ latency: 5, capacity: 4, scheduler });
    const [toLeft, toRight] = [new Reader(), new Reader()];
    const drained: string[] = [];
    left.subscribe(toLeft);
    right.subscribe(toRight);
    right.next(bytes(4));
    right.drained.subscribe({ next: () => drained.push('next'), complete: () => drained.push('complete') });
    left.next(utf8('lost'));
    left.error();
    left.error();
    right.error();
    scheduler.flush();
    expect([toRight.text, codesOf(toRight)]).toEqual(['', ['connection-reset peer']]);
    expect([toLeft.text, codesOf(toLeft)]).toEqual(['', ['closed local']]);
    expect([drained, right.next(utf8('x')), left.next(utf8('x'))]).toEqual([['complete'], false, false]);
  });

  it('by an abort leaves the reader what had come', () => {
    const [left, right] = memoryPair();
    const reader = new Reader({ retain: true });
    right.subscribe(reader);
    left.next(utf8('came'));
    left.error();
    expect([reader.text, codesOf(reader)]).toEqual(['came', ['connection-reset peer']]);
    reader.releaseAll();
    expect(right.unacked).toBe(0);
  });

  it('reports its own error to the aborting side', () => {
    const [left] = memoryPair();
    const reader = new Reader();
    left.subscribe(reader);
    left.error('enough');
    expect(reader.ends).toEqual(['enough']);
  });

  it('played to and fro without a latency does not nest', () => {
    const [left, right] = memoryPair();
    let rounds = 0;
    right.subscribe(right);
    left.subscribe((chunk) => {
      if (++rounds < 100_000) left.next(chunk);
    });
    left.next(utf8('ping'));
    expect(rounds).toBe(100_000);
  });

  it.each<MemoryPairOptions>([{ fragment: 0 }, { fragment: NaN }, { capacity: 0 }, { capacity: -1 }])(
    'refuses %o',
    (options) => {
      expect(() => memoryPair(options)).toThrow(RangeError);
    },
  );

  it('carries any bytes in order, whatever its options and its reader, and never holds more than it may', () => {
    fc.assert(
      fc.property(
        fc.record(
          {
            latency: fc.nat({ max: 9 }),
            fragment: fc.integer({ min: 1, max: 9 }),
            capacity: fc.integer({ min: 1, max: 99 }),
          },
          { requiredKeys: [] },
        ),
        fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 30 }),
        fc.option(fc.nat({ max: 9 }), { nil: undefined }),
        (options, sizes, keep) => {
          const scheduler = new VirtualTimeScheduler();
          const [left, right] = memoryPair({ ...options, scheduler });
          const { capacity = 64 * 1024 } = options;
          const reader = new Reader({ retain: keep !== undefined });
          let written = 0;
          let released = 0;
          const rest = sizes.slice();
          left.drained.subscribe(() => {
            while (rest.length > 0 && left.ready) {
              const size = rest.shift()!;
              written += size;
              left.next(bytes(size, written - size));
              if (keep !== undefined) expect(written - released).toBeLessThan(capacity + 30);
            }
            if (rest.length === 0) left.complete();
          });
          right.subscribe({
            complete: reader.complete,
            error: reader.error,
            next: (chunk) => {
              reader.next(chunk);
              if (keep === undefined) return;
              const release = reader.releases.pop();
              scheduler.schedule(() => {
                released += chunk.length;
                release?.();
              }, keep);
            },
          });
          scheduler.flush();
          expect(Buffer.concat(reader.chunks).equals(bytes(written))).toBe(true);
          expect([reader.ends, right.unacked, rest.length]).toEqual([['complete'], 0, 0]);
        },
      ),
      { numRuns: 200 },
    );
  });
});
