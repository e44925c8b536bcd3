/**
 * Observes a service: its connections, exchanges, bodies, credit and faults become one Observable of events. While nobody subscribes
 * to it, the cost is one table entry per connection. A subscriber gets the events from its subscription on.
 */
import {
  asyncScheduler,
  defer,
  from,
  ignoreElements,
  interval,
  map,
  merge,
  type Observable,
  type ObservableInput,
  type OperatorFunction,
  pipe,
  type SchedulerLike,
  share,
  Subject,
  tap,
} from 'rxjs';
import {
  type Exchange,
  type Handler,
  type Info,
  type HttpRequest,
  type HttpResponse,
  service,
  type Served,
  type ServerFault,
  type ServiceOptions,
} from 'rxpaf';
import { Recordings } from './recordings.js';
import { type RequestEvent, shownFault, type TrafficEvent } from './traffic-event.js';
import { type Named, WatchedConnections } from './watched-connections.js';
import { WatchedExchange } from './watched-exchange.js';

/** What to observe, and how. */
export interface TrafficOptions<Socket, Peer> {
  readonly info: Info<Socket, Peer>;
  /** Requests that cause no events: those of the page that shows them. */
  readonly ignores: (request: HttpRequest) => boolean;
  /** Emits or completes when the socket is closed. */
  readonly closed: (socket: Socket) => Observable<unknown>;
  readonly scheduler?: SchedulerLike;
}

/** ms between two checks of how much of the request bodies was consumed: there is no event for it. */
const CREDIT_PERIOD = 50;

export class Traffic<Socket extends object, Peer extends Named> {
  /** The events from the subscription on. Hot, without backpressure. */
  readonly events: Observable<TrafficEvent>;
  /** The recordings of the latest connections. */
  readonly recordings = new Recordings();
  private readonly subject = new Subject<TrafficEvent>();
  private readonly connections: WatchedConnections<Socket, Peer>;
  private readonly exchanges = new Map<HttpRequest, WatchedExchange>();
  private readonly clock: SchedulerLike;
  private latest = 0;

  constructor(private readonly options: TrafficOptions<Socket, Peer>) {
    this.clock = options.scheduler ?? asyncScheduler;
    const { subject, clock, recordings } = this;
    const { info, closed } = options;
    const tell = (event: TrafficEvent): void => subject.next(event);
    this.connections = new WatchedConnections({ info, recordings, clock, closed, tell });
    const credit = defer(() => interval(CREDIT_PERIOD, clock)).pipe(
      tap(() => this.checkCredit()),
      ignoreElements(),
    );
    this.events = merge(subject, credit).pipe(share());
  }

  /** Whether somebody is subscribed. */
  get watched(): boolean {
    return this.subject.observed;
  }

  /** The open connections and exchanges as their first events: the latest `most` of each. */
  open(most: number): { readonly connections: readonly TrafficEvent[]; readonly exchanges: readonly RequestEvent[] } {
    const exchanges = [...this.exchanges.values()].slice(-most).map(({ begin }) => begin);
    return { connections: this.connections.open(most), exchanges };
  }

  /** The operator `service`, observed. */
  service(handler: Handler<Peer>, options?: ServiceOptions): OperatorFunction<Socket, Served<Peer>> {
    const { connections } = this;
    const { info } = this.options;
    const watched: Info<Socket, Peer> = {
      ...info,
      injection: (socket) => {
        const flow = info.injection(socket);
        return this.watched ? connections.tap(socket, flow) : flow;
      },
      peer: (socket) => {
        const peer = info.peer(socket);
        connections.add(socket, peer, this.watched);
        return peer;
      },
    };
    return pipe(
      service(watched, this.handler(handler), options),
      tap((served) => this.served(served)),
    );
  }

  private handler(inner: Handler<Peer>): Handler<Peer> {
    return {
      request: (request, exchange) => {
        const ignored = this.options.ignores(request);
        if (ignored) this.connections.own(exchange.peer);
        return ignored || !this.watched ? inner.request(request, exchange) : this.watch(inner, request, exchange);
      },
      error: (faults) => {
        const told = faults.pipe(tap((fault) => this.fault(fault)));
        return inner.error?.(told) ?? told;
      },
    };
  }

  private watch(
    inner: Handler<Peer>,
    request: HttpRequest,
    exchange: Exchange<Peer>,
  ): HttpResponse | ObservableInput<HttpResponse> {
    const connection = this.connections.of(exchange.peer);
    const watched = new WatchedExchange(++this.latest, connection, request, exchange, this.subject, this.clock);
    this.exchanges.set(request, watched);
    const result = inner.request(watched.request, exchange);
    // A response has a status, an Observable has none.
    if ('status' in result && typeof result.status === 'number') return watched.response(result);
    return from(result as ObservableInput<HttpResponse>).pipe(map((response) => watched.response(response)));
  }

  private served({ request, status, outcome, received, sent, duration }: Served<Peer>): void {
    const exchange = this.exchanges.get(request);
    if (exchange === undefined) return;
    this.exchanges.delete(request);
    exchange.checkCredit();
    const at = this.clock.now();
    this.subject.next({
      kind: 'end',
      at,
      exchange: exchange.id,
      status: status ?? null,
      outcome,
      received,
      sent,
      duration,
    });
  }

  private fault(fault: ServerFault<Peer>): void {
    const { peer, request } = fault;
    // A fault of a whole connection has no request.
    const ignored =
      request === undefined ? peer !== undefined && this.connections.isOwn(peer) : this.options.ignores(request);
    if (!this.watched || ignored) return;
    const connection: number | null = peer === undefined ? null : this.connections.of(peer);
    const exchange = request === undefined ? undefined : this.exchanges.get(request);
    const shown = shownFault(fault);
    const at = this.clock.now();
    this.subject.next({ kind: 'fault', at, connection, exchange: exchange?.id ?? null, ...shown });
  }

  private checkCredit(): void {
    for (const exchange of this.exchanges.values()) exchange.checkCredit();
  }
}
