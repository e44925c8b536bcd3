import fc from 'fast-check';
import { Fifo } from './fifo.js';

describe('a Fifo', () => {
  it('gives what an array would', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(), fc.constant(undefined)), { maxLength: 600 }), (steps) => {
        const fifo = new Fifo<number>();
        const model: number[] = [];
        for (const step of steps) {
          if (step === undefined) expect(fifo.shift()).toBe(model.shift());
          else {
            fifo.push(step);
            model.push(step);
          }
          expect(fifo.size).toBe(model.length);
        }
        while (model.length > 0) expect(fifo.shift()).toBe(model.shift());
        expect(fifo.shift()).toBeUndefined();
      }),
    );
  });
});
