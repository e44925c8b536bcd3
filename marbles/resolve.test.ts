/** From a context to a flow, in virtual time: which endpoint is tried when, and who owns what comes of it. */
import { asyncScheduler, catchError, map, merge, mergeMap, NEVER, Observable, of, Subject, take, timer } from 'rxjs';
import { ClientError, type ClientErrorCode } from '../src/errors.js';
import {
  Context,
  type Flow,
  HOST,
  type MemoryFlow,
  memoryPair,
  memoryTransport,
  needs,
  provided,
  required,
  resolve,
  type Transport,
  Transports,
} from '../src/flow/index.js';
import { within } from '../src/flow/first-value-timeout.js';
import { type Info, service, text } from '../src/index.js';
import { httpTest } from '../src/testing/index.js';

/** A transport whose endpoints are connections that are drawn. */
function drawn(name: string, ...connections: readonly Observable<Flow>[]): Transport<Observable<Flow>> {
  return { name, endpoints: () => connections, connect: (connection) => connection };
}

const registered = (...transports: readonly Transport<Observable<Flow>>[]): Transports =>
  transports.reduce((all, transport) => all.register(transport), Transports.EMPTY);

/** The outcome of resolving, in a word: the flow's name, or the error's code and what is in `errors`. */
function outcome(source: Observable<Flow>, names: ReadonlyMap<Flow, string>): Observable<string> {
  return source.pipe(
    map((flow) => names.get(flow) ?? 'a flow'),
    catchError((error: unknown) => {
      if (!(error instanceof ClientError)) throw error;
      return of(`${error.code}: ${error.errors.map(({ message }) => message).join(', ')}`);
    }),
  );
}

/** Two flows with names, and whether each was aborted. */
function flows(): { a: Flow; b: Flow; names: ReadonlyMap<Flow, string>; aborted: () => string[] } {
  const [a, b] = [memoryPair()[0], memoryPair()[0]];
  const names = new Map<Flow, string>([
    [a, 'a'],
    [b, 'b'],
  ]);
  const aborts = [a, b].map((flow) => jest.spyOn(flow, 'error'));
  return {
    ...{ a, b, names },
    aborted: () => [...names.values()].filter((_name, index) => aborts[index]!.mock.calls.length > 0),
  };
}

const failure = (code: ClientErrorCode, message: string): ClientError =>
  new ClientError(code, message, { retryable: true });

describe('the order', () => {
  it('is that of the priorities, whatever the order of registering', () =>
    httpTest(({ cold, expectObservable, expectSubscriptions }) => {
      const { a, b, names } = flows();
      const low = cold<Flow>('---(a|)', { a });
      const high = cold<Flow>('--(b|)', { b });
      const transports = Transports.EMPTY.register(drawn('low', low)).register(drawn('high', high), { priority: 1 });
      expectObservable(outcome(resolve(Context.EMPTY, transports), names)).toBe('--(b|)', { b: 'b' });
      expectSubscriptions(high).toBe('^-!');
      expectSubscriptions(low).toBe([]);
    }));

  it('is that of registering among equals, and of its endpoints in a transport', () =>
    httpTest(({ cold, expectObservable, expectSubscriptions }) => {
      const { a, names } = flows();
      const [one, two, three] = [cold<Flow>('-#'), cold<Flow>('--#'), cold<Flow>('-a', { a })];
      const transports = registered(drawn('first', one, two), drawn('second', three));
      expectObservable(outcome(resolve(Context.EMPTY, transports), names)).toBe('----(a|)', { a: 'a' });
      expectSubscriptions(one).toBe('  ^!');
      expectSubscriptions(two).toBe('  -^-!');
      expectSubscriptions(three).toBe('---^!');
    }));

  it('begins again with each subscription: cold', () =>
    httpTest(({ cold, expectObservable, expectSubscriptions }) => {
      const { a, names } = flows();
      const connection = cold<Flow>('--a|', { a });
      const flow = outcome(resolve(Context.EMPTY, registered(drawn('one', connection))), names);
      expectObservable(flow).toBe('         --(a|)', { a: 'a' });
      expectObservable(flow, '-----^').toBe('-------(a|)', { a: 'a' });
      expectSubscriptions(connection).toBe(['^-!', '-----^-!']);
    }));

  it('ends with one that is exclusive, where it applies', () =>
    httpTest(({ cold, expectObservable, expectSubscriptions }) => {
      const { a, names } = flows();
      const direct = cold<Flow>('-a', { a });
      const proxy = cold<Flow>('-#', {}, failure('proxy-refused', 'no'));
      const proxied: Transport<unknown> = {
        name: 'proxy',
        endpoints: needs({ proxy: provided('proxy', (context) => context.has(HOST)) }),
        connect: () => proxy,
      };
      const transports = registered(drawn('direct', direct)).register(proxied, { priority: 1, exclusive: true });
      const through = resolve(Context.EMPTY.add(HOST, 'h'), transports);
      expectObservable(outcome(through, names)).toBe('-(x|)', { x: 'proxy-refused: no' });
      expectObservable(outcome(resolve(Context.EMPTY, transports), names), '--^').toBe('---(a|)', { a: 'a' });
      expectSubscriptions(proxy).toBe(' ^!');
      expectSubscriptions(direct).toBe('--^!');
    }));
});

