// HTTPS on one port: ALPN picks HTTP/2 or HTTP/1.1 for each connection, and the handler sees which one and the TLS details.
//   npm run example https
//   curl -k https://127.0.0.1:8443/
//   curl -k --http1.1 https://127.0.0.1:8443/
import { fromEvent, merge, take } from 'rxjs';
import { json, serve } from 'rxpaf';
import { generate } from 'selfsigned';

const { HOST = '127.0.0.1', PORT = '8443' } = process.env;

// Ctrl-C or SIGTERM starts a graceful shutdown. A second signal ends the process immediately.
const stop = merge(fromEvent(process, 'SIGINT'), fromEvent(process, 'SIGTERM')).pipe(take(1));

// A new certificate that no authority has signed (curl -k). In production, read `key` and `cert` from your files.
const options = { algorithm: 'sha256', keyType: 'ec' } as const;
const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], options);

serve(
  {
    host: HOST,
    port: Number(PORT),
    tls: { key, cert },
    stop,
    listening: ({ url }) => console.log(`listening on ${url}`),
  },
  {
    request: (_request, { protocol, peer }) =>
      json({ http: protocol, tls: peer.tls?.protocol, cipher: peer.tls?.cipher }),
  },
).subscribe({
  error: (error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
});
