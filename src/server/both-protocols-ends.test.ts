/** The same handlers on HTTP/1.1 and on HTTP/2: clients that give up, and the end of the service. */
import { concat, mergeMap, NEVER, Observable, of, timer } from 'rxjs';
import { bytes, text } from '../drive/response-builders.js';
import type { Served } from './finished-exchange.js';
import { PROTOCOLS, until, Watch, World } from '../../test/kits/units/both-protocols.js';

const hello = Buffer.from('hello');

describe.each(PROTOCOLS)('%s: a client that disconnects', (protocol) => {
  /** How a client disconnects from one exchange. */
  const code = protocol === 'h2' ? 'stream-reset' : 'connection-reset';
  /** The end of an exchange whose client has disconnected. */
  const aborted = (error = code): object => ({
    outcome: 'aborted',
    error: expect.objectContaining({ code: error, initiator: 'peer' }) as object,
  });

  it('in the middle of its request: the body errors once, the handler is unsubscribed, no fault', async () => {
    const handler = new Watch();
    let received = 0;
    const world = new World(protocol, ({ body }) => {
      body.subscribe({ next: (chunk) => (received += chunk.length), error: (error) => handler.errors.push(error) });
      return handler.source(NEVER);
    });
    const call = world.call({ method: 'POST' });
    call.sending.write('half');
    await until(() => received === 4);
    call.abort();
    await until(() => world.served.length === 1);
    expect(handler).toMatchObject({ subscribed: 1, finalized: 1 });
    expect(handler.errors).toEqual([expect.objectContaining({ code })]);
    expect(world.codes).toEqual([]);
    expect(world.served[0]).toMatchObject({ ...aborted(), status: undefined, received: 4, sent: 0 });
    expect(world.served[0]!.error).toBe(handler.errors[0]);
  });

  it('whose body nobody subscribes with an error handler: nothing is thrown', async () => {
    let received = 0;
    const world = new World(protocol, ({ body }) => {
      body.subscribe((chunk) => (received += chunk.length));
      return NEVER;
    });
    const call = world.call({ method: 'POST' });
    call.sending.write('half');
    await until(() => received === 4);
    call.abort();
    await until(() => world.served.length === 1);
    // RxJS would report it on a timer.
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(world.codes).toEqual([]);
    expect(world.served).toMatchObject([aborted()]);
  });

  it('in the middle of the response: its source is unsubscribed, no fault', async () => {
    const source = new Watch();
    const handler = new Watch();
    const world = new World(protocol, () =>
      handler.source(concat(of(bytes(source.source(concat(of(hello), NEVER)))), NEVER)),
    );
    const call = world.call();
    const { content } = await call.head;
    await new Promise((resolve) => content.once('data', resolve));
    expect(source).toMatchObject({ subscribed: 1, finalized: 0 });
    call.abort();
    await until(() => world.served.length === 1);
    expect([source, handler]).toMatchObject([{ finalized: 1 }, { finalized: 1 }]);
    expect(world.codes).toEqual([]);
    expect(world.served[0]).toMatchObject({ ...aborted(), status: 200, sent: 5 });
  });

  it('in the middle of an endless response: its source is pulled no further', async () => {
    let pulled = 0;
    let ended = false;
    function* endless(): Generator<Buffer> {
      try {
        // A regression would never end: it is made to.
        while (pulled++ < 10_000) yield Buffer.alloc(50_000);
      } finally {
        ended = true;
      }
    }
    const world = new World(protocol, () => bytes(endless()));
    const call = world.call();
    const { content } = await call.head;
    await new Promise((resolve) => content.once('data', resolve));
    call.abort();
    await until(() => world.served.length === 1);
    expect(ended).toBe(true);
    expect(pulled).toBeLessThan(100);
  });

  it('while its body is relayed: both ends are let go, no fault', async () => {
    const world = new World(protocol, ({ body }) => bytes(body));
    const call = world.call({ method: 'POST' });
    call.sending.write('half');
    const { content } = await call.head;
    await new Promise((resolve) => content.once('data', resolve));
    call.abort();
    await until(() => world.served.length === 1);
    expect(world.codes).toEqual([]);
    expect(world.served[0]).toMatchObject({ ...aborted(), received: 4, sent: 4 });
  });

  it('with whole connections: no fault, and each of their exchanges is aborted', async () => {
    const count = 5;
    const handler = new Watch();
    const world = new World(protocol, () => handler.source(NEVER));
    for (let index = 0; index < count; index++) world.call();
    await until(() => handler.subscribed === count);
    world.cut();
    await until(() => world.served.length === count);
    expect(handler.finalized).toBe(count);
    expect(world.codes).toEqual([]);
    expect(world.served).toMatchObject(Array.from({ length: count }, () => aborted('connection-reset')));
  });
});

