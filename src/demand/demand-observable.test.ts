/** Errors without a handler: a peer's end where they come, a program's are reported, as RxJS does. */
import { config, map, Observable, type Observer, Subject, Subscriber, throwError } from 'rxjs';
import { Body } from '../body/body.js';
import { utf8 } from '../../test/kits/units/bodies.js';
import { BodyAlreadySubscribed, BodyError, ClientError, ProtocolError } from '../errors.js';
import { DemandObservable, derive, FORGIVING } from './demand-observable.js';

const reported: unknown[] = [];

beforeEach(() => {
  jest.useFakeTimers();
  config.onUnhandledError = (error) => reported.push(error);
});
afterEach(() => {
  config.onUnhandledError = null;
  jest.useRealTimers();
});

/** The errors that RxJS has reported until now. */
function unhandled(): unknown[] {
  jest.runAllTimers();
  return reported.splice(0);
}

const failing = (error: unknown): DemandObservable<string> =>
  new DemandObservable<string>((subscriber) => subscriber.error(error));

describe('a DemandObservable', () => {
  const errors: readonly [string, unknown, boolean][] = [
    ['of a peer', new ProtocolError('truncated', 'cut'), false],
    ['of a body', new BodyError('body-cancelled', 'cancelled'), false],
    ['of a client’s exchange', new ClientError('connect-failed', 'refused'), false],
    ['a second subscriber', new BodyAlreadySubscribed(), true],
    ['a mistake', new TypeError('undefined is not a function'), true],
    ['a string', 'thrown', true],
  ];
  it.each(errors)('without an error handler: %s', (_name, error, isReported) => {
    for (const source of [
      failing(error),
      failing(error).pipe(map((value) => value)),
      derive<string>(failing(error), (subscriber) => failing(error).subscribe(subscriber)),
    ]) {
      source.subscribe();
      expect(unhandled()).toEqual(isReported ? [error] : []);
    }
  });

  it('derives no forgiveness from a source without any', () => {
    const error = new ProtocolError('truncated', 'cut');
    const plain = throwError(() => error);
    derive<string>(plain, (subscriber) => plain.subscribe(subscriber)).subscribe();
    expect(unhandled()).toEqual([error]);
    expect(
      [derive(plain, () => undefined), derive(new Body(), () => undefined)].map((made) => FORGIVING in made),
    ).toEqual([false, true]);
  });

  it('is marked, as a Body is', () => {
    expect([new DemandObservable()[FORGIVING], new Body()[FORGIVING]]).toEqual([true, true]);
  });

  it('is lifted without an operator to one like itself', () => {
    const told: string[] = [];
    const source = new DemandObservable<string>((subscriber) => {
      subscriber.next('a');
      subscriber.complete();
    });
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- what operators of RxJS call
    const lifted = source.lift<string>();
    lifted.subscribe({ next: (value) => told.push(value), complete: () => told.push('|') });
    expect([told, FORGIVING in lifted]).toEqual([['a', '|'], true]);
  });
});

/** Each way to subscribe: its events for a value and an end, and for a value and an error. */
const ways: readonly [
  string,
  (source: Observable<unknown>, told: Observer<unknown>) => unknown,
  readonly string[],
  readonly string[],
][] = [
  ['()', (source) => source.subscribe(), [], ['unhandled']],
  ['(undefined)', (source) => source.subscribe(undefined), [], ['unhandled']],
  ['({})', (source) => source.subscribe({}), [], ['unhandled']],
  ['(next)', (source, { next }) => source.subscribe(next), ['next'], ['next', 'unhandled']],
  ['({ next })', (source, { next }) => source.subscribe({ next }), ['next'], ['next', 'unhandled']],
  ['({ complete })', (source, { complete }) => source.subscribe({ complete }), ['complete'], ['unhandled']],
  ['({ error })', (source, { error }) => source.subscribe({ error }), [], ['error']],
  ['({ next, error, complete })', (source, told) => source.subscribe(told), ['next', 'complete'], ['next', 'error']],
  [
    '(next, error, complete)',
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- it works, as it does in RxJS
    (source, { next, error, complete }) => source.subscribe(next, error, complete),
    ['next', 'complete'],
    ['next', 'error'],
  ],
  [
    '(null, null, complete)',
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- it works, as it does in RxJS
    (source, { complete }) => source.subscribe(null, null, complete),
    ['complete'],
    ['unhandled'],
  ],
  [
    '(null, error)',
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- it works, as it does in RxJS
    (source, { error }) => source.subscribe(null, error),
    [],
    ['error'],
  ],
  [
    '(subject)',
    (source, told) => {
      const subject = new Subject<unknown>();
      subject.subscribe(told);
      return source.subscribe(subject);
    },
    ['next', 'complete'],
    ['next', 'error'],
  ],
  [
    '(subscriber)',
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- a subscriber by itself
    (source, told) => source.subscribe(new Subscriber(told)),
    ['next', 'complete'],
    ['next', 'error'],
  ],
];

describe.each<[string, () => { readonly source: Observable<unknown>; readonly to: Observer<Uint8Array> }]>([
  [
    'an Observable of RxJS',
    () => {
      const to = new Subject<Uint8Array>();
      return { source: to.asObservable(), to };
    },
  ],
  [
    'a DemandObservable',
    () => {
      const to = new Subject<Uint8Array>();
      return { source: new DemandObservable((subscriber) => to.subscribe(subscriber)), to };
    },
  ],
  [
    'a Body',
    () => {
      const to = new Body();
      return { source: to, to };
    },
  ],
])('subscribe of %s', (_name, make) => {
  it.each(ways)('%s', (_way, subscribe, atEnd, atError) => {
    const failure = new Error('a mistake');
    for (const [error, expected] of [
      [undefined, atEnd],
      [failure, atError],
    ] as const) {
      const told: string[] = [];
      const { source, to } = make();
      subscribe(source, {
        next: () => told.push('next'),
        error: (got) => told.push(got === failure ? 'error' : 'another error'),
        complete: () => told.push('complete'),
      });
      to.next(utf8('a'));
      if (error === undefined) to.complete();
      else to.error(error);
      told.push(...unhandled().map((got) => (got === failure ? 'unhandled' : 'another error')));
      expect(told).toEqual(expected);
    }
  });
});
