/** A `ChainSwitch` is a `switchMap` that keeps less: whatever that does, in whatever order, this does. */
import { Observable, of, Subject, switchMap, take, throwError } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { EndSubscriber } from '../demand/end-subscriber.js';
import { ChainSwitch } from './chain-switch.js';

type Select = (choice: string) => Observable<string>;

const chainSwitch = (choices: Observable<string>, select: Select): Observable<string> =>
  new Observable((subscriber) => void choices.subscribe(new ChainSwitch(subscriber, select)));

const implementations: readonly [string, typeof chainSwitch][] = [
  ['switchMap', (choices, select) => choices.pipe(switchMap(select))],
  ['ChainSwitch', chainSwitch],
];

describe.each(implementations)('%s', (_name, switched) => {
  it.each([
    // what is chosen, chain `a`, chain `b`, what comes of it; the subscriptions to choices, `a`, `b`
    ['never chosen', '-', '-', '-', '-', '^', [], []],
    ['nothing chosen', '--|', '-', '-', '--|', '^-!', [], []],
    ['no choice for an error', '--#', '-', '-', '--#', '^-!', [], []],
    ['a chain that ends behind the last choice', '-(a|)', 'x-y|', '-', '-x-y|', '^!', ['-^--!'], []],
    ['a chain that ends before it', '-a---|', 'x-|', '-', '-x---|', '^----!', ['-^-!'], []],
    ['a chain that ends with it', '-a-|', 'x-|', '-', '-x-|', '^--!', ['-^-!'], []],
    ['a chain that fails', '-a----', 'x-#', '-', '-x-#', '^--!', ['-^-!'], []],
    ['a chain that fails behind the last choice', '-(a|)', 'x-#', '-', '-x-#', '^!', ['-^-!'], []],
    ['an error of the choice while a chain runs', '-a-#', 'x--x', '-', '-x-#', '^--!', ['-^-!'], []],
    ['a chain that never ends', '-(a|)', 'x-y-', '-', '-x-y-', '^!', ['-^'], []],
    ['another choice', '-a--(b|)', 'x-x-x-x', 'y--y|', '-x-xy--y|', '^---!', ['-^--!'], ['----^---!']],
    ['the same choice again', '-a--(a|)', 'x--x--|', '-', '-x--x--x--|', '^---!', ['-^--!', '----^-----!'], []],
    ['another choice, behind the end of a chain', '-a--b|', 'x|', 'y|', '-x--y|', '^----!', ['-^!'], ['----^!']],
  ])('gives what it must: %s', (_case, choices, a, b, expected, ...subscriptions) => {
    new TestScheduler((actual, wanted) => expect(actual).toEqual(wanted)).run(
      ({ cold, expectObservable, expectSubscriptions }) => {
        const source = cold(choices);
        const chains = { a: cold(a), b: cold(b) };
        expectObservable(switched(source, (choice) => (choice === 'a' ? chains.a : chains.b))).toBe(expected);
        const [toChoices, toA, toB] = subscriptions;
        expectSubscriptions(source.subscriptions).toBe(toChoices);
        expectSubscriptions(chains.a.subscriptions).toBe(toA);
        expectSubscriptions(chains.b.subscriptions).toBe(toB);
      },
    );
  });

  it.each([
    ['before the choice', '---a', '^-!', '---', '^-!', []],
    ['while a chain runs', '-a---', '^---!', '-x-x', '^---!', ['-^--!']],
    ['behind the last choice', '-(a|)', '^---!', '-x-x', '^!', ['-^--!']],
  ])('leaves all where it is left %s', (_case, choices, left, expected, toChoices, toChain) => {
    new TestScheduler((actual, wanted) => expect(actual).toEqual(wanted)).run(
      ({ cold, expectObservable, expectSubscriptions }) => {
        const source = cold(choices);
        const chain = cold('x-x-x');
        expectObservable(
          switched(source, () => chain),
          left,
        ).toBe(expected);
        expectSubscriptions(source.subscriptions).toBe(toChoices);
        expectSubscriptions(chain.subscriptions).toBe(toChain);
      },
    );
  });

  it('takes chains that end, fail, or have enough taken of them at once', () => {
    const told: string[] = [];
    const tell = (observable: Observable<string>): void => {
      observable.subscribe({
        next: (value) => told.push(value),
        error: (error: unknown) => told.push(`#${String(error)}`),
        complete: () => told.push('|'),
      });
    };
    tell(switched(of('a', 'b'), (choice) => of(choice, choice)));
    tell(switched(of('a', 'b'), () => throwError(() => 'failed')));
    tell(switched(of('a', 'b'), (choice) => of(choice, choice)).pipe(take(1)));
    expect(told).toEqual(['a', 'a', 'b', 'b', '|', '#failed', 'a', '|']);
  });

  it('takes a chain that cannot be made for an error, and leaves the choices', () => {
    const choices = new Subject<string>();
    const told: unknown[] = [];
    switched(choices, () => {
      throw new Error('no chain');
    }).subscribe({ error: (error: unknown) => told.push(error) });
    choices.next('a');
    expect([told, choices.observed]).toEqual([[new Error('no chain')], false]);
  });
});

describe('a ChainSwitch', () => {
  it('is let go of with its source when no further choice can come: the chain alone is left', () => {
    const chain = new Subject<string>();
    const choices = new Subject<string>();
    const seen: string[] = [];
    const to = new EndSubscriber<string>({
      next: (value) => seen.push(value),
      error: () => 0,
      complete: () => seen.push('|'),
    });
    const chainSwitch = new ChainSwitch(to, () => chain);
    choices.subscribe(chainSwitch);
    choices.next('a');
    choices.complete();
    expect([chainSwitch.closed, chain.observed]).toEqual([true, true]);
    chain.next('x');
    chain.complete();
    expect([seen, to.closed]).toEqual([['x', '|'], true]);
  });
});
