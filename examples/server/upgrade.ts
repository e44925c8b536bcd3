// Taking the flow over: after 101 Switching Protocols, or 200 to CONNECT, the connection's bytes belong to the handler.
//   npm run example upgrade
//   curl -p -x http://127.0.0.1:8080 http://127.0.0.1:3000/      (a tunnel to whatever runs there)
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
import { type Flow, fromDuplex, type H1Exchange, type HttpRequest, type HttpResponse, serve, text } from 'rxpaf';
import { failed, here } from '../support/here.js';

/** A flow to `authority` (host:port), once it is connected; 502 where it is not. */
function dial(authority: string): Observable<Flow> {
  const { hostname, port } = new URL(`http://${authority}`);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  const broken = fromEvent(socket, 'error').pipe(
    mergeMap((cause) => throwError(() => Object.assign(new Error('cannot connect', { cause }), { status: 502 }))),
  );
  return merge(fromEvent(socket, 'connect'), broken).pipe(
    take(1),
    map(() => fromDuplex(socket)),
  );
}

/** Each flow reads what the other writes: data, end and abort, with backpressure both ways. */
function join(one: Flow, other: Flow): void {
  one.subscribe(other);
  other.subscribe(one);
}

function tunnel({ authority }: HttpRequest, exchange: H1Exchange): Observable<never> {
  return dial(authority).pipe(
    switchMap((upstream) => exchange.tunnel().pipe(tap((flow) => join(flow, upstream)))),
    ignoreElements(),
  );
}

function echo(exchange: H1Exchange): Observable<never> {
  return exchange.tunnel({ headers: { upgrade: 'echo', connection: 'upgrade' } }).pipe(
    tap((flow) => flow.subscribe(flow)),
    ignoreElements(),
  );
}

serve(here, {
  request: (request, exchange): HttpResponse | Observable<HttpResponse> => {
    if (exchange.protocol === 'http/1.1' && request.method === 'CONNECT') return tunnel(request, exchange);
    if (exchange.protocol === 'http/1.1' && request.headers.get('upgrade') === 'echo') return echo(exchange);
    return text('ask for `Upgrade: echo`, or CONNECT\n', { status: 426, headers: { upgrade: 'echo' } });
  },
}).subscribe({ error: failed });
