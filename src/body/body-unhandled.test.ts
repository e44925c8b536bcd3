/** A Body whose reader has no error handler: what a peer did crashes nobody, and a mistake of the program is reported. */
import { map } from 'rxjs';
import { BodyAlreadySubscribed } from '../errors.js';
import { bytes, truncated, utf8 } from '../../test/kits/units/bodies.js';
import { Body } from './body.js';

describe('a Body', () => {
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

    it('reports a mistake of the program all the same', () => {
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
});
