// A limit for each tenant: requests are grouped by a header, and each group has one request at work at a time. No tenant waits for
// another one.
//   npm run example tenants
//   curl -H 'X-Tenant: a' http://127.0.0.1:8080/ & curl -H 'X-Tenant: a' http://127.0.0.1:8080/ & curl http://127.0.0.1:8080/; wait
import { fromEvent, groupBy, map, merge, mergeMap, type Observable, take, timer } from 'rxjs';
import { connections, consume, type Exchange, type HttpResponse, listen, nodeInfo, text } from 'rxpaf';

const { HOST = '127.0.0.1', PORT = '8080' } = process.env;

// Ctrl-C or SIGTERM starts a graceful shutdown. A second signal ends the process immediately.
const stop = merge(fromEvent(process, 'SIGINT'), fromEvent(process, 'SIGTERM')).pipe(take(1));

const tenantOf = ({ request }: Exchange): string => request.headers.get('x-tenant') ?? 'nobody';

/** The work for a request takes a second. */
const work = (tenant: string): Observable<HttpResponse> => timer(1000).pipe(map(() => text(`done for ${tenant}\n`)));

listen({ host: HOST, port: Number(PORT), listening: ({ url }) => console.log(`listening on ${url}`) })
  .pipe(
    connections(nodeInfo, { stop }),
    mergeMap((connection) => connection.exchanges),
    groupBy(tenantOf),
    mergeMap((tenant) => tenant.pipe(consume((exchange) => exchange.respond(() => work(tenant.key))))),
  )
  .subscribe({
    next: (served) => console.log(`${served.request.headers.get('x-tenant') ?? 'nobody'} after ${served.duration} ms`),
    error: (error: Error) => {
      console.error(error.message);
      process.exitCode = 1;
    },
  });
