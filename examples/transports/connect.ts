// HTTP by hand, over any flow: one request with `run`, a whole connection with `connect`.
//   npm run example connect
// Both ends are in this process, and nothing is opened: the flows are a pair in memory.
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

/** A flow to a service that speaks `protocol`. */
function flowTo(protocol: Protocol): Flow {
  const info: Info<MemoryFlow, string> = { alpn: () => protocol, peer: () => 'memory', injection: (flow) => flow };
  const [server, near] = memoryPair({ latency: 5 });
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
  return near;
}

const told = (response: ClientResponse): Observable<string> =>
  response.body.text().pipe(map((content) => `${response.protocol} ${response.status} ${content}`));

/** One request, one response; the flow ends behind it. */
const one = run(flowTo('http/1.1'), { url: 'http://memory/once' }).pipe(mergeMap(told));

/** Many exchanges on one connection, what the server pushes, and a sign of life; then a graceful end. */
function many(connection: H2ClientConnection): Observable<string> {
  const requests = from(['/a', '/b', '/page']).pipe(
    mergeMap((path) => connection.request({ url: `http://memory${path}` })),
    mergeMap(told),
  );
  const pushes = connection.pushes.pipe(
    mergeMap(({ request, response }) => forkJoin([of(request.url), response.pipe(mergeMap(told))])),
    map(([url, content]) => `pushed ${url}: ${content}`),
  );
  const ping = connection.ping().pipe(map((time) => `a ping took ${time} ms`));
  // `pushes` goes on as long as the connection does, which is as long as there is something to ask.
  return merge(pushes, merge(requests, ping).pipe(tap({ complete: () => connection.shutdown() })));
}

const connection = connect(flowTo('h2'), { alpn: 'h2' }).pipe(
  mergeMap((made) => (made.protocol === 'h2' ? many(made) : [])),
);

concat(one, connection).subscribe({ next: (line) => console.log(line), complete: () => console.log('the end') });
