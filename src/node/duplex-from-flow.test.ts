/** A flow as a stream: the guarantees of a Duplex, and its effects on the flow below. */
import { Duplex, PassThrough, pipeline } from 'node:stream';
import { fc } from '../../test/kits/properties.js';
import { bytes, Reader, utf8 } from '../../test/kits/units/bodies.js';
import { ProtocolError } from '../errors.js';
import type { Flow } from '../flow/flow.js';
import { memoryPair } from '../flow/memory-pair.js';
import { fromDuplex } from './flow-from-duplex.js';
import { toDuplex } from './duplex-from-flow.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const codeOf = (error: unknown): unknown => (error instanceof ProtocolError ? error.code : error);

/** A stream over one end of a pair, and the events of a reader of the other end. */
function streamOver(options: Parameters<typeof memoryPair>[0] = {}): { duplex: Duplex; peer: Flow; heard: Reader } {
  const [flow, peer] = memoryPair(options);
  return { duplex: toDuplex(flow), peer, heard: new Reader() };
}

/** The events at the end of a stream. */
function endsOf(duplex: Duplex): string[] {
  const told: string[] = [];
  for (const name of ['end', 'finish', 'close']) duplex.on(name, () => told.push(name));
  duplex.on('error', (error: Error) => told.push(`error ${String(codeOf(error))}`));
  return told;
}

