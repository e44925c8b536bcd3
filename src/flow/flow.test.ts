import { map, take, VirtualTimeScheduler } from 'rxjs';
import { Body } from '../body/body.js';
import { Accounted, bytes, Reader, utf8 } from '../../test/kits/units/bodies.js';
import { ProtocolError } from '../errors.js';
import { retain } from '../demand/lease.js';
import { Flow } from './flow.js';
import { memoryPair } from './memory-pair.js';

/** A transport in the test's hand. */
class HandFlow extends Flow {
  readonly written: string[] = [];
  readonly reads: boolean[] = [];
  full = false;
  progress = 0;

  come = (chunk: Uint8Array | string): void => this.push(typeof chunk === 'string' ? utf8(chunk) : chunk);
  fin = (): void => this.finish();
  cut = (error: unknown): void => this.breakOff(error);
  caughtUp = (): void => {
    this.full = false;
    this.writable();
  };

  complete(): void {
    this.unwritable();
  }
  error(error?: unknown): void {
    this.unwritable();
    this.breakOff(error);
  }
  protected send(pieces: readonly (string | Uint8Array)[]): boolean {
    this.written.push(...pieces.map((piece) => Buffer.from(piece as string).toString('latin1')));
    return !this.full;
  }
  protected read(on: boolean): void {
    this.reads.push(on);
  }
}

describe('a Flow, read', () => {
  it('reads while it has a reader with room: pauses at W, goes on at half of it', () => {
    const flow = new HandFlow();
    expect(flow.reads).toEqual([]);
    const reader = new Reader({ retain: true });
    flow.subscribe(reader);
    flow.come(bytes(flow.window - 1));
    expect(flow.reads).toEqual([true]);
    flow.come(bytes(1));
    expect(flow.reads).toEqual([true, false]);
    reader.releases[1]?.();
    expect(flow.reads).toEqual([true, false]);
    reader.releases[0]?.();
    expect(flow.reads).toEqual([true, false, true]);
  });

  it('has one reader at a time', () => {
    const flow = new HandFlow();
    const [first, second] = [new Reader(), new Reader()];
    flow.subscribe(first);
    flow.subscribe(second);
    flow.come('a');
    expect([first.text, second.text, (second.ends[0] as ProtocolError).message]).toEqual(['a', '', expect.any(String)]);
  });

  it('is handed over: the new reader gets what was unread, then what waits, then what comes', () => {
    const flow = new HandFlow();
    const first = flow.subscribe(new Reader());
    flow.come('taken');
    first.unsubscribe();
    expect(flow.reads).toEqual([true, false]);
    flow.come('waits');
    flow.unread(utf8('unread '));
    const second = new Reader();
    flow.subscribe(second);
    flow.come(' comes');
    expect([second.text, flow.reads]).toEqual(['unread waits comes', [true, false, true]]);
  });

  it('is handed over in a delivery: take(1) takes one chunk, however many wait', () => {
    const flow = new HandFlow();
    for (const text of ['a', 'b', 'c']) flow.come(text);
    const first = new Reader();
    flow.pipe(take(1)).subscribe(first);
    const second = new Reader();
    flow.subscribe(second);
    expect([first.text, second.text]).toEqual(['a', 'bc']);
  });

  it('is handed over in the middle of a chunk', () => {
    const flow = new HandFlow();
    const second = new Reader();
    const first = flow.subscribe((chunk) => {
      first.unsubscribe();
      flow.unread(chunk.subarray(2));
      flow.subscribe(second);
      flow.come('ef');
    });
    flow.come('abcd');
    expect(second.text).toBe('cdef');
  });

  it('gives what is unread to the reader that it has', () => {
    const flow = new HandFlow();
    const reader = new Reader();
    flow.subscribe(reader);
    flow.unread(utf8('a'));
    expect(reader.text).toBe('a');
    flow.come('b');
    expect([reader.text, flow.unacked]).toEqual(['ab', 0]);
  });

  it.each(['complete', 'error'])('reports its end again to a new reader, after what is unread: %s', (how) => {
    const flow = new HandFlow();
    const first = new Reader();
    flow.subscribe(first);
    flow.come('a');
    if (how === 'complete') flow.fin();
    else flow.cut('reset');
    const second = new Reader();
    flow.unread(utf8('b'));
    flow.subscribe(second);
    const third = new Reader();
    flow.subscribe(third);
    const end = how === 'complete' ? 'complete' : 'reset';
    expect([first.text, second.text, third.text]).toEqual(['a', 'b', '']);
    expect([first.ends, second.ends, third.ends]).toEqual([[end], [end], [end]]);
  });

  it('keeps the credit of what an earlier reader retains', () => {
    const flow = new HandFlow();
    const first = new Reader({ retain: true });
    const reading = flow.subscribe(first);
    flow.come(bytes(flow.window));
    reading.unsubscribe();
    flow.subscribe(new Reader());
    expect(flow.reads).toEqual([true, false]);
    first.releaseAll();
    expect([flow.reads, flow.unacked]).toEqual([[true, false, true], 0]);
  });
});

