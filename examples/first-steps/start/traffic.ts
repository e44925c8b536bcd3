/**
 * A service that can be watched: its connections, exchanges, bodies, credit and faults as one Observable. While nobody subscribes
 * to it the service runs as it is, but for an entry in a table a connection; who comes later sees what happens from then on.
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

/** What is watched, and how. */
export interface TrafficOptions<Socket, Peer> {
  readonly info: Info<Socket, Peer>;
  /** Requests that are not to be shown: those of who watches. */
  readonly ignores: (request: HttpRequest) => boolean;
  /** Emits, or ends, when a socket is closed. */
  readonly closed: (socket: Socket) => Observable<unknown>;
  readonly scheduler?: SchedulerLike;
}

/** How often bodies are looked at for what was taken of them, ms: nothing tells it. */
const GLANCE = 50;

export class Traffic<Socket extends object, Peer extends Named> {
  /** What happens, from the subscription on. Hot: it waits for nobody. */
  readonly events: Observable<TrafficEvent>;
  /** The bytes of the latest connections. */
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
    const glances = defer(() => interval(GLANCE, clock)).pipe(
      tap(() => this.glance()),
      ignoreElements(),
    );
    this.events = merge(subject, glances).pipe(share());
  }

  /** Whether anybody watches. */
  get watched(): boolean {
    return this.subject.observed;
  }

  /** What is under way, as the events that began it; the latest, where there is too much of it. */
  open(most: number): { readonly connections: readonly TrafficEvent[]; readonly exchanges: readonly RequestEvent[] } {
    const exchanges = [...this.exchanges.values()].slice(-most).map(({ begin }) => begin);
    return { connections: this.connections.open(most), exchanges };
  }

  /** The operator `service`, watched. */
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
    // A response is no Observable, and has a status.
    if ('status' in result && typeof result.status === 'number') return watched.response(result);
    return from(result as ObservableInput<HttpResponse>).pipe(map((response) => watched.response(response)));
  }

  private served({ request, status, outcome, received, sent, duration }: Served<Peer>): void {
    const exchange = this.exchanges.get(request);
    if (exchange === undefined) return;
    this.exchanges.delete(request);
    exchange.glance();
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
    // Of a connection that failed with several exchanges the fault has none.
    const ignored =
      request === undefined ? peer !== undefined && this.connections.isOwn(peer) : this.options.ignores(request);
    if (!this.watched || ignored) return;
    const connection: number | null = peer === undefined ? null : this.connections.of(peer);
    const exchange = request === undefined ? undefined : this.exchanges.get(request);
    const shown = shownFault(fault);
    const at = this.clock.now();
    this.subject.next({ kind: 'fault', at, connection, exchange: exchange?.id ?? null, ...shown });
  }

  private glance(): void {
    for (const exchange of this.exchanges.values()) exchange.glance();
  }
}
