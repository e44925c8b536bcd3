// A certificate is an Observable: each of its values renews it, without a restart and without touching a connection.
//   npm run example rotate-certificate
//   curl -kv https://127.0.0.1:8080/ 2>&1 | grep date;  kill -HUP PID
import { exhaustMap, fromEvent, map, startWith, takeUntil, tap } from 'rxjs';
import { serve, text } from 'rxpaf';
import { selfSigned } from '../../test/kits/certificate.js';
import { failed, here } from '../support/here.js';

const certificates = fromEvent(process, 'SIGHUP').pipe(
  map(() => 'renewed'),
  startWith('made'),
  exhaustMap((how) => selfSigned().then((certificate) => ({ how, certificate }))),
  tap(({ how }) => console.log(`certificate ${how} (process ${process.pid})`)),
  map(({ certificate }) => certificate),
  takeUntil(here.stop),
);

serve({ ...here, tls: certificates }, { request: () => text('hello, in private\n') }).subscribe({ error: failed });
