/** nginx, from a directory of its own: an h1, an h2 and a TLS port, a unix socket, and what a site commonly does. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launch, Peer, scratch } from './peer.js';
import { authority, certificate, type Pem } from '../units/node-sockets.js';

export interface Nginx {
  /** Cleartext HTTP/1.1. */
  readonly h1: string;
  /** Cleartext HTTP/2, by prior knowledge. */
  readonly h2: string;
  /** TLS, either protocol. */
  readonly tls: string;
  /** TLS, and no ALPN beyond HTTP/1.1. */
  readonly tlsH1: string;
  /** TLS, for clients that have a certificate by `ca`. */
  readonly verified: string;
  /** HTTP/1.1 over IPv6. */
  readonly v6: string;
  readonly unix: string;
  /** Where its files are. */
  readonly html: string;
  readonly client: Pem;
  readonly ca: string;
  readonly server: Pem;
  /** Starts again: workers end after their requests under way (`nginx -s reload`). */
  reload(): void;
}

/** Runs nginx while the tests of a file run. */
export function nginx(upstream: () => number): () => Nginx {
  const directory = scratch();
  let peer: Peer | undefined;
  let running: Nginx | undefined;
  beforeAll(async () => {
    const ca = await authority('a test authority');
    const server = await certificate('localhost', ca);
    const client = await certificate('client of nginx', ca);
    const file = (name: string, content: string): string => {
      writeFileSync(join(directory, name), content);
      return join(directory, name);
    };
    file('server.key', server.key);
    file('server.pem', server.cert);
    file('ca.pem', ca.cert);
    const html = join(directory, 'html');
    mkdirSync(html);
    const unix = join(directory, 'nginx.sock');
    const [begun, [h1, h2, tls, tlsH1, verified]] = await launch(5, (ports) => {
      const conf = file('nginx.conf', configuration(ports, unix, upstream()));
      return new Peer('nginx', ['-p', directory, '-c', conf, '-e', 'stderr']);
    });
    peer = begun;
    running = {
      h1: `http://127.0.0.1:${h1!}`,
      h2: `http://127.0.0.1:${h2!}`,
      tls: `https://127.0.0.1:${tls!}`,
      tlsH1: `https://127.0.0.1:${tlsH1!}`,
      verified: `https://127.0.0.1:${verified!}`,
      v6: `http://[::1]:${h1!}`,
      ...{ unix, html, client, server, ca: ca.cert },
      reload: () => begun.signal('SIGHUP'),
    };
  });
  afterAll(() => peer?.stop());
  return () => running!;
}

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

function configuration([h1, h2, tls, tlsH1, verified]: readonly number[], unix: string, upstream: number): string {
  return `
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 1;
pid nginx.pid;
events { worker_connections 512; }
http {
  ${TEMPORARY.map((name) => `${name}_temp_path temp_${name};`).join('\n  ')}
  access_log off;
  default_type text/plain;
  types { application/octet-stream bin; text/html html; }
  gzip on;
  gzip_min_length 100;
  gzip_types text/plain application/json;
  client_max_body_size 20m;
  ssl_certificate server.pem;
  ssl_certificate_key server.key;
  map $http_upgrade $connection_upgrade { default upgrade; '' close; }

  server {
    listen 127.0.0.1:${h1!};
    listen [::1]:${h1!};
    listen unix:${unix};
    listen 127.0.0.1:${h2!} http2;
    listen 127.0.0.1:${tls!} ssl http2;
    root html;
    location / { dav_methods PUT DELETE; }
    location /said { return 200 "$request_method $server_protocol $ssl_server_name $http_host"; }
    location /moved { return 301 /said; }
    location /see-other { return 303 /said; }
    location /repeat { return 308 /put/repeated; }
    location /for-ever { return 302 /for-ever; }
    location /put/ { alias html/; dav_methods PUT; }
    location /busy { add_header retry-after 0 always; return 503 busy; }
    location /nothing { return 204; }
    location /dropped { return 444; }
    location /small { client_max_body_size 1k; proxy_pass http://127.0.0.1:${upstream}/collected; }
    location /trailers { add_trailer x-status $status; add_trailer x-size $body_bytes_sent; alias html/; }
    location /kept { keepalive_timeout 2 2; return 200 kept; }
    location /slow/ { limit_rate 200k; alias html/; }
    location /few/ { keepalive_requests 10; alias html/; }
    location /upstream/ { proxy_pass http://127.0.0.1:${upstream}/; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade; }
  }
  server {
    listen 127.0.0.1:${tlsH1!} ssl;
    location / { return 200 "$server_protocol $ssl_alpn_protocol"; }
  }
  server {
    listen 127.0.0.1:${verified!} ssl http2;
    ssl_client_certificate ca.pem;
    ssl_verify_client on;
    location / { return 200 "$ssl_client_verify $ssl_client_s_dn"; }
  }
}
`;
}
