/**
 * How the servers that outside tools are pointed at begin: cleartext on 127.0.0.1, or TLS with `TLS=1`; PORT and HOST from the
 * environment; one line `listening on URL` once connections are accepted; a graceful end on SIGINT or SIGTERM.
 */
import { generate } from 'selfsigned';
import { fromEvent, merge, take } from 'rxjs';
import { type Handler, ListenError, type NodePeer, serve } from 'rxpaf';

/** A certificate for this machine, made anew. */
export async function selfSigned(): Promise<{ key: string; cert: string }> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    algorithm: 'sha256',
    keyType: 'ec',
    extensions: [
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  });
  return { key, cert };
}

/** SIGINT or SIGTERM, once: the second one ends the process at once. */
export const interrupted = merge(fromEvent(process, 'SIGINT'), fromEvent(process, 'SIGTERM')).pipe(take(1));

export async function target(handler: Handler<NodePeer>): Promise<void> {
  const tls = process.env['TLS'] === '1' ? await selfSigned() : undefined;
  serve(
    {
      port: Number(process.env['PORT'] ?? 8080),
      host: process.env['HOST'] ?? '127.0.0.1',
      ...(tls === undefined ? {} : { tls }),
      stop: interrupted,
      listening: ({ url }) => console.log(`listening on ${url}`),
    },
    handler,
  ).subscribe({
    error: (error: unknown) => {
      console.error(error instanceof ListenError ? error.message : error);
      process.exitCode = 1;
    },
  });
}