describe('a Duplex over a flow', () => {
  it('reads nothing before it is read', async () => {
    const [flow, peer] = memoryPair();
    const duplex = toDuplex(flow);
    peer.next(utf8('waits'));
    await turn();
    expect([flow.observed, flow.unacked]).toEqual([false, 0]);
    expect(String(duplex.read() ?? duplex.read())).toBe('waits');
  });

  it('slows the peer down where it is not read on, and holds no more than two windows', async () => {
    const { duplex, peer } = streamOver();
    duplex.once('readable', () => undefined);
    let written = 0;
    while (written < 10_000_000 && peer.next(bytes(1000))) written += 1000;
    await turn();
    while (written < 10_000_000 && peer.next(bytes(1000))) written += 1000;
    expect([peer.ready, duplex.readableLength <= 2 * 64 * 1024, written < 200_000]).toEqual([false, true, true]);
    duplex.resume();
    await turn();
    expect([peer.ready, duplex.readableLength]).toEqual([true, 0]);
  });

  it('is slow where the peer is: a write is done when the flow has drained', async () => {
    const { duplex, peer, heard } = streamOver({ capacity: 10 });
    const done: string[] = [];
    duplex.write(bytes(10), () => done.push('a'));
    duplex.write(bytes(10), () => done.push('b'));
    duplex.write(bytes(10), () => done.push('c'));
    await turn();
    expect(done).toEqual([]);
    peer.subscribe(heard);
    await turn();
    expect([done, heard.chunks.length]).toEqual([['a', 'b', 'c'], 3]);
  });

  it('writes what waits in one go', async () => {
    const { duplex, peer, heard } = streamOver({ capacity: 1 });
    const [flow] = memoryPair();
    const write = jest.spyOn(flow, 'write');
    const corked = toDuplex(flow);
    corked.cork();
    for (const text of ['a', 'b', 'c']) corked.write(text);
    corked.uncork();
    expect(write.mock.calls.map(([pieces]) => pieces.length)).toEqual([3]);
    // Text is UTF-8 in a stream, and latin1 in a flow.
    peer.subscribe(heard);
    duplex.end('€');
    await turn();
    expect(Buffer.concat(heard.chunks).toString()).toBe('€');
  });

  it('is half-closed either way', async () => {
    const { duplex, peer, heard } = streamOver();
    const told = endsOf(duplex);
    peer.subscribe(heard);
    duplex.end('last words');
    await turn();
    expect([heard.text, heard.ends, told]).toEqual(['last words', ['complete'], ['finish']]);
    peer.next(utf8('and an answer'));
    peer.complete();
    const got = new Reader();
    duplex.on('data', got.next);
    await turn();
    expect([got.text, told]).toEqual(['and an answer', ['finish', 'end', 'close']]);
  });

  it('goes on writing after the end of the peer', async () => {
    const { duplex, peer, heard } = streamOver();
    const told = endsOf(duplex.resume());
    peer.subscribe(heard);
    peer.complete();
    await turn();
    duplex.end('still here');
    await turn();
    expect([heard.text, heard.ends, told]).toEqual(['still here', ['complete'], ['end', 'finish', 'close']]);
  });

  it('ends without cutting off what the peer has still to read', async () => {
    const { duplex, peer, heard } = streamOver();
    const told = endsOf(duplex.resume());
    peer.complete();
    duplex.end('unread as yet');
    await turn();
    expect(told).toEqual(['finish', 'end', 'close']);
    peer.subscribe(heard);
    expect([heard.text, heard.ends]).toEqual(['unread as yet', ['complete']]);
  });

  it('fails with the error of its flow, after the bytes that came', async () => {
    const { duplex, peer } = streamOver();
    const told = endsOf(duplex);
    const got = new Reader();
    duplex.on('data', got.next);
    peer.next(utf8('came'));
    await turn();
    peer.error();
    await turn();
    expect([got.text, told]).toEqual(['came', ['error connection-reset', 'close']]);
  });

  it.each([
    ['who reads hears why', true, 'error connection-reset'],
    ['who only writes hears that it is over', false, 'error closed'],
  ])('fails a write that waits where the flow breaks off: %s', async (_title, reads, expected) => {
    const { duplex, peer } = streamOver({ capacity: 1 });
    const told = endsOf(duplex);
    if (reads) duplex.resume();
    const done: unknown[] = [];
    duplex.write('waits', (error) => done.push(codeOf(error)));
    await turn();
    peer.error();
    await turn();
    expect([told, done.length, done[0] === null || done[0] === undefined]).toEqual([[expected, 'close'], 1, false]);
    expect(duplex.destroyed).toBe(true);
  });

  it.each([
    ['without an error', undefined, 'connection-reset'],
    ['with one', new Error('enough'), 'connection-reset'],
  ])('aborts the flow when it is destroyed: %s', async (_title, error, code) => {
    const { duplex, peer, heard } = streamOver();
    const told = endsOf(duplex);
    peer.subscribe(heard);
    duplex.destroy(error);
    await turn();
    expect(heard.ends.map(codeOf)).toEqual([code]);
    expect(told).toEqual(error === undefined ? ['close'] : [`error ${String(error)}`, 'close']);
  });

  describe('destroyed after its end', () => {
    beforeEach(() => jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] }));
    afterEach(() => jest.useRealTimers());

    /** It has written, and ended, and is destroyed before any of that has come to the peer. */
    async function left(): Promise<{ peer: Flow; heard: Reader }> {
      const { duplex, peer, heard } = streamOver({ latency: 10 });
      peer.subscribe(heard);
      duplex.resume().end('last words');
      duplex.destroy();
      await turn();
      expect(duplex.destroyed).toBe(true);
      return { peer, heard };
    }

    it('lets its last words come to the peer, and throws away what that still says', async () => {
      const { peer, heard } = await left();
      jest.advanceTimersByTime(10);
      expect([heard.text, heard.ends]).toEqual(['last words', ['complete']]);
      expect(peer.next(bytes(100_000))).toBe(false);
      jest.advanceTimersByTime(10);
      expect(peer.ready).toBe(true);
      peer.complete();
      jest.advanceTimersByTime(10);
      expect(jest.getTimerCount()).toBe(0);
    });

    it('aborts the flow of a peer that never ends', async () => {
      const { peer } = await left();
      jest.advanceTimersByTime(4999);
      expect(peer.next(bytes(1))).toBe(true);
      jest.advanceTimersByTime(1);
      expect(peer.next(bytes(1))).toBe(false);
      expect(jest.getTimerCount()).toBe(0);
    });
  });

  it('gives back all that it holds when it is destroyed', async () => {
    const [flow, peer] = memoryPair();
    const duplex = toDuplex(flow);
    duplex.once('readable', () => undefined);
    await turn();
    peer.next(bytes(60_000));
    expect(flow.unacked).toBe(60_000);
    duplex.destroy();
    await turn();
    expect([flow.unacked, flow.observed]).toEqual([0, false]);
  });

  it('fails where the flow has a reader already', async () => {
    const [flow] = memoryPair();
    flow.subscribe(new Reader());
    const duplex = toDuplex(flow);
    const told = endsOf(duplex.resume());
    await turn();
    expect(told).toEqual([expect.stringMatching(/^error BodyAlreadySubscribed/), 'close']);
  });

  it('does not hold up its own writes: two that respond to each other at length come to their end', async () => {
    // Each responds to a chunk with more than a window, while the other does the same: held up, neither would read on.
    const [one, other] = memoryPair({ capacity: 100_000, latency: 1 });
    const [rounds, size] = [5, 70_000];
    const got = [one, other].map((flow) => {
      const duplex = toDuplex(flow);
      const sizes: number[] = [];
      duplex.write(bytes(size));
      duplex.on('data', (chunk: Buffer) => {
        sizes.push(chunk.length);
        if (sizes.length < rounds) duplex.write(bytes(size));
      });
      return sizes;
    });
    for (let tick = 0; tick < 1000 && got.some(({ length }) => length < rounds); tick++) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(got).toEqual([Array(rounds).fill(size), Array(rounds).fill(size)]);
  });
});