describe('the errors', () => {
  it('are all kept, in the order of the attempts, where all fail', () =>
    httpTest(({ cold, expectObservable }) => {
      const { names } = flows();
      const transports = registered(
        drawn('one', cold('-#', {}, failure('connect-timeout', 'slow')), cold('-#', {}, new Error('broken'))),
        drawn('two', cold('-|'), cold('-#', {}, 'no Error at all')),
      );
      expectObservable(outcome(resolve(Context.EMPTY, transports), names)).toBe('----(x|)', {
        x: 'connect-failed: slow, broken, the transport gave no flow, no Error at all',
      });
    }));

  it('have the code that all of them have, and their message where there is one', () =>
    httpTest(({ cold, expectObservable }) => {
      const refused = failure('handshake-failed', 'expired');
      const told = (...connections: readonly Observable<Flow>[]): Observable<unknown> =>
        resolve(Context.EMPTY, registered(drawn('tls', ...connections))).pipe(
          catchError((error: unknown) => of(error)),
          map((error) => (error instanceof ClientError ? `${error.code} ${error.retryable}: ${error.message}` : error)),
        );
      expectObservable(told(cold('-#', {}, refused))).toBe('-(x|)', { x: 'handshake-failed true: expired' });
      expectObservable(told(cold('-#', {}, refused), cold('-#', {}, refused))).toBe('--(x|)', {
        x: 'handshake-failed true: tls: expired; tls: expired',
      });
      const final = new ClientError('handshake-failed', 'never');
      expectObservable(told(cold('-#', {}, refused), cold('-#', {}, final))).toBe('--(x|)', {
        x: 'handshake-failed false: tls: expired; tls: never',
      });
      expectObservable(told(cold('-#', {}, new Error('plain')))).toBe('-(x|)', { x: 'connect-failed true: plain' });
    }));

  it('report what each transport misses, if none applies', () =>
    httpTest(({ expectObservable }) => {
      const host: Transport<unknown> = {
        name: 'one',
        endpoints: needs({ host: required(HOST), never: provided('the impossible', () => false) }),
        connect: () => NEVER,
      };
      const { names } = flows();
      const transports = registered(drawn('two')).register(host);
      expectObservable(outcome(resolve(Context.EMPTY, transports), names)).toBe('(x|)', {
        x: 'no-transport: two makes no endpoint of it, one needs host, the impossible',
      });
      expectObservable(outcome(resolve(Context.EMPTY, Transports.EMPTY), names)).toBe('(x|)', { x: 'no-transport: ' });
    }));

  it('of a transport that throws are those of an attempt', () =>
    httpTest(({ cold, expectObservable }) => {
      const { a, names } = flows();
      const thrower = (message: string) => (): never => {
        throw new Error(message);
      };
      const transports = Transports.EMPTY.register({
        name: 'one',
        endpoints: thrower('endpoints'),
        connect: () => NEVER,
      })
        .register({ name: 'two', endpoints: () => [1], connect: thrower('connect') })
        // Asked for its second endpoint when nobody is on the stack to hear it throw.
        .register({
          name: 'three',
          *endpoints() {
            yield 1;
            throw new Error('later');
          },
          connect: () => cold<Flow>('--#', {}, new Error('first')),
        });
      expectObservable(outcome(resolve(Context.EMPTY, transports), names)).toBe('--(x|)', {
        x: 'connect-failed: endpoints, connect, first, later',
      });
      const after = transports.register(drawn('four', cold('-a', { a })));
      expectObservable(outcome(resolve(Context.EMPTY, after), names)).toBe('---(a|)', { a: 'a' });
    }));

  it('do not grow the stack, however many there are: endpoints may be made for ever', () =>
    httpTest(({ expectObservable }) => {
      const { a, names } = flows();
      let ended = 0;
      const stubborn: Transport<number> = {
        name: 'stubborn',
        *endpoints() {
          try {
            for (let attempt = 0; ; attempt++) yield attempt;
          } finally {
            ended++;
          }
        },
        connect: (attempt) => (attempt < 10_000 ? [] : [a]),
      };
      const flow = outcome(resolve(Context.EMPTY, Transports.EMPTY.register(stubborn)), names);
      expectObservable(flow).toBe('(a|)', { a: 'a' });
      expectObservable(timer(1).pipe(map(() => ended))).toBe('-(e|)', { e: 1 });
    }));
});

