/** HAProxy, in front of a server: it takes HTTP/1.1 and HTTP/2, in cleartext and over TLS, and responds to some requests itself. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch, Peer, scratch } from './peer.js';
import { certificate } from '../units/node-sockets.js';

export interface HAProxy {
  /** Cleartext HTTP/1.1. */
  readonly h1: string;
  /** Cleartext HTTP/2, by prior knowledge. */
  readonly h2: string;
  /** TLS, either protocol. */
  readonly tls: string;
}

/**
 * Runs HAProxy while the tests of a file run, in front of what listens on `upstream`.
 *
 * @param defaults - more lines of its `defaults` section.
 */
export function haproxy(upstream: () => number, defaults = ''): () => HAProxy {
  const directory = scratch();
  let peer: Peer | undefined;
  let running: HAProxy | undefined;
  beforeAll(async () => {
    const { key, cert } = await certificate('localhost');
    const pem = join(directory, 'server.pem');
    writeFileSync(pem, `${cert}\n${key}\n`);
    const [begun, [h1, h2, tls]] = await launch(3, (ports) => {
      const file = join(directory, 'haproxy.cfg');
      writeFileSync(file, configuration(ports, pem, upstream(), defaults));
      return new Peer('haproxy', ['-f', file, '-db']);
    });
    peer = begun;
    running = { h1: `http://127.0.0.1:${h1!}`, h2: `http://127.0.0.1:${h2!}`, tls: `https://127.0.0.1:${tls!}` };
  });
  afterAll(() => peer?.stop());
  return () => running!;
}

function configuration([h1, h2, tls]: readonly number[], pem: string, upstream: number, defaults: string): string {
  return `
global
  maxconn 500
  nbthread 1
defaults
  mode http
  timeout connect 2s
  timeout client 10s
  timeout server 10s
  timeout tunnel 10s
  timeout tarpit 200ms
  ${defaults}
frontend all
  bind 127.0.0.1:${h1!}
  bind 127.0.0.1:${h2!} proto h2
  bind 127.0.0.1:${tls!} ssl crt ${pem} alpn h2,http/1.1
  http-request return status 200 content-type text/plain lf-string "said over %HV" if { path /said }
  http-request redirect location /said code 307 if { path /moved }
  http-request deny deny_status 429 hdr retry-after 0 if { path /busy }
  http-request reject if { path /rejected }
  http-request tarpit deny_status 500 if { path /tarpit }
  http-request early-hint link "</style.css>; rel=preload" if { path /hinted }
  use_backend nobody if { path /nobody }
  default_backend upstream
backend upstream
  server one 127.0.0.1:${upstream}
backend nobody
  retries 0
  server none 127.0.0.1:1
`;
}