describe.each(PROTOCOLS)('%s: the end', (protocol) => {
  it('stop: every request gets its response, whole, and the service completes', async () => {
    const stop = new Observable<void>((subscriber) => void (fire = () => subscriber.next()));
    let fire = (): void => undefined;
    let asked = 0;
    const world = new World(protocol, ({ body }) => (asked++, timer(20).pipe(mergeMap(() => of(bytes(body))))), {
      stop,
    });
    const content = Buffer.alloc(100_000, 'x');
    const replies = Array.from({ length: 30 }, () => world.ask({ method: 'POST', body: content }));
    await until(() => asked === 30);
    fire();
    for (const reply of await Promise.all(replies)) expect(reply.body.equals(content)).toBe(true);
    await until(() => world.completed);
    expect(world.served).toHaveLength(30);
    expect(world.served.every(({ outcome }) => outcome === 'complete')).toBe(true);
    expect(world.codes).toEqual([]);
  });

  it('stop while nothing is under way: the connections are closed', async () => {
    let fire = (): void => undefined;
    const stop = new Observable<void>((subscriber) => void (fire = () => subscriber.next()));
    const world = new World(protocol, () => text('hello'), { stop });
    await world.ask();
    fire();
    await until(() => world.completed);
    expect(world.codes).toEqual([]);
  });

  it('stop with an exchange that does not end: past the drain time it is broken off', async () => {
    let fire = (): void => undefined;
    const stop = new Observable<void>((subscriber) => void (fire = () => subscriber.next()));
    const handler = new Watch();
    const world = new World(protocol, () => handler.source(NEVER), { stop, limits: { drainTimeout: 20 } });
    const reply = world.ask();
    await until(() => handler.subscribed === 1);
    fire();
    await expect(reply).rejects.toThrow();
    await until(() => world.completed);
    expect([handler.finalized, world.codes]).toEqual([1, ['going-away']]);
  });

  it('unsubscribing: at once, in any state of the exchanges', async () => {
    const handler = new Watch();
    const world = new World(protocol, () => handler.source(NEVER));
    const reply = world.ask();
    await until(() => handler.subscribed === 1);
    world.subscription.unsubscribe();
    expect(handler.finalized).toBe(1);
    await expect(reply).rejects.toThrow();
  });

  it('of an exchange is emitted by `closed`, however it came', async () => {
    const begun: string[] = [];
    const ends: string[] = [];
    const records: Served<string>[] = [];
    const world = new World(protocol, ({ path }, { closed }) => {
      begun.push(path);
      closed.subscribe({ next: (served) => records.push(served), complete: () => ends.push(path) });
      return path === '/never'
        ? NEVER
        : path === '/late'
          ? timer(1).pipe(mergeMap(() => of(text('late'))))
          : text('now');
    });
    await world.ask('/now');
    await world.ask('/late');
    await until(() => ends.length === 2);
    const call = world.call({ path: '/never' });
    await until(() => begun.length === 3);
    expect(ends).toEqual(['/now', '/late']);
    call.abort();
    await until(() => ends.length === 3);
    expect(ends[2]).toBe('/never');
    // The very records that the service emits.
    await until(() => world.served.length === 3);
    expect(records).toHaveLength(3);
    for (const [index, record] of records.entries()) expect(record).toBe(world.served[index]);
    expect(records.map(({ outcome, error }) => [outcome, error?.name])).toEqual([
      ['complete', undefined],
      ['complete', undefined],
      ['aborted', 'ProtocolError'],
    ]);
  });
});
