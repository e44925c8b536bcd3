// A server in one call: it sends the same text for every request. Benchmarks use it, too.
//   npm run example hello
//   curl http://127.0.0.1:8080/
// PORT=8080 and HOST=127.0.0.1 are the defaults. TLS=1 serves HTTPS with a new self-signed certificate (curl -k).
import { fromEvent, merge, take } from 'rxjs';
import { Fields, serve } from 'rxpaf';
import { generate } from 'selfsigned';

const { HOST = '127.0.0.1', PORT = '8080', TLS } = process.env;

// Ctrl-C or SIGTERM starts a graceful shutdown. A second signal ends the process immediately.
const stop = merge(fromEvent(process, 'SIGINT'), fromEvent(process, 'SIGTERM')).pipe(take(1));

async function selfSigned(): Promise<{ key: string; cert: string }> {
  const options = { algorithm: 'sha256', keyType: 'ec' } as const;
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], options);
  return { key, cert };
}

// Built once: each protocol encodes a `Fields` object only the first time.
const headers = Fields.from({ 'content-type': 'text/plain' });

serve(
  {
    host: HOST,
    port: Number(PORT),
    ...(TLS === '1' ? { tls: await selfSigned() } : {}),
    stop,
    listening: ({ url }) => console.log(`listening on ${url}`),
  },
  { request: () => ({ status: 200, headers, body: 'Hello, World!' }) },
).subscribe({
  error: (error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
});
