// HTTP over a flow of your own: `run` sends one request; `connect` gives you a connection for many.
// Client and server run in this process, over flows in memory.
//   npm run example connect
import { concat, forkJoin, from, map, merge, mergeMap, type Observable, of, tap } from 'rxjs';
import {
  type ClientResponse,
  connect,
  type Flow,
  type H2ClientConnection,
  type Info,
  type MemoryFlow,
  memoryPair,
  type Protocol,
  run,
  service,
  text,
} from 'rxpaf';

/** Starts a service for one connection and returns the client's end of it. */
function flowTo(protocol: Protocol): Flow {
  const info: Info<MemoryFlow, string> = { alpn: () => protocol, peer: () => 'memory', injection: (end) => end };
  const [server, flow] = memoryPair({ latency: 5 });
  of(server)
    .pipe(
      service(info, {
        request: ({ path }, exchange) => {
          if (exchange.protocol === 'h2' && path === '/page') exchange.push({ path: '/style.css' }, text('b { }'));
          return text(`this is ${path}`);
        },
      }),
    )
    .subscribe();
  return flow;
}

const describe = (response: ClientResponse): Observable<string> =>
  response.body.text().pipe(map((content) => `${response.protocol} ${response.status} ${content}`));

/** One request and one response. The flow ends after it. */
const one = run(flowTo('http/1.1'), { url: 'http://memory/once' }).pipe(mergeMap(describe));

/** Many requests on one connection, a server push and a ping; then a graceful shutdown. */
function many(connection: H2ClientConnection): Observable<string> {
  const requests = from(['/a', '/b', '/page']).pipe(
    mergeMap((path) => connection.request({ url: `http://memory${path}` })),
    mergeMap(describe),
  );
  const pushes = connection.pushes.pipe(
    mergeMap(({ request, response }) => forkJoin([of(request.url), response.pipe(mergeMap(describe))])),
    map(([url, content]) => `pushed ${url}: ${content}`),
  );
  const ping = connection.ping().pipe(map((time) => `the ping took ${time} ms`));
  // `pushes` completes when the connection ends, and the shutdown ends the connection.
  return merge(pushes, merge(requests, ping).pipe(tap({ complete: () => connection.shutdown() })));
}

const connection = connect(flowTo('h2'), { alpn: 'h2' }).pipe(
  mergeMap((made) => (made.protocol === 'h2' ? many(made) : [])),
);

concat(one, connection).subscribe({ next: (line) => console.log(line), complete: () => console.log('done') });
