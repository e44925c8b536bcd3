// A reverse proxy: the client forwards the requests that the server receives. Bodies keep their backpressure from end to end,
// trailers and 103 (Early Hints) pass, and when a client disconnects, the upstream request is cancelled. If the upstream fails,
// the response is 502; if it takes too long, 504.
//   UPSTREAM=http://127.0.0.1:3000 npm run example reverse-proxy
//   UPSTREAM=https://example.com TLS=1 TIMEOUT=5000 npm run example reverse-proxy
// TLS=1 serves HTTPS with a new self-signed certificate. H2=1 uses HTTP/2 to a cleartext upstream; over TLS, ALPN decides.
import { fromEvent, merge, take, tap } from 'rxjs';
import { client, serve } from 'rxpaf';
import { generate } from 'selfsigned';

const { HOST = '127.0.0.1', PORT = '8080', TLS } = process.env;
const { UPSTREAM = 'http://127.0.0.1:3000', H2, TIMEOUT = '30000' } = process.env;

// Ctrl-C or SIGTERM starts a graceful shutdown. A second signal ends the process immediately.
const stop = merge(fromEvent(process, 'SIGINT'), fromEvent(process, 'SIGTERM')).pipe(take(1));

async function selfSigned(): Promise<{ key: string; cert: string }> {
  const options = { algorithm: 'sha256', keyType: 'ec' } as const;
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], options);
  return { key, cert };
}

const upstream = client({
  baseUrl: UPSTREAM,
  protocols: H2 === '1' ? ['h2'] : ['h2', 'http/1.1'],
  limits: { headTimeout: Number(TIMEOUT) },
});

serve(
  {
    host: HOST,
    port: Number(PORT),
    ...(TLS === '1' ? { tls: await selfSigned() } : {}),
    stop,
    listening: ({ url }) => console.log(`listening on ${url}`),
  },
  {
    request: (request) => upstream.request(request),
    error: (faults) => faults.pipe(tap(({ kind, code, message }) => console.error(`${kind} ${code}: ${message}`))),
  },
).subscribe({
  error: (error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
  complete: () => upstream.close(),
});
