/** nginx, HAProxy and Caddy in front of a server of ours: TLS outside, HTTP/1.1 or HTTP/2 in cleartext inside. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { certificate } from '../units/node-sockets.js';
import { launch, Peer, scratch } from './peer.js';

export interface FrontProxy {
  readonly program: 'nginx' | 'haproxy' | 'caddy';
  /** How it speaks to our server. */
  readonly inside: 'HTTP/1.1' | 'HTTP/2';
}

/** nginx 1.22 speaks only HTTP/1.1 to upstreams. */
export const FRONT_PROXIES: readonly FrontProxy[] = [
  { program: 'nginx', inside: 'HTTP/1.1' },
  { program: 'haproxy', inside: 'HTTP/1.1' },
  { program: 'haproxy', inside: 'HTTP/2' },
  { program: 'caddy', inside: 'HTTP/1.1' },
  { program: 'caddy', inside: 'HTTP/2' },
];

/** Runs a proxy while the tests of a group run, in front of what listens on `upstream`. Its port speaks TLS, either protocol. */
export function frontProxy({ program, inside }: FrontProxy, upstream: () => number): () => string {
  const directory = scratch();
  let peer: Peer | undefined;
  let url = '';
  beforeAll(async () => {
    const { key, cert } = await certificate('localhost');
    writeFileSync(join(directory, 'server.key'), key);
    writeFileSync(join(directory, 'server.pem'), `${cert}\n${key}\n`);
    const [begun, [port]] = await launch(1, ([own]) => {
      const file = join(directory, 'proxy.conf');
      writeFileSync(file, CONFIGURATIONS[program](own!, directory, upstream(), inside === 'HTTP/2'));
      return new Peer(...COMMANDS[program](directory, file));
    });
    peer = begun;
    url = `https://localhost:${port!}`;
  });
  afterAll(() => peer?.stop());
  return () => url;
}

const COMMANDS: Record<FrontProxy['program'], (directory: string, file: string) => [string, string[]]> = {
  nginx: (directory, file) => ['nginx', ['-p', directory, '-c', file, '-e', 'stderr']],
  haproxy: (_, file) => ['haproxy', ['-f', file, '-db']],
  // It keeps its state in the home directory of its user.
  caddy: (directory, file) => [
    'env',
    [`HOME=${directory}`, `XDG_DATA_HOME=${directory}`, `XDG_CONFIG_HOME=${directory}`, 'caddy', 'run']
      .concat('--adapter', 'caddyfile')
      .concat('--config', file),
  ],
};

const CONFIGURATIONS: Record<
  FrontProxy['program'],
  (port: number, directory: string, upstream: number, h2: boolean) => string
> = {
  nginx: (port, directory, upstream) => `
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 1;
pid nginx.pid;
events { worker_connections 512; }
http {
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path temp_${name};`).join('\n  ')}
  access_log off;
  client_max_body_size 0;
  upstream inside { server 127.0.0.1:${upstream}; keepalive 16; }
  server {
    listen 127.0.0.1:${port} ssl http2;
    ssl_certificate ${directory}/server.pem;
    ssl_certificate_key ${directory}/server.key;
    location / {
      proxy_pass http://inside;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_buffering off;
      proxy_request_buffering off;
    }
  }
}
`,
  haproxy: (port, directory, upstream, h2) => `
global
  maxconn 500
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend outside
  bind 127.0.0.1:${port} ssl crt ${directory}/server.pem alpn h2,http/1.1
  default_backend inside
backend inside
  option abortonclose
  http-reuse safe
  server one 127.0.0.1:${upstream}${h2 ? ' proto h2' : ''}
`,
  caddy: (port, directory, upstream, h2) => `
{
  admin off
  auto_https off
}
https://localhost:${port} {
  bind 127.0.0.1
  tls ${directory}/server.pem ${directory}/server.key
  reverse_proxy ${h2 ? 'h2c' : 'http'}://127.0.0.1:${upstream}
}
`,
};
