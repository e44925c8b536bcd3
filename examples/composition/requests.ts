// Requests as a stream: connections are values, and so are their exchanges. `consume` works on two of them at a time, over all
// connections together, and the others wait in their clients: this is admission control, with backpressure and no queue.
//   npm run example requests
//   for i in 1 2 3 4 5 6; do curl http://127.0.0.1:8080/$i & done; wait      (two responses a second)
import { fromEvent, map, merge, mergeMap, type Observable, take, timer } from 'rxjs';
import {
  connections,
  consume,
  Faults,
  type HttpRequest,
  type HttpResponse,
  listen,
  nodeInfo,
  type NodePeer,
  text,
} from 'rxpaf';

const { HOST = '127.0.0.1', PORT = '8080' } = process.env;

// Ctrl-C or SIGTERM starts a graceful shutdown. A second signal ends the process immediately.
const stop = merge(fromEvent(process, 'SIGINT'), fromEvent(process, 'SIGTERM')).pipe(take(1));

/** The work for a request takes a second. */
const app = ({ path }: HttpRequest): Observable<HttpResponse> => timer(1000).pipe(map(() => text(`${path} is done\n`)));

/** The error stream: a value that any number of services share. */
const faults = new Faults<NodePeer>();
faults.subscribe(({ code, message }) => console.error(`fault: ${code}: ${message}`));

listen({ host: HOST, port: Number(PORT), listening: ({ url }) => console.log(`listening on ${url}`) })
  .pipe(
    connections(nodeInfo, { faults, stop }),
    mergeMap((connection) => connection.exchanges),
    consume((exchange) => exchange.respond(app), { concurrency: 2 }),
  )
  .subscribe({
    next: ({ request, status, duration }) => console.log(`${request.path} ${status ?? 'aborted'} after ${duration} ms`),
    error: (error: Error) => {
      console.error(error.message);
      process.exitCode = 1;
    },
  });
