import { Observable, Subject, Subscriber } from 'rxjs';
import { OperatorSubscriber } from './operator-subscriber.js';

/** The events, in order. */
function subscriberTo(told: string[]): Subscriber<string> {
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- a subscriber by itself
  return new Subscriber({
    next: (value: string) => told.push(value),
    error: (error: unknown) => told.push(`# ${String(error)}`),
    complete: () => told.push('|'),
  });
}

class Telling extends OperatorSubscriber<string, string> {
  constructor(
    to: Subscriber<string>,
    private readonly told: string[],
  ) {
    super(to);
  }
  protected override _next(value: string): void {
    this.to.next(value);
  }
  protected override onFinalize(): void {
    this.told.push('finalized');
  }
}

describe('an operator’s subscriber', () => {
  it.each<[string, (source: Subject<string>, to: Subscriber<string>) => void, string[]]>([
    ['its source completes', (source) => source.complete(), ['|', 'left', 'finalized']],
    ['its source fails', (source) => source.error('e'), ['# e', 'left', 'finalized']],
    ['who it gives to leaves', (_source, to) => to.unsubscribe(), ['left', 'finalized']],
  ])('gives back once, when the source has been left: %s', (_how, end, expected) => {
    const told: string[] = [];
    const source = new Subject<string>();
    const to = subscriberTo(told);
    const watched = new Observable<string>((subscriber) => {
      const reading = source.subscribe(subscriber);
      return () => {
        reading.unsubscribe();
        told.push('left');
      };
    });
    const subscriber = new Telling(to, told);
    watched.subscribe(subscriber);
    source.next('a');
    end(source, to);
    subscriber.unsubscribe();
    source.next('b');
    expect(told).toEqual(['a', ...expected]);
  });

  it('has nothing to give back where it is closed at its birth', () => {
    const told: string[] = [];
    const to = subscriberTo(told);
    to.unsubscribe();
    const subscriber = new Telling(to, told);
    expect([subscriber.closed, told]).toEqual([true, []]);
  });

  it('need not have anything to give back', () => {
    const told: string[] = [];
    class Passing extends OperatorSubscriber<string, string> {
      protected override _next(value: string): void {
        this.to.next(value);
      }
    }
    const subscriber = new Passing(subscriberTo(told));
    subscriber.next('a');
    subscriber.complete();
    expect([told, subscriber.closed]).toEqual([['a', '|'], true]);
  });
});
