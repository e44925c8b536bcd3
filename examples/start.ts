// npm start: one service on two ports, cleartext and TLS, and a list of curl lines to try on it.
//   PORT=8080 TLS_PORT=8443 HOST=127.0.0.1 npm start
import { from, merge, Subject, take, tap, toArray } from 'rxjs';
import { listen, type ListenAddress, nodeInfo, service } from 'rxpaf';
import { answered } from './start/faults.js';
import { guide } from './start/guide.js';
import { logLine } from './start/log.js';
import { route } from './start/routes.js';
import { selfSigned } from './support/certificate.js';
import { failed, here } from './support/here.js';

const { host, port, stop } = here;
const opened = new Subject<ListenAddress>();
opened.pipe(take(2), toArray()).subscribe((addresses) => console.log(guide(addresses)));

const listening = (address: ListenAddress): void => opened.next(address);
const cleartext = listen({ host, port, listening });
const secure = listen({ host, port: Number(process.env['TLS_PORT'] ?? 8443), tls: from(selfSigned()), listening });

merge(cleartext, secure)
  .pipe(
    service(
      nodeInfo,
      { request: route, error: (faults) => faults.pipe(tap(answered)) },
      { stop: stop.pipe(tap(() => console.log('ending gracefully; once more, and it ends at once'))) },
    ),
  )
  // Every finished exchange is a value: an access log is a subscription.
  .subscribe({ next: (served) => console.log(logLine(served)), error: failed });
