import { take } from 'rxjs';
import { Accounted, bytes } from '../../test/kits/units/bodies.js';
import { Gate } from './write-gate.js';
import { Lease } from './lease.js';

/** The values of `drained`. */
function listen(gate: Gate): string[] {
  const told: string[] = [];
  gate.drained.subscribe({ next: () => told.push('next'), complete: () => told.push('complete') });
  return told;
}

describe('a gate', () => {
  it('is open, and says so at once', () => {
    const gate = new Gate();
    expect(gate.open).toBe(true);
    expect(listen(gate)).toEqual(['next']);
  });

  it('reports each opening, once, to all subscribers', () => {
    const gate = new Gate();
    gate.shut();
    const first = listen(gate);
    const second = listen(gate);
    expect(first).toEqual([]);
    gate.reopen();
    gate.reopen();
    gate.shut();
    gate.reopen();
    expect(first).toEqual(['next', 'next']);
    expect(second).toEqual(first);
  });

  it('completes its subscribers at its end, and is shut for good: a loop that writes while it may comes to its end', () => {
    const gate = new Gate();
    const told = listen(gate);
    gate.end();
    gate.end();
    gate.shut();
    gate.reopen();
    expect(told).toEqual(['next', 'complete']);
    expect(gate.open).toBe(false);
    expect(listen(gate)).toEqual(['complete']);
  });

  it('completes a subscriber that comes after its end', () => {
    const gate = new Gate();
    gate.end();
    expect(listen(gate)).toEqual(['complete']);
  });

  it('takes one hold of a delivery, however often it is shut in it', () => {
    const gate = new Gate();
    const credits: number[] = [];
    const lease = new Lease({ creditBack: (size) => credits.push(size) }, 6);
    const hold = jest.spyOn(lease, 'hold');
    lease.resume(() => {
      for (let times = 0; times < 5; times++) gate.shut();
    });
    lease.release();
    expect([hold.mock.calls.length, credits]).toEqual([1, []]);
    gate.reopen();
    expect(credits).toEqual([6]);
  });

  it('loses no opening that happens while it reports another', () => {
    const gate = new Gate();
    const told: number[] = [];
    gate.drained.pipe(take(3)).subscribe(() => {
      told.push(told.length);
      gate.shut();
      gate.reopen();
    });
    expect(told).toEqual([0, 1, 2]);
  });

  it('holds the delivery that it is shut in, once however often, until it opens', () => {
    const gate = new Gate();
    const source = new Accounted();
    source.body.subscribe(() => {
      gate.shut();
      gate.shut();
    });
    source.write(bytes(3));
    expect(source.body.unacked).toBe(3);
    gate.reopen();
    expect([source.body.unacked, source.credited]).toEqual([0, 3]);
  });

  it('holds nothing after its end, and gives back at its end what it held', () => {
    const gate = new Gate();
    const source = new Accounted();
    source.body.subscribe(() => gate.shut());
    source.write(bytes(3));
    gate.end();
    expect(source.body.unacked).toBe(0);
    source.write(bytes(2));
    expect([source.body.unacked, source.credited]).toEqual([0, 5]);
  });

  it('does not hold a delivery of its own queue', () => {
    const gate = new Gate();
    const source = new Accounted();
    source.body.subscribe(() => gate.shut(source.body));
    source.write(bytes(3));
    expect(source.body.unacked).toBe(0);
  });

  it('may be shut again by code that goes on at its opening: then it does not report that opening', () => {
    const gate = new Gate();
    const told: string[] = [];
    const source = new Accounted({ window: 1 });
    source.body.subscribe(() => gate.shut());
    source.write('a');
    gate.drained.subscribe(() => told.push('next'));
    source.body.drained.pipe(take(1)).subscribe(() => source.write('b'));
    gate.reopen();
    expect([gate.open, told, source.body.unacked]).toEqual([false, [], 1]);
  });
});
