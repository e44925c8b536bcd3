import { Observable, type Subscriber } from 'rxjs';
import type { Chains } from '../alpn/index.js';
import { EndSubscriber } from '../demand/end-subscriber.js';
import type { Flow } from '../flow/flow.js';
import type { RequestHead } from '../http/head.js';
import type { ChainContext } from './chain.js';
import type { Served } from './exchange.js';
import { h1Chain } from './h1.js';
import { type H2cUpgrade, h2Chain } from './h2.js';
import type { Running, Stoppable } from './running.js';
import type { ServerRuntime } from './runtime.js';

/**
 * The chains of one flow, and the protocol ids that switch it to them: the one that ALPN gave, and `h2c` if a request asks for
 * it. One object a connection, not a closure each: there are thousands.
 * @internal
 */
export class Dispatch<Peer> implements Chains<Served<Peer>>, ChainContext<Peer> {
  readonly protocols: Observable<string | undefined>;
  private switcher: Subscriber<string | undefined> | undefined = undefined;
  private upgrade: H2cUpgrade | undefined = undefined;

  constructor(
    ids: Observable<string | undefined>,
    readonly runtime: ServerRuntime<Peer>,
    readonly peer: Peer,
    readonly scheme: 'http' | 'https',
    private readonly running: Running,
  ) {
    this.protocols = new Observable((subscriber) => {
      this.switcher = subscriber;
      // It goes on behind the first id: another may follow.
      const first = new EndSubscriber<string | undefined>({
        next: (id) => subscriber.next(id),
        error: (error: unknown) => subscriber.error(error),
        complete: () => undefined,
      });
      ids.subscribe(first);
      return first;
    });
  }

  'http/1.1'(flow: Flow): Observable<Served<Peer>> {
    return h1Chain(flow, this);
  }

  h2(flow: Flow): Observable<Served<Peer>> {
    const { upgrade } = this;
    this.upgrade = undefined;
    return h2Chain(flow, this, upgrade);
  }

  register(connection: Stoppable): () => void {
    return this.running.add(connection);
  }

  switchToH2(settings: string, head: RequestHead): void {
    this.upgrade = { settings, head };
    this.switcher?.next('h2c');
  }

  end(): void {
    const { switcher } = this;
    this.switcher = undefined;
    switcher?.complete();
  }
}
