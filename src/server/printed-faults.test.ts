/** What is printed of faults that nobody sees: the mistakes of this side, with their stack. */
import { map, NEVER, type Observable, of, Subject, type Subscription, throwError, timer } from 'rxjs';
import { type Flow, type Info, memoryPair } from '../flow/index.js';
import { text } from '../drive/response-builders.js';
import { until } from '../../test/kits/units/node-sockets.js';
import { Faults } from './error-stream.js';
import type { Handler, Service } from './handler.js';
import { service, type ServiceOptions } from './service.js';

const info: Info<Flow, string> = { alpn: () => 'http/1.1', peer: () => 'memory', injection: (flow) => flow };
const GET = 'GET / HTTP/1.1\r\nhost: test\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 9\r\n\r\npart';

let print: jest.SpyInstance<void, Parameters<typeof console.error>>;
beforeEach(() => (print = jest.spyOn(console, 'error').mockImplementation(() => undefined)));
const running: Subscription[] = [];
afterEach(() => {
  for (const subscription of running.splice(0)) subscription.unsubscribe();
  print.mockRestore();
});

/** The client of a service, once `what` has come there; the exchanges that have ended. */
function serving(
  handler: Service<string> | Handler<string>,
  options: ServiceOptions<string> = {},
): { readonly client: Flow; readonly ends: readonly string[]; readonly say: (words: string) => void } {
  const [ours, client] = memoryPair();
  const ends: string[] = [];
  const sockets = new Subject<Flow>();
  running.push(sockets.pipe(service(info, handler, options)).subscribe(({ outcome }) => ends.push(outcome)));
  sockets.next(ours);
  client.subscribe({ error: () => undefined });
  return { client, ends, say: (words) => void client.next(Buffer.from(words)) };
}

const boom = new Error('boom');
const throwing = (): never => {
  throw boom;
};
const failing = (status: number): Observable<never> => throwError(() => Object.assign(new Error('boom'), { status }));

describe('a service without a handler of faults', () => {
  it('prints what its handler throws, with the stack', async () => {
    const { say, ends } = serving(throwing);
    say(GET);
    await until(() => ends.length === 1);
    expect(print.mock.calls).toEqual([['rxpaf: exception (exception):', boom]]);
  });

  it.each<[string, Service, string]>([
    ['a response that is none', () => undefined as never, 'rxpaf: internal-server-error (invalid-response):'],
    ['a server behind it that fails', () => failing(502), 'rxpaf: bad-gateway (exception):'],
  ])('prints %s', async (_, handler, words) => {
    const { say, ends } = serving(handler);
    say(GET);
    await until(() => ends.length === 1);
    expect(print.mock.calls).toEqual([[words, expect.any(Error)]]);
  });

  it('prints nothing of what its clients do: a malformed request, a refusal, a disconnect', async () => {
    const malformed = serving(() => text('ok'));
    malformed.say('nonsense\r\n\r\n');
    const refused = serving(() => failing(404));
    refused.say(GET);
    const reset = serving(() => NEVER);
    reset.say(GET);
    reset.client.error();
    const truncated = serving(({ body }) => body.text().pipe(map((content) => text(content))));
    truncated.say(POST);
    truncated.client.complete();
    await until(() => refused.ends.length + reset.ends.length + truncated.ends.length === 3);
    expect([refused.ends, reset.ends, truncated.ends]).toEqual([['complete'], ['aborted'], ['complete']]);
    expect(print).not.toHaveBeenCalled();
  });

  it('prints nothing of its own end', async () => {
    const stopping = serving(() => NEVER, { stop: timer(1), limits: { drainTimeout: 1 } });
    stopping.say(GET);
    await until(() => stopping.ends.length === 1);
    expect(stopping.ends).toEqual(['aborted']);
    expect(print).not.toHaveBeenCalled();
  });
});

describe('with somebody to see them', () => {
  it.each<[string, (seen: unknown[]) => ReturnType<typeof serving>]>([
    [
      'handler.error',
      (seen) => serving({ request: throwing, error: (faults) => faults.pipe(map(({ cause }) => seen.push(cause))) }),
    ],
    [
      'a shared stream',
      (seen) => {
        const faults = new Faults<string>();
        faults.subscribe(({ cause }) => seen.push(cause));
        return serving(throwing, { faults });
      },
    ],
  ])('prints nothing: %s', async (_, serve) => {
    const seen: unknown[] = [];
    const { say, ends } = serve(seen);
    say(GET);
    await until(() => ends.length === 1);
    expect(seen).toEqual([boom]);
    expect(print).not.toHaveBeenCalled();
  });

  it('prints all the same where nobody has subscribed to the stream yet', async () => {
    const { say, ends } = serving(throwing, { faults: new Faults<string>() });
    say(GET);
    await until(() => ends.length === 1);
    expect(print.mock.calls).toEqual([['rxpaf: exception (exception):', boom]]);
  });

  it('prints a handler of faults that fails, where nobody else sees it', async () => {
    const late = new Error('no log');
    const { say, ends } = serving({
      request: throwing,
      error: (faults) =>
        faults.pipe(
          map(() => {
            throw late;
          }),
        ),
    });
    say(GET);
    await until(() => ends.length === 1);
    const failure = expect.objectContaining({ message: 'the handler of faults failed: no log', cause: late }) as Error;
    expect(print.mock.calls).toEqual([['rxpaf: exception (fault-handler-failed):', failure]]);
  });
});

it('a service that nobody has connected to prints a handler of faults that returns nothing', () => {
  const sockets: Observable<Flow> = of();
  sockets.pipe(service(info, { request: throwing, error: (() => undefined) as never })).subscribe();
  const failure = expect.objectContaining({ cause: expect.any(TypeError) as Error }) as Error;
  expect(print.mock.calls).toEqual([['rxpaf: exception (fault-handler-failed):', failure]]);
});