describe('laws of fromDuplex(toDuplex(flow))', () => {
  const chunking = fc.array(fc.integer({ min: 1, max: 40_000 }), { maxLength: 30 });

  it('is the flow: what one writes the other reads, whatever the pieces and the pace, and then its end', () =>
    fc.assert(
      fc.asyncProperty(chunking, chunking, fc.integer({ min: 1, max: 100_000 }), async (there, back, capacity) => {
        const [near, far] = memoryPair({ capacity });
        const wrapped = fromDuplex(toDuplex(near));
        const readers = [wrapped, far].map((flow) => {
          const reader = new Reader({ retain: true });
          flow.subscribe(reader);
          return reader;
        });
        await Promise.all([writes(wrapped, there), writes(far, back), ...readers.map(takesAll)]);
        const expected = [back, there].map(contentOf);
        expect(readers.map(({ chunks }) => Buffer.concat(chunks).equals(expected.shift()!))).toEqual([true, true]);
        expect(readers.map(({ ends }) => ends)).toEqual([['complete'], ['complete']]);
        expect([wrapped.unacked, near.unacked, far.unacked]).toEqual([0, 0, 0]);
      }),
      { numRuns: 40 },
    ));

  it('holds a writer to the pace of the reader', () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 64, max: 50_000 }), async (size) => {
        const [near, far] = memoryPair();
        const wrapped = fromDuplex(toDuplex(near));
        const reader = new Reader({ retain: true });
        wrapped.subscribe(reader);
        let written = 0;
        for (let turns = 0; turns < 20; turns++) {
          while (written < 10_000_000 && far.ready) {
            far.next(bytes(size));
            written += size;
          }
          await turn();
        }
        // Two flows, a stream's high-water mark, and the chunk in the way at each.
        expect(written).toBeLessThan(4 * 64 * 1024 + 6 * size);
        expect(far.ready).toBe(false);
      }),
      // Octet by octet it takes a thousand times the work: once is enough.
      { numRuns: 20, examples: [[1]] },
    ));

  it('goes through a pipeline of streams', async () => {
    const [near, far] = memoryPair({ capacity: 5000, fragment: 700 });
    const duplex = toDuplex(near);
    await new Promise<void>((resolve, reject) => {
      pipeline(duplex, new PassThrough(), duplex, (error) => (error ? reject(error) : resolve()));
      const reader = new Reader({ retain: true });
      far.subscribe(reader);
      void Promise.all([writes(far, [100_000, 1, 50_000]), takesAll(reader)]).then(() =>
        expect(Buffer.concat(reader.chunks).length).toBe(150_001),
      );
    });
  });

  function contentOf(sizes: readonly number[]): Buffer {
    let from = 0;
    return Buffer.concat(sizes.map((size) => bytes(size, (from += size) - size)));
  }

  async function writes(flow: Flow, sizes: readonly number[]): Promise<void> {
    let from = 0;
    for (const size of sizes) {
      flow.next(bytes(size, from));
      from += size;
      while (!flow.ready) await turn();
    }
    flow.complete();
  }

  /** Gives back what it got a turn later, until the end. */
  async function takesAll(reader: Reader): Promise<void> {
    while (reader.ends.length === 0) {
      await turn();
      reader.releaseAll();
    }
    reader.releaseAll();
    await turn();
  }
});