describe('time limits', () => {
  // Virtual time is that of RxJS's own scheduler too, in these tests.
  const limited = (connection: Observable<Flow>, duration = 5): Observable<Flow> =>
    connection.pipe(within(duration, asyncScheduler, () => failure('connect-timeout', 'no answer')));

  it('end an attempt, whose connection is given up, and the next one begins', () =>
    httpTest(({ cold, expectObservable, expectSubscriptions }) => {
      const { a, b, names } = flows();
      const silent = cold<Flow>('-------a', { a });
      const quick = cold<Flow>('----b', { b });
      const transports = registered(drawn('one', limited(silent), limited(quick)));
      expectObservable(outcome(resolve(Context.EMPTY, transports), names)).toBe('5ms ----(b|)', { b: 'b' });
      expectSubscriptions(silent).toBe('^----!');
      expectSubscriptions(quick).toBe(' -----^---!');
    }));

  it('are the configured ones, if nothing responds', () =>
    httpTest(({ cold, expectObservable }) => {
      const { names } = flows();
      const transports = registered(drawn('one', limited(cold('-')), limited(cold('-'), 2)));
      expectObservable(outcome(resolve(Context.EMPTY, transports), names)).toBe('7ms (x|)', {
        x: 'connect-timeout: no answer, no answer',
      });
    }));

  it('are for ever where they are infinite', () =>
    httpTest(({ cold, expectObservable }) => {
      const { a, names } = flows();
      const slow = limited(cold<Flow>('50m a', { a }), Infinity);
      expectObservable(outcome(resolve(Context.EMPTY, registered(drawn('one', slow))), names)).toBe('50m (a|)', {
        a: 'a',
      });
    }));
});

describe('unsubscribing', () => {
  it('while it connects gives up the connection, and nothing more is tried', () =>
    httpTest(({ cold, expectObservable, expectSubscriptions }) => {
      const { a, names, aborted } = flows();
      const [connecting, next] = [cold<Flow>('----#'), cold<Flow>('-a', { a })];
      const flow = outcome(resolve(Context.EMPTY, registered(drawn('one', connecting, next))), names);
      expectObservable(flow, '^--!').toBe('---');
      expectSubscriptions(connecting).toBe('^--!');
      expectSubscriptions(next).toBe([]);
      expectObservable(timer(9).pipe(map(aborted))).toBe('9ms (x|)', { x: [] });
    }));

  it('after the flow does not touch it', () =>
    httpTest(({ cold, expectObservable, expectSubscriptions }) => {
      const { a, names, aborted } = flows();
      const connection = cold<Flow>('--a-----', { a });
      const kept = outcome(merge(resolve(Context.EMPTY, registered(drawn('one', connection))), NEVER), names);
      expectObservable(kept, '^----!').toBe('--a--', { a: 'a' });
      expectSubscriptions(connection).toBe('^-!');
      expectObservable(timer(9).pipe(map(aborted))).toBe('9ms (x|)', { x: [] });
    }));

  it('inside the flow’s delivery does not touch it', () =>
    httpTest(({ cold, expectObservable }) => {
      const { a, aborted } = flows();
      const left: string[] = [];
      const subscription = resolve(Context.EMPTY, registered(drawn('one', cold('-a', { a })))).subscribe({
        next: () => subscription.unsubscribe(),
        complete: () => left.push('completed'),
      });
      expectObservable(timer(9).pipe(map(() => [...aborted(), ...left]))).toBe('9ms (x|)', { x: [] });
    }));
});

