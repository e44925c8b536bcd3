import { firstValueFrom } from 'rxjs';
import { ClientError } from '../errors.js';
import { Context, key } from './context.js';
import type { Flow } from './flow.js';
import { HOST, PORT } from './context-keys.js';
import { memoryPair } from './memory-pair.js';
import { defaulted, needs, optional, provided, required } from './endpoint-needs.js';
import { resolve } from './resolve.js';
import { type Transport, Transports } from './transports.js';

const NAME = key<string>('name');
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('needs', () => {
  const endpoints = needs({ host: required(HOST), port: defaulted(PORT, 80), name: optional(NAME) });

  it('make one endpoint of a context that has what is required', () => {
    const context = Context.EMPTY.add(HOST, 'a');
    expect([...endpoints(context)]).toEqual([{ host: 'a', port: 80, name: undefined }]);
    expect([...endpoints(context.add(PORT, 0).add(NAME, 'n'))]).toEqual([{ host: 'a', port: 0, name: 'n' }]);
  });

  it('make none of another one, and report what it misses', () => {
    const both = needs({ host: required(HOST), name: required(NAME), odd: provided('an odd port', isOdd) });
    const context = Context.EMPTY.add(HOST, 'a');
    expect([[...both(context)], both.missing?.(context)]).toEqual([[], ['name', 'an odd port']]);
    const complete = context.add(NAME, 'n').add(PORT, 3);
    expect([[...both(complete)], both.missing?.(complete)]).toEqual([[{ host: 'a', name: 'n', odd: true }], []]);
  });

  it('are met by the default of a key', () => {
    const retries = needs({ retries: required(key('retries', { default: 3 })) });
    expect([...retries(Context.EMPTY)]).toEqual([{ retries: 3 }]);
  });

  it('are made an endpoint by the transport, or none', () => {
    const urls = needs({ host: required(HOST), port: optional(PORT) }, ({ host, port }) =>
      port === undefined ? undefined : `${host}:${port}`,
    );
    const context = Context.EMPTY.add(HOST, 'a');
    expect([[...urls(context)], [...urls(context.add(PORT, 1))]]).toEqual([[], ['a:1']]);
  });

  it('have the types of their keys', () => {
    for (const { host, port, name } of endpoints(Context.EMPTY.add(HOST, 'a'))) {
      const typed: [string, number, string | undefined] = [host, port, name];
      expect(typed).toHaveLength(3);
      // @ts-expect-error -- what is optional may not be there
      const sure: string = name;
      expect(sure).toBeUndefined();
    }
    // @ts-expect-error -- no text is a port
    defaulted(PORT, '80');
    const wrong: Transport<{ readonly host: number }> = {
      name: 'wrong',
      // @ts-expect-error -- these are not the endpoints that it connects to
      endpoints,
      connect: () => [],
    };
    expect(wrong.name).toBe('wrong');
  });

  function isOdd(context: Context): boolean {
    return (context.get(PORT) ?? 0) % 2 === 1;
  }
});

describe('a registry of transports', () => {
  const transport = (name: string): Transport<number> => ({ name, endpoints: () => [], connect: () => [] });

  it('is in the order of priority, then of registering, and is never changed', () => {
    const some = Transports.EMPTY.register(transport('a')).register(transport('b'));
    const more = some.register(transport('low'), { priority: -1 }).register(transport('high'), { priority: 1 });
    expect([Transports.EMPTY, some, more, more.register(transport('c'))].map(({ names }) => names)).toEqual([
      [],
      ['a', 'b'],
      ['high', 'a', 'b', 'low'],
      ['high', 'a', 'b', 'c', 'low'],
    ]);
  });

  it('has one transport of a name', () => {
    const some = Transports.EMPTY.register(transport('a'));
    expect(() => some.register(transport('a'), { priority: 1 })).toThrow(
      new TypeError('there is a transport "a" already'),
    );
  });

  it('refuses a priority that is not a number', () => {
    expect(() => Transports.EMPTY.register(transport('a'), { priority: NaN })).toThrow(RangeError);
  });
});

describe('a transport that gives a promise', () => {
  const promising = (promise: Promise<Flow>): Transports =>
    Transports.EMPTY.register({ name: 'promising', endpoints: () => [1], connect: () => promise });

  it('connects', async () => {
    const [flow] = memoryPair();
    expect(await firstValueFrom(resolve(Context.EMPTY, promising(Promise.resolve(flow))))).toBe(flow);
  });

  it('fails', async () => {
    const resolved = firstValueFrom(resolve(Context.EMPTY, promising(Promise.reject(new Error('no')))));
    await expect(resolved).rejects.toEqual(new ClientError('connect-failed', 'no'));
  });

  it('has the flow aborted that it gives to nobody any more', async () => {
    const [flow, peer] = memoryPair();
    const ends: unknown[] = [];
    peer.subscribe({ error: (error) => ends.push(error) });
    resolve(Context.EMPTY, promising(Promise.resolve(flow)))
      .subscribe()
      .unsubscribe();
    await turn();
    expect(ends).toEqual([expect.objectContaining({ code: 'connection-reset' })]);
  });
});