describe('a Flow, written to', () => {
  it('asks its writer to wait while the peer reads too slowly', () => {
    const flow = new HandFlow();
    const told: string[] = [];
    expect([flow.next(utf8('a')), flow.ready]).toEqual([true, true]);
    flow.full = true;
    expect([flow.write(['b', utf8('c')]), flow.ready]).toEqual([false, false]);
    flow.drained.subscribe({ next: () => told.push('next'), complete: () => told.push('complete') });
    flow.caughtUp();
    flow.complete();
    expect([flow.written, told]).toEqual([
      ['a', 'b', 'c'],
      ['next', 'complete'],
    ]);
  });

  it('in the delivery of a Body, holds that until the peer has caught up', () => {
    const source = new Accounted();
    const flow = new HandFlow();
    source.body.subscribe(flow);
    source.write('a');
    expect(source.body.unacked).toBe(0);
    flow.full = true;
    source.write('b');
    expect(source.body.unacked).toBe(1);
    flow.caughtUp();
    expect(source.body.unacked).toBe(0);
  });

  it('in its own delivery, an echo, holds that too: both sides are apart', () => {
    const flow = new HandFlow();
    flow.subscribe(flow);
    flow.full = true;
    flow.come(bytes(flow.window));
    expect([flow.reads, flow.unacked]).toEqual([[true, false], flow.window]);
    flow.caughtUp();
    expect([flow.reads, flow.unacked]).toEqual([[true, false, true], 0]);
  });

  it.each(['complete', 'error'])('gives back what it holds on %s', (how) => {
    const source = new Accounted();
    const flow = new HandFlow();
    flow.full = true;
    source.body.pipe(map((chunk) => chunk)).subscribe({ next: (chunk) => flow.next(chunk) });
    source.write('a');
    expect(source.body.unacked).toBe(1);
    if (how === 'complete') flow.complete();
    else flow.error();
    expect([source.body.unacked, flow.ready]).toEqual([0, false]);
  });

  it('throttle() holds for writes that wait above the flow', () => {
    const source = new Accounted();
    const flow = new HandFlow();
    flow.full = true;
    flow.write(['x']);
    source.body.subscribe(() => flow.throttle());
    source.write('a');
    expect(source.body.unacked).toBe(1);
    flow.caughtUp();
    source.write('b');
    expect(source.body.unacked).toBe(0);
  });
});

describe('Flow and Body', () => {
  it('relay end to end: a reader that does not take slows the first writer down', () => {
    const scheduler = new VirtualTimeScheduler();
    const [client, server] = memoryPair({ scheduler, capacity: 1000, latency: 1 });
    const source = new Accounted({ window: 500 });
    const target = new Body({ window: 200 });
    source.body.subscribe(client);
    server.subscribe(target);
    source.feed(500_000, 50);
    const held: ReturnType<typeof retain>[] = [];
    let got = 0;
    target.subscribe((chunk) => {
      got += chunk.length;
      held.push(retain());
    });
    scheduler.flush();
    expect(got).toBeLessThan(100_000);
    expect(source.written - got).toBeLessThan(10_000);
    expect(target.ready).toBe(false);
    while (held.length > 0) {
      for (const release of held.splice(0)) release?.();
      scheduler.flush();
    }
    expect(got).toBe(500_000);
  });
});
