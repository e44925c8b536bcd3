// npm start: one service on two ports, cleartext and TLS. It prints curl commands to try, and serves a page that draws its traffic.
//   PORT=8080 TLS_PORT=8443 HOST=127.0.0.1 npm start
// Parts: routes.ts has the handlers (begin there) and fault-response.ts the error responses. traffic.ts observes the service, and
// live-page.ts sends what it observes to the page, whose files are in page/.
import { dirname, join } from 'node:path';
import { from, fromEvent, merge, type Observable, of, shareReplay, Subject, take, tap, toArray } from 'rxjs';
import { type Accepted, listen, type ListenAddress, ListenFailure, nodeInfo, type NodePeer } from 'rxpaf';
import { generate } from 'selfsigned';
import { respondTo } from './fault-response.js';
import { guide } from './guide.js';
import { isPageRequest, LivePage } from './live-page.js';
import { logLine } from './log-line.js';
import { routes } from './routes.js';
import { Traffic } from './traffic.js';

const { HOST: host = '127.0.0.1', PORT = '8080', TLS_PORT = '8443' } = process.env;

// Ctrl-C or SIGTERM starts a graceful shutdown. A second signal ends the process immediately.
// Endless responses subscribe to it, too, so it is shared: the process gets one handler per signal.
const stop = merge(fromEvent(process, 'SIGINT'), fromEvent(process, 'SIGTERM')).pipe(take(1), shareReplay(1));

async function selfSigned(): Promise<{ key: string; cert: string }> {
  const options = { algorithm: 'sha256', keyType: 'ec' } as const;
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], options);
  return { key, cert };
}

// The guide is printed when both ports accept connections.
const addresses = new Subject<ListenAddress>();
addresses.pipe(take(2), toArray()).subscribe((both) => console.log(guide(both)));

const listening = (address: ListenAddress): void => addresses.next(address);
const cleartext = listen({ host, port: Number(PORT), listening });
const secure = listen({ host, port: Number(TLS_PORT), tls: from(selfSigned()), listening });

const closed = (socket: Accepted): Observable<unknown> =>
  socket instanceof ListenFailure || socket.destroyed ? of(undefined) : fromEvent(socket, 'close');
const traffic = new Traffic<Accepted, NodePeer>({ info: nodeInfo, ignores: isPageRequest, closed });
// `process.argv[1]` is this file, also when a bundler moved the code elsewhere: the page is beside it.
const page = new LivePage(traffic, join(dirname(process.argv[1]!), 'page'), stop);
const route = routes(stop);

merge(cleartext, secure)
  .pipe(
    traffic.service(
      {
        request: (request, exchange) => page.respond(request) ?? route(request, exchange),
        error: (faults) => faults.pipe(tap(respondTo)),
      },
      { stop: stop.pipe(tap(() => console.log('shutting down gracefully; a second signal ends it immediately'))) },
    ),
  )
  // `service` emits every finished exchange: an access log is a subscription.
  .subscribe({
    next: (served) => console.log(logLine(served)),
    error: (error: Error) => {
      console.error(error.message);
      process.exitCode = 1;
    },
  });
