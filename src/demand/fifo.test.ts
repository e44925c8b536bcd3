import { fc } from '../../test/kits/properties.js';
import { Fifo } from './fifo.js';

describe('a Fifo', () => {
  it('gives what an array would', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(), fc.constant(undefined)), { maxLength: 100 }), (steps) => {
        const fifo = new Fifo<number>();
        const model: number[] = [];
        const [got, wanted]: [unknown[], unknown[]] = [[], []];
        for (const step of [...steps, ...steps.map(() => undefined), undefined]) {
          if (step === undefined) {
            got.push(fifo.shift());
            wanted.push(model.shift());
          } else {
            fifo.push(step);
            model.push(step);
          }
          got.push(fifo.size);
          wanted.push(model.length);
        }
        expect(got).toEqual(wanted);
      }),
    );
  });

  /** The slots that it takes: a private matter, but of everyone's memory. */
  const slots = (fifo: Fifo<number>): number => (fifo as unknown as { items: unknown[] }).items.length;

  it('takes memory for what waits, not for all that ever came', () => {
    const fifo = new Fifo<number>();
    let most = 0;
    for (let round = 0; round < 1000; round++) {
      fifo.push(round);
      fifo.push(round);
      fifo.shift();
      most = Math.max(most, slots(fifo) - 2 * fifo.size);
    }
    expect(most).toBeLessThanOrEqual(66);
    while (fifo.size > 0) fifo.shift();
    expect(slots(fifo)).toBeLessThanOrEqual(66);
  });

  it('moves each of many about once, and few not at all: constant time', () => {
    const fifo = new Fifo<number>();
    const slice = jest.spyOn(Array.prototype, 'slice');
    for (let index = 0; index < 60; index++) fifo.push(index);
    while (fifo.size > 0) fifo.shift();
    const movesOfFew = slice.mock.calls.length;
    for (let index = 0; index < 10_000; index++) fifo.push(index);
    while (fifo.size > 0) fifo.shift();
    const moved = slice.mock.results.reduce((sum, { value }) => sum + (value as unknown[]).length, 0);
    slice.mockRestore();
    expect(movesOfFew).toBe(0);
    expect(moved).toBeLessThanOrEqual(10_000);
  });

  it('releases removed values', () => {
    const fifo = new Fifo<number>();
    fifo.push(7);
    fifo.push(8);
    fifo.shift();
    expect((fifo as unknown as { items: unknown[] }).items).not.toContain(7);
  });
});
