/** Proxies of other people, as processes: tinyproxy, squid (also over TLS), nghttpx (HTTP/2), microsocks (SOCKS5). */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Pem } from '../units/node-sockets.js';
import { launch, Peer } from './peer.js';

/** A process, and the ports that it accepts at. */
export interface Running {
  readonly peer: Peer;
  readonly ports: readonly number[];
}

const file = (directory: string, name: string, content: string): string => {
  writeFileSync(join(directory, name), content);
  return join(directory, name);
};

/** For the user `me`, whose password is `secret`. */
export async function tinyproxy(directory: string): Promise<Running> {
  const [peer, ports] = await launch(1, ([port]) => {
    const conf = file(
      directory,
      'tinyproxy.conf',
      `Port ${port!}\nListen 127.0.0.1\nTimeout 60\nMaxClients 50\nLogLevel Warning\nBasicAuth me secret\n`,
    );
    return new Peer('tinyproxy', ['-d', '-c', conf]);
  });
  return { peer, ports };
}

/** In cleartext, and over TLS: without authentication. */
export async function squid(directory: string, server: Pem): Promise<Running> {
  const key = file(directory, 'squid.key', server.key);
  const cert = file(directory, 'squid.pem', server.cert);
  // It is never root, and reads them as somebody else.
  chmodSync(directory, 0o755);
  const [peer, ports] = await launch(2, ([plain, tls]) => {
    const conf = file(
      directory,
      'squid.conf',
      [
        `http_port 127.0.0.1:${plain!}`,
        `https_port 127.0.0.1:${tls!} tls-cert=${cert} tls-key=${key}`,
        'acl refused dstdomain refused.test',
        ...[
          'http_access deny refused',
          'http_access allow all',
          'cache deny all',
          'access_log none',
          'cache_log /dev/null',
        ],
        ...['logfile_rotate 0', 'shutdown_lifetime 1 seconds', 'pinger_enable off', 'pid_filename none'],
      ].join('\n'),
    );
    // A name of its own: by default, all of a machine share the names of their memory.
    return new Peer('squid', ['-N', '-n', `rxpaf${plain!}`, '-f', conf]);
  });
  return { peer, ports };
}

/** An HTTP/2 proxy over TLS, which sends requests on to the proxy at `backend`. */
export async function nghttpx(directory: string, server: Pem, backend: number): Promise<Running> {
  const key = file(directory, 'nghttpx.key', server.key);
  const cert = file(directory, 'nghttpx.pem', server.cert);
  const [peer, ports] = await launch(
    1,
    ([port]) =>
      new Peer('nghttpx', [
        ...['--conf=/dev/null', '--http2-proxy', `--frontend=127.0.0.1,${port!}`, `--backend=127.0.0.1,${backend}`],
        ...['--workers=1', '--errorlog-file=/dev/stderr', '--accesslog-file=/dev/stdout', key, cert],
      ]),
  );
  return { peer, ports };
}

/** A SOCKS5 server for the user `me`, whose password is `secret`. */
export async function microsocks(): Promise<Running> {
  const [peer, ports] = await launch(
    1,
    ([port]) => new Peer('microsocks', ['-i', '127.0.0.1', '-p', String(port!), '-u', 'me', '-P', 'secret']),
  );
  return { peer, ports };
}
