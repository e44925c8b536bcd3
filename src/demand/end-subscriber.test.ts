import { Subject, Subscriber, Subscription } from 'rxjs';
import { EndSubscriber } from './end-subscriber.js';

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
    for (const { teardown } of owned) subscriber.add(teardown);
    expect(owned.map(({ ends }) => ends())).toEqual([0, 0, 0]);
    end(subscriber);
    subscriber.unsubscribe();
    expect(owned.map(({ ends }) => ends())).toEqual([1, 1, 1]);
  });

  it('ends at once what it is given when it is over', () => {
    const subscriber = make();
    subscriber.unsubscribe();
    const { ends, teardown } = counted();
    subscriber.add(teardown);
    expect(ends()).toBe(1);
  });

  it('is left by its source with all that it owns', () => {
    const source = new Subject<number>();
    const subscriber = make();
    const { ends, teardown } = counted();
    subscriber.add(teardown);
    source.subscribe(subscriber);
    subscriber.unsubscribe();
    expect([source.observed, ends()]).toEqual([false, 1]);
  });
});

describe('an EndSubscriber', () => {
  it('passes events to its observer, to the end and no further', () => {
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
    subscriber.add(counted().teardown);
    expect((subscriber as unknown as { _finalizers: unknown })._finalizers).toBeNull();
  });

  it('takes none for the next one either, once the first is over', () => {
    const subscriber = new EndSubscriber<number>(silent);
    const [first, second] = [counted(), counted()];
    subscriber.add(first.teardown);
    first.teardown.unsubscribe();
    subscriber.add(second.teardown);
    expect((subscriber as unknown as { _finalizers: unknown })._finalizers).toBeNull();
    subscriber.unsubscribe();
    expect([first.ends(), second.ends()]).toEqual([1, 1]);
  });

  it('ends what it is given twice once, and itself too', () => {
    const subscriber = new EndSubscriber<number>(silent);
    let ends = 0;
    const teardown = { unsubscribe: () => ends++ };
    subscriber.add(teardown);
    subscriber.add(teardown);
    subscriber.add(subscriber);
    subscriber.unsubscribe();
    expect([ends, subscriber.closed]).toEqual([1, true]);
  });

  it.each([0, 1, 2])('does not unsubscribe number %i of three once it is removed', (index) => {
    const subscriber = new EndSubscriber<number>(silent);
    const owned = [counted(), counted(), counted()];
    for (const { teardown } of owned) subscriber.add(teardown);
    subscriber.remove(owned[index]!.teardown);
    subscriber.unsubscribe();
    expect(owned.map(({ ends }) => ends())).toEqual([1, 1, 1].with(index, 0));
  });

  it('is closed when its teardown runs: later events are dropped', () => {
    const told: unknown[] = [];
    const subscriber = new EndSubscriber<number>({ ...silent, next: (value) => told.push(value) });
    let runs = 0;
    subscriber.add({
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
