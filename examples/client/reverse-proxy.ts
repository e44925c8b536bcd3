// A reverse proxy: a client is a service. Bodies keep their backpressure from end to end, trailers and 103 (Early Hints) pass,
// whoever leaves cancels what is behind, and an upstream that fails is answered for with 502, or 504 where it took too long.
//   UPSTREAM=http://127.0.0.1:3000 npm run example reverse-proxy
//   UPSTREAM=https://example.com TLS=1 TIMEOUT=5000 npm run example reverse-proxy
// H2=1 speaks HTTP/2 to a cleartext upstream; over TLS, ALPN decides.
import { tap } from 'rxjs';
import { client, listen, nodeInfo, service } from 'rxpaf';
import { selfSigned } from '../../test/kits/certificate.js';
import { failed, here } from '../support/here.js';

const { UPSTREAM, H2, TLS, TIMEOUT = '30000' } = process.env;

const upstream = client({
  baseUrl: UPSTREAM ?? 'http://127.0.0.1:3000',
  protocols: H2 === '1' ? ['h2'] : ['h2', 'http/1.1'],
  limits: { headTimeout: Number(TIMEOUT) },
});

listen(TLS === '1' ? { ...here, tls: await selfSigned() } : here)
  .pipe(
    service(
      nodeInfo,
      {
        request: (request) => upstream.request(request),
        error: (faults) => faults.pipe(tap(({ kind, code, message }) => console.error(`${kind} ${code}: ${message}`))),
      },
      here,
    ),
  )
  .subscribe({ error: failed, complete: () => upstream.close() });
