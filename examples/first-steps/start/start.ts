// npm start: one service on two ports, cleartext and TLS; a page that draws its traffic, and curl lines to make some.
//   PORT=8080 TLS_PORT=8443 HOST=127.0.0.1 npm start
import { dirname, join } from 'node:path';
import { from, fromEvent, merge, type Observable, of, Subject, take, tap, toArray } from 'rxjs';
import { type Accepted, listen, type ListenAddress, ListenFailure, nodeInfo, type NodePeer } from 'rxpaf';
import { answered } from './faults.js';
import { guide } from './guide.js';
import { isOfPage, LivePage } from './live.js';
import { logLine } from './log.js';
import { route } from './routes.js';
import { Traffic } from './traffic.js';
import { selfSigned } from '../../../test/kits/certificate.js';
import { failed, here } from '../../support/here.js';

const { host, port, stop } = here;
const opened = new Subject<ListenAddress>();
opened.pipe(take(2), toArray()).subscribe((addresses) => console.log(guide(addresses)));

const listening = (address: ListenAddress): void => opened.next(address);
const cleartext = listen({ host, port, listening });
const secure = listen({ host, port: Number(process.env['TLS_PORT'] ?? 8443), tls: from(selfSigned()), listening });

const closed = (socket: Accepted): Observable<unknown> =>
  socket instanceof ListenFailure || socket.destroyed ? of(undefined) : fromEvent(socket, 'close');
const traffic = new Traffic<Accepted, NodePeer>({ info: nodeInfo, ignores: isOfPage, closed });
// `scripts/example.mjs` says which file this is; its page is beside it.
const page = new LivePage(traffic, join(dirname(process.argv[1]!), 'page'), stop);

merge(cleartext, secure)
  .pipe(
    traffic.service(
      {
        request: (request, exchange) => page.answer(request) ?? route(request, exchange),
        error: (faults) => faults.pipe(tap(answered)),
      },
      { stop: stop.pipe(tap(() => console.log('ending gracefully; once more, and it ends at once'))) },
    ),
  )
  // Every finished exchange is a value: an access log is a subscription.
  .subscribe({ next: (served) => console.log(logLine(served)), error: failed });
