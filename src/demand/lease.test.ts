import { filter, map, mergeMap, of, scan, share, type OperatorFunction, Subject, take, tap } from 'rxjs';
import { Accounted, bytes, Reader } from '../../test/kits/units/bodies.js';
import { Lease, retain, scope } from './lease.js';

describe('retain', () => {
  it('gives nothing outside a delivery', () => {
    expect(retain()).toBeUndefined();
  });

  it('keeps the credit until it is released, and counts the first release only', () => {
    const { body, ...source } = accounted();
    const reader = new Reader({ retain: true });
    body.subscribe(reader);
    source.write(bytes(10));
    expect(body.unacked).toBe(10);
    const [release] = reader.releases;
    release?.();
    release?.();
    expect([body.unacked, source.credited()]).toEqual([0, 10]);
  });

  it('returns the credit when the last of several retains is released, in any order', () => {
    const { body, ...source } = accounted();
    const releases: ReturnType<typeof retain>[] = [];
    body.subscribe(() => releases.push(retain(), retain(), retain()));
    source.write(bytes(7));
    releases[2]?.();
    releases[0]?.();
    expect(body.unacked).toBe(7);
    releases[1]?.();
    expect([body.unacked, source.credited()]).toEqual([0, 7]);
  });

  it('takes a release that is called twice for one: it does not end the retain of another', () => {
    const { body, ...source } = accounted();
    const releases: ReturnType<typeof retain>[] = [];
    body.subscribe(() => releases.push(retain(), retain()));
    source.write(bytes(7));
    releases[0]?.();
    releases[0]?.();
    expect([body.unacked, source.credited()]).toEqual([7, 0]);
    releases[1]?.();
    expect([body.unacked, source.credited()]).toEqual([0, 7]);
  });

  it('waits for the delivery itself, where it is released inside', () => {
    const { body, ...source } = accounted();
    body.subscribe(() => {
      retain()?.();
      expect(body.unacked).toBe(3);
    });
    source.write(bytes(3));
    expect(body.unacked).toBe(0);
  });

  it('retains the innermost of nested deliveries', () => {
    const outer = accounted();
    const inner = accounted();
    const reader = new Reader({ retain: true });
    inner.body.subscribe(reader);
    outer.body.subscribe((chunk) => inner.body.next(chunk));
    outer.write(bytes(5));
    expect([outer.body.unacked, inner.body.unacked]).toEqual([0, 5]);
  });

  it('leaves no delivery current after it, also if a reader throws', () => {
    jest.useFakeTimers();
    const { body, ...source } = accounted();
    body.subscribe(() => {
      throw new TypeError('in a reader');
    });
    source.write(bytes(1));
    expect(scope.current).toBeUndefined();
    expect(body.unacked).toBe(0);
    expect(() => jest.runAllTimers()).toThrow('in a reader'); // RxJS reports it
    jest.useRealTimers();
  });

  const synchronous: readonly [string, OperatorFunction<Uint8Array, unknown>][] = [
    ['map', map((chunk) => chunk.length)],
    ['filter', filter((chunk) => chunk.length > 0)],
    ['scan', scan((sum, chunk) => sum + chunk.length, 0)],
    ['tap', tap(() => 0)],
    ['take', take(9)],
    ['mergeMap, synchronously', mergeMap((chunk) => of(chunk, chunk))],
    ['share', share()],
  ];
  it.each(synchronous)('reaches through %s', (_name, operator) => {
    const { body, ...source } = accounted();
    const releases: ReturnType<typeof retain>[] = [];
    body.pipe(operator).subscribe(() => releases.push(retain()));
    source.write(bytes(4));
    expect(body.unacked).toBe(4);
    for (const release of releases) release?.();
    expect([body.unacked, source.credited()]).toEqual([0, 4]);
  });

  it('returns the credit at once of what filter drops', () => {
    const { body, ...source } = accounted();
    body.pipe(filter(() => false)).subscribe(() => retain());
    source.write(bytes(4));
    expect(body.unacked).toBe(0);
  });

  it('reaches through a Subject in between', () => {
    const { body, ...source } = accounted();
    const between = new Subject<Uint8Array>();
    const reader = new Reader({ retain: true });
    between.subscribe(reader);
    body.subscribe(between);
    source.write(bytes(4));
    expect(body.unacked).toBe(4);
    reader.releaseAll();
    expect(body.unacked).toBe(0);
  });
});

describe('a Lease', () => {
  it('is current again while it is resumed, and what is retained then counts', () => {
    const credits: number[] = [];
    const lease = new Lease({ creditBack: (size) => credits.push(size) }, 6);
    let release: ReturnType<typeof retain>;
    lease.resume(() => {
      release = retain();
    });
    lease.release();
    expect([scope.current, credits]).toEqual([undefined, []]);
    release?.();
    expect(credits).toEqual([6]);
  });

  it('is one scope for every copy of the library in the process', () => {
    expect((globalThis as { [key: symbol]: unknown })[Symbol.for('rxpaf.demand.scope')]).toBe(scope);
  });
});

function accounted(): { body: Accounted['body']; write: (chunk: Uint8Array) => boolean; credited: () => number } {
  const source = new Accounted();
  return { body: source.body, write: (chunk) => source.write(chunk), credited: () => source.credited };
}

describe('a lease that is resumed', () => {
  it('returns its credit once, even if its holder releases it within the call, and something retains it after that', () => {
    const credits: number[] = [];
    const lease = new Lease({ creditBack: (size) => credits.push(size) }, 7);
    let release: (() => void) | undefined;
    lease.resume(() => {
      lease.release();
      release = retain();
    });
    expect([credits, release === undefined]).toEqual([[], false]);
    release?.();
    expect(credits).toEqual([7]);
  });
});
