import { type Observable, Subject } from 'rxjs';
import { ClientError } from '../errors.js';
import type { Flow } from '../flow/flow.js';
import { memoryPair } from '../flow/memory-pair.js';
import { Transports } from '../flow/transports.js';
import type { ClientExchange } from './exchange.js';
import type { ConnectionDriver } from './connection-driver.js';
import { type ClientOptions, ClientSettings } from './client-options.js';
import { OriginPool } from './connection-pool.js';
import { outgoingRequest } from './outgoing-request.js';
import { parseTarget } from './target-url.js';
import type { QueuedRequest, RequestQueue } from './request-queue.js';

/** A request that records its outcome. */
class Asking implements QueuedRequest {
  readonly request = outgoingRequest({ url: 'http://test/' });
  queue: RequestQueue | undefined = undefined;
  earlier: QueuedRequest | undefined = undefined;
  later: QueuedRequest | undefined = undefined;
  wait: QueuedRequest['wait'] = undefined;
  exchange: ClientExchange | undefined = undefined;
  outcome = '';

  begin(connection: ConnectionDriver): void {
    this.exchange = connection.begin(this.request, {
      onInterim: () => undefined,
      onResponse: ({ status }) => (this.outcome = String(status)),
      onFailed: ({ code }) => (this.outcome = code),
    });
  }

  refuse({ code }: ClientError): void {
    this.outcome = code;
  }

  onDeadline(): void {
    this.queue?.expire(this);
  }
}

/** An origin whose connections are made when the test says so. */
class Drawn {
  /** What is being connected, or was. */
  readonly connecting: Subject<Flow>[] = [];
  unused = 0;
  readonly origin: OriginPool;

  constructor(options: ClientOptions = {}, draining = false) {
    const transports = Transports.EMPTY.register({
      name: 'drawn',
      endpoints: () => [0],
      connect: (): Observable<Flow> => {
        const made = new Subject<Flow>();
        this.connecting.push(made);
        return made;
      },
    });
    const settings = new ClientSettings({ transports, ...options });
    this.origin = new OriginPool(parseTarget('http://test/'), settings, () => this.unused++, draining);
    opened.push(this.origin);
  }

  ask(): Asking {
    const asking = new Asking();
    this.origin.dispatch(asking);
    return asking;
  }

  /** Connection `index` is there. Returns its server: the number of requests, and its response. */
  connected(index: number): { readonly asked: () => number; answer(fields?: string): void; leave(): void } {
    const [near, far] = memoryPair();
    let text = '';
    far.subscribe({ next: (chunk) => (text += Buffer.from(chunk).toString()), error: () => undefined });
    this.connecting[index]!.next(near);
    this.connecting[index]!.complete();
    return {
      asked: () => text.split('GET / ').length - 1,
      answer: (fields = '') => void far.next(Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: 0\r\n${fields}\r\n`)),
      leave: () => far.complete(),
    };
  }
}

const opened: OriginPool[] = [];
afterEach(() => {
  for (const origin of opened.splice(0)) origin.close(new ClientError('closed', 'the test is over'));
});

describe('an origin', () => {
  it('connects once for each who waits, as far as it may, and begins them in their order', () => {
    const drawn = new Drawn({ connections: 2 });
    const [first, second, third] = [drawn.ask(), drawn.ask(), drawn.ask()];
    expect(drawn.connecting).toHaveLength(2);
    const server = drawn.connected(1);
    expect([first, second, third].map(({ exchange }) => exchange !== undefined)).toEqual([true, false, false]);
    server.answer();
    server.answer();
    expect([first, second, third].map(({ outcome }) => outcome)).toEqual(['200', '200', '']);
    expect([server.asked(), drawn.connecting.length]).toEqual([3, 2]);
  });

  it('takes the idle connection that was used last', () => {
    const drawn = new Drawn({ connections: 2 });
    drawn.ask();
    drawn.ask();
    const servers = [drawn.connected(0), drawn.connected(1)];
    servers[1]!.answer();
    servers[0]!.answer();
    drawn.ask();
    expect(servers.map((server) => server.asked())).toEqual([2, 1]);
  });

  it('has each idle connection once among the idle ones, and none that is busy or has gone', () => {
    const drawn = new Drawn({ connections: 1 });
    const idle = Reflect.get(drawn.origin, 'idle') as readonly ConnectionDriver[];
    drawn.ask();
    const server = drawn.connected(0);
    const seen = [idle.length];
    for (const fields of ['', '', 'connection: close\r\n']) {
      server.answer(fields);
      seen.push(idle.length);
      drawn.ask();
      seen.push(idle.length);
    }
    expect(seen).toEqual([0, 1, 0, 1, 0, 0, 0]);
  });

  it('forgets an idle connection that ends', () => {
    const drawn = new Drawn({ connections: 1 });
    const idle = Reflect.get(drawn.origin, 'idle') as readonly ConnectionDriver[];
    drawn.ask();
    const server = drawn.connected(0);
    server.answer();
    expect(idle).toHaveLength(1);
    server.leave();
    expect([idle.length, drawn.unused]).toEqual([0, 1]);
  });

  it('has a new connection in place of one that is leaving', () => {
    const drawn = new Drawn({ connections: 1 });
    drawn.ask();
    const waiting = drawn.ask();
    drawn.connected(0).answer('connection: close\r\n');
    expect([drawn.connecting.length, waiting.exchange]).toEqual([2, undefined]);
    drawn.connected(1).answer();
    expect(waiting.outcome).toBe('200');
  });

  it('refuses all waiting requests only when no other connection may come', () => {
    const drawn = new Drawn({ connections: 2 });
    const askings = [drawn.ask(), drawn.ask()];
    const fail = (index: number): void =>
      drawn.connecting[index]!.error(new ClientError('connect-failed', 'nobody is there'));
    fail(0);
    expect(askings.map(({ outcome }) => outcome)).toEqual(['', '']);
    fail(1);
    expect(askings.map(({ outcome }) => outcome)).toEqual(['connect-failed', 'connect-failed']);
    expect(drawn.unused).toBeGreaterThan(0);
  });

  it('refuses a request when the queue is full, and does not count those for which a connection is on its way', () => {
    const drawn = new Drawn({ connections: 1, queue: 1 });
    expect([drawn.ask(), drawn.ask(), drawn.ask()].map(({ outcome }) => outcome)).toEqual(['', '', 'queue-full']);
  });

  it('stops connecting when the last waiting request is cancelled', () => {
    const drawn = new Drawn();
    const asking = drawn.ask();
    const [connecting] = drawn.connecting;
    expect(connecting!.observed).toBe(true);
    asking.queue!.leave(asking);
    expect([connecting!.observed, drawn.unused]).toEqual([false, 1]);
  });

  it('that is draining ends its connections once nobody waits', () => {
    const drawn = new Drawn({ connections: 1 });
    const [first, second] = [drawn.ask(), drawn.ask()];
    drawn.origin.shutdown();
    const server = drawn.connected(0);
    server.answer();
    expect([first.outcome, second.outcome, drawn.unused]).toEqual(['200', '', 0]);
    server.answer();
    expect([second.outcome, server.asked()]).toEqual(['200', 2]);
  });

  it('that is closed ends all requests, those under way and those that wait', () => {
    const drawn = new Drawn({ connections: 1 });
    const [first, second] = [drawn.ask(), drawn.ask()];
    drawn.connected(0);
    drawn.origin.close(new ClientError('closed', 'no more'));
    expect([first.outcome, second.outcome, drawn.unused]).toEqual(['closed', 'closed', 1]);
  });
});
