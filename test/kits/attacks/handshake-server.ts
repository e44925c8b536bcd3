/**
 * A TLS server whose handshake timeout is `HANDSHAKE`, in ms. Each response has the number of faults by code, and the number of
 * open descriptors of the process.
 */
import { readdirSync } from 'node:fs';
import { json, serve } from 'rxpaf';
import { fromEvent, merge, take, tap } from 'rxjs';
import { selfSigned } from '../certificate.js';

const { HANDSHAKE, HOST = '127.0.0.1', PORT = '0' } = process.env;
const stop = merge(fromEvent(process, 'SIGINT'), fromEvent(process, 'SIGTERM')).pipe(take(1));
const faults = new Map<string, number>();

serve(
  {
    host: HOST,
    port: Number(PORT),
    tls: await selfSigned(),
    stop,
    // A burst of connections has to wait in the queue, and must not be refused.
    backlog: 4096,
    limits: { handshakeTimeout: Number(HANDSHAKE) },
    listening: ({ url }) => console.log(`listening on ${url}`),
  },
  {
    request: () => json({ faults: Object.fromEntries(faults), descriptors: readdirSync('/proc/self/fd').length }),
    error: (all) => all.pipe(tap(({ code }) => faults.set(code, (faults.get(code) ?? 0) + 1))),
  },
).subscribe({
  error: (error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
});
