// Certificate renewal without a restart: `tls` takes an Observable, and each of its values is the certificate of new connections.
// Open connections keep the one that they have.
//   npm run example rotate-certificate
//   curl -kv https://127.0.0.1:8080/ 2>&1 | grep 'start date'
//   kill -HUP PID      (the server prints its PID)
import { exhaustMap, fromEvent, map, merge, shareReplay, startWith, take, takeUntil, tap } from 'rxjs';
import { serve, text } from 'rxpaf';
import { generate } from 'selfsigned';

const { HOST = '127.0.0.1', PORT = '8080' } = process.env;

// Ctrl-C or SIGTERM starts a graceful shutdown. A second signal ends the process immediately.
const stop = merge(fromEvent(process, 'SIGINT'), fromEvent(process, 'SIGTERM')).pipe(take(1), shareReplay(1));

/** In production, read the files that your ACME client wrote. */
async function certificate(): Promise<{ key: string; cert: string }> {
  const options = { algorithm: 'sha256', keyType: 'ec' } as const;
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], options);
  return { key, cert };
}

const certificates = fromEvent(process, 'SIGHUP').pipe(
  map(() => 'renewed'),
  startWith('created'),
  exhaustMap(async (event) => ({ event, tls: await certificate() })),
  tap(({ event }) => console.log(`certificate ${event} (PID ${process.pid})`)),
  map(({ tls }) => tls),
  // Without this, the SIGHUP handler would keep the process alive.
  takeUntil(stop),
);

serve(
  {
    host: HOST,
    port: Number(PORT),
    tls: certificates,
    stop,
    listening: ({ url }) => console.log(`listening on ${url}`),
  },
  { request: () => text('hello over TLS\n') },
).subscribe({
  error: (error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
});