describe('a flow that comes too late', () => {
  /** A source that keeps its subscriber past its end, as what wraps a callback may do. */
  const heedless = (due: number, ...late: readonly Flow[]): Observable<Flow> =>
    new Observable((subscriber) => {
      timer(due).subscribe(() => late.forEach((flow) => subscriber.next(flow)));
    });

  it('is aborted, where nobody waits any more', () =>
    httpTest(({ expectObservable }) => {
      const { a, names, aborted } = flows();
      const flow = resolve(Context.EMPTY, registered(drawn('one', heedless(6, a))));
      expectObservable(outcome(flow, names), '^---!').toBe('----');
      expectObservable(timer(5, 2).pipe(take(2), map(aborted))).toBe('5ms x-(y|)', { x: [], y: ['a'] });
    }));

  it('is aborted, where another one was taken', () =>
    httpTest(({ expectObservable }) => {
      const { a, b, names, aborted } = flows();
      const flow = resolve(Context.EMPTY, registered(drawn('one', heedless(2, a, b))));
      expectObservable(outcome(flow, names)).toBe('--(a|)', { a: 'a' });
      expectObservable(timer(9).pipe(map(aborted))).toBe('9ms (x|)', { x: ['b'] });
    }));

  it('is not aborted in time', () =>
    httpTest(({ expectObservable }) => {
      const { a, names, aborted } = flows();
      const flow = resolve(Context.EMPTY, registered(drawn('one', heedless(2, a))));
      expectObservable(outcome(flow, names), '^---!').toBe('--(a|)', { a: 'a' });
      expectObservable(timer(9).pipe(map(aborted))).toBe('9ms (x|)', { x: [] });
    }));
});

describe('a transport in memory', () => {
  const info: Info<MemoryFlow, string> = { alpn: () => undefined, peer: () => 'memory', injection: (flow) => flow };

  it('connects a client to a service in virtual time, each connection at the latency of the pair', () =>
    httpTest(({ h1, expectBody, expectObservable }) => {
      const accepted = new Subject<MemoryFlow>();
      const served = accepted.pipe(service(info, { request: ({ path }) => text(path) }));
      const transports = Transports.EMPTY.register(memoryTransport(accepted, { latency: 5 }));
      const ask = (path: string): Observable<Uint8Array> =>
        resolve(Context.EMPTY, transports).pipe(
          mergeMap((flow) => {
            flow.next(Buffer.from(h1.get(path)));
            return flow;
          }),
        );
      expectObservable(served.pipe(map(({ request }) => request.path)), '^ 30ms !').toBe('5ms a 2ms b', {
        a: '/a',
        b: '/b',
      });
      expectBody(ask('/a'), '     ^ 19ms !').toBe('   10ms x', { x: h1.response(200, '/a') });
      expectBody(ask('/b'), '---  ^ 19ms !').toBe('   13ms x', { x: h1.response(200, '/b') });
    }));

  it('refuses where nobody listens', () =>
    httpTest(({ expectObservable }) => {
      const transports = Transports.EMPTY.register(memoryTransport(new Subject<MemoryFlow>()));
      expectObservable(outcome(resolve(Context.EMPTY, transports), new Map())).toBe('(x|)', {
        x: 'connect-failed: nobody accepts',
      });
    }));

  it('is only for the contexts that it is made for', () =>
    httpTest(({ expectObservable }) => {
      const accepted = new Subject<MemoryFlow>();
      accepted.subscribe();
      const when = (context: Context): boolean => context.get(HOST) === 'here';
      const transports = Transports.EMPTY.register(memoryTransport(accepted, { name: 'inside', when }));
      const to = (host: string): Observable<string> =>
        outcome(resolve(Context.EMPTY.add(HOST, host), transports), new Map());
      expectObservable(to('here')).toBe('(x|)', { x: 'a flow' });
      expectObservable(to('there')).toBe('(x|)', { x: 'no-transport: inside needs a context that it is for' });
    }));
});
