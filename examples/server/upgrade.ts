// Upgrades and tunnels: after 101 (Switching Protocols), or 200 to CONNECT, the handler owns a flow of bytes: that of the connection
// on HTTP/1.1, that of the stream on HTTP/2.
//   npm run example upgrade
//   curl -p -x http://127.0.0.1:8080 http://127.0.0.1:3000/      (a tunnel to a server on port 3000)
// `Upgrade: echo` switches to a protocol that sends every byte back.
import { connect } from 'node:net';
import {
  fromEvent,
  ignoreElements,
  map,
  merge,
  mergeMap,
  type Observable,
  switchMap,
  take,
  tap,
  throwError,
} from 'rxjs';
import {
  type Exchange,
  type FieldsInit,
  type Flow,
  fromDuplex,
  type HttpRequest,
  serve,
  type Service,
  text,
} from 'rxpaf';

const { HOST = '127.0.0.1', PORT = '8080' } = process.env;

// Ctrl-C or SIGTERM starts a graceful shutdown. A second signal ends the process immediately.
const stop = merge(fromEvent(process, 'SIGINT'), fromEvent(process, 'SIGTERM')).pipe(take(1));

/** Connects to `authority` (host:port) and emits the flow; the error has status 502 where it cannot connect. */
function dial(authority: string): Observable<Flow> {
  const { hostname, port } = new URL(`http://${authority}`);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  const failed = fromEvent(socket, 'error').pipe(
    mergeMap((cause) => throwError(() => Object.assign(new Error('cannot connect', { cause }), { status: 502 }))),
  );
  return merge(fromEvent(socket, 'connect'), failed).pipe(
    take(1),
    map(() => fromDuplex(socket)),
  );
}

/** A flow is a Subject, so each can subscribe to the other: data, end, abort and backpressure pass in both directions. */
function join(one: Flow, other: Flow): void {
  one.subscribe(other);
  other.subscribe(one);
}

function tunnel({ authority }: HttpRequest, exchange: Exchange): Observable<never> {
  return dial(authority).pipe(
    switchMap((upstream) => exchange.tunnel().pipe(tap((flow) => join(flow, upstream)))),
    ignoreElements(),
  );
}

function echo(exchange: Exchange, headers?: FieldsInit): Observable<never> {
  return exchange.tunnel(headers === undefined ? {} : { headers }).pipe(
    tap((flow) => flow.subscribe(flow)),
    ignoreElements(),
  );
}

const app: Service = (request, exchange) => {
  // HTTP/2 names the protocol in CONNECT (RFC 8441), HTTP/1.1 in Upgrade.
  if (request.protocol === 'echo') return echo(exchange);
  if (request.method === 'CONNECT') return tunnel(request, exchange);
  if (request.headers.get('upgrade') === 'echo') return echo(exchange, { upgrade: 'echo', connection: 'upgrade' });
  return exchange.protocol === 'h2'
    ? text('send CONNECT\n', { status: 501 })
    : text('send `Upgrade: echo` or CONNECT\n', { status: 426, headers: { upgrade: 'echo' } });
};

serve(
  {
    host: HOST,
    port: Number(PORT),
    stop,
    connectProtocol: true,
    listening: ({ url }) => console.log(`listening on ${url}`),
  },
  app,
).subscribe({
  error: (error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
});
