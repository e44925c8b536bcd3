import { Subject, Subscriber, Subscription } from 'rxjs';
import { EndSubscriber, ownedBy } from './end-subscriber.js';

/** A teardown that counts. */
function counted(): { readonly ends: () => number; readonly teardown: Subscription } {
  let ends = 0;
  return { ends: () => ends, teardown: new Subscription(() => ends++) };
}

const silent = { next: () => 0, error: () => 0, complete: () => 0 };

describe.each<[string, () => Subscriber<number>]>([
  ['an EndSubscriber', () => new EndSubscriber(silent)],
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- what RxJS puts there
  ['a Subscriber of RxJS', () => new Subscriber(silent)],
])('%s', (_name, make) => {
  it.each<[string, (subscriber: Subscriber<number>) => void]>([
    ['unsubscribed', (subscriber) => subscriber.unsubscribe()],
    ['completed', (subscriber) => subscriber.complete()],
    ['failed', (subscriber) => subscriber.error(new Error('failed'))],
  ])('ends all that it owns when it is %s, once', (_how, end) => {
    const subscriber = make();
    const owned = [counted(), counted(), counted()];
    for (const { teardown } of owned) ownedBy(subscriber, teardown);
    expect(owned.map(({ ends }) => ends())).toEqual([0, 0, 0]);
    end(subscriber);
    subscriber.unsubscribe();
    expect(owned.map(({ ends }) => ends())).toEqual([1, 1, 1]);
  });

  it('ends at once what it is given when it is over', () => {
    const subscriber = make();
    subscriber.unsubscribe();
    const { ends, teardown } = counted();
    ownedBy(subscriber, teardown);
    expect(ends()).toBe(1);
  });

  it('is left by its source with all that it owns', () => {
    const source = new Subject<number>();
    const subscriber = make();
    const { ends, teardown } = counted();
    ownedBy(subscriber, teardown);
    source.subscribe(subscriber);
    subscriber.unsubscribe();
    expect([source.observed, ends()]).toEqual([false, 1]);
  });
});

describe('an EndSubscriber', () => {
  it('tells its observer, to the end and no further', () => {
    const told: unknown[] = [];
    const subscriber = new EndSubscriber<number>({
      next: (value) => told.push(value),
      error: (error: unknown) => told.push(error),
      complete: () => told.push('|'),
    });
    subscriber.next(1);
    subscriber.complete();
    subscriber.next(2);
    subscriber.error('late');
    expect(told).toEqual([1, '|']);
  });

  it('takes no array for the one teardown that it mostly has', () => {
    const subscriber = new EndSubscriber<number>(silent);
    ownedBy(subscriber, counted().teardown);
    expect((subscriber as unknown as { _finalizers: unknown })._finalizers).toBeNull();
  });

  it('is closed when its teardown runs: what that brings about comes to nobody', () => {
    const told: unknown[] = [];
    const subscriber = new EndSubscriber<number>({ ...silent, next: (value) => told.push(value) });
    let runs = 0;
    subscriber.own({
      unsubscribe: () => {
        runs++;
        subscriber.next(1);
        subscriber.unsubscribe();
      },
    });
    subscriber.unsubscribe();
    expect([runs, told]).toEqual([1, []]);
  });
});
