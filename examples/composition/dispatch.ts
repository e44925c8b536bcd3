// The dispatch itself. Accepted connections arrive as an Observable, and the ALPN result of each flow is piped into a `switchMap` that
// selects a chain. The chains are HTTP/1.1, HTTP/2, and a protocol of your own, here an echo with the id `echo/1`. npm run example dispatch
// curl -k https://127.0.0.1:8443/
//   openssl s_client -quiet -alpn echo/1 -connect 127.0.0.1:8443      (each line that you type comes back)
import {
  catchError,
  EMPTY,
  fromEvent,
  ignoreElements,
  merge,
  mergeMap,
  type Observable,
  of,
  take,
  takeUntil,
} from 'rxjs';
import {
  alpn,
  type Flow,
  h1,
  h2,
  type HttpConnection,
  listen,
  ListenFailure,
  nodeInfo,
  type Served,
  text,
} from 'rxpaf';
import { generate } from 'selfsigned';

const { HOST = '127.0.0.1', PORT = '8443' } = process.env;

// A new certificate that no authority has signed (curl -k). In production, read `key` and `cert` from your files.
const options = { algorithm: 'sha256', keyType: 'ec' } as const;
const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], options);

/** A protocol of your own: a flow is a Subject of bytes, so one that subscribes to itself is an echo with backpressure. */
function echo(flow: Flow): Observable<never> {
  flow.subscribe(flow);
  return flow.drained.pipe(ignoreElements());
}

function logged(error: Error): Observable<never> {
  console.error(error.message);
  return EMPTY;
}

/** The exchanges of a connection, each with its response. */
const serve = (connection: HttpConnection): Observable<Served> =>
  connection.exchanges.pipe(mergeMap((exchange) => exchange.respond(text(`hello over ${connection.protocol}\n`))));

listen({
  host: HOST,
  port: Number(PORT),
  tls: { key, cert, ALPNProtocols: ['h2', 'http/1.1', 'echo/1'] },
  listening: ({ url }) => console.log(`listening on ${url}`),
})
  .pipe(
    takeUntil(merge(fromEvent(process, 'SIGINT'), fromEvent(process, 'SIGTERM')).pipe(take(1))),
    mergeMap((socket) => {
      // A handshake that failed, or an id without a chain: this connection ends, and the others go on.
      if (socket instanceof ListenFailure) return logged(socket.error);
      const flow = nodeInfo.injection(socket);
      return of(flow.alpn).pipe(alpn(flow, { 'http/1.1': h1(), h2: h2(), 'echo/1': echo }), catchError(logged));
    }),
    mergeMap(serve),
  )
  .subscribe({
    next: ({ protocol, request, status }) => console.log(protocol, request.path, status),
    error: (error: Error) => {
      console.error(error.message);
      process.exitCode = 1;
    },
  });
