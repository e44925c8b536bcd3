/**
 * nginx and HAProxy in front of a server, with one connection to it that all clients share: a hidden request would show there. Each logs
 * the requests that it sent on and that got 200, as `METHOD host/target`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { start } from '../example.js';
import { launch, Peer } from '../peers/peer.js';

/** What stands before a server. */
export interface Front {
  readonly h1: number;
  readonly h2: number;
  /** The requests that it sent on, and that got a response, in turn; undefined if it keeps no log. */
  readonly log: (() => readonly string[]) | undefined;
}

/** The lines of a log: `=200 METHOD host/target`. */
const LOGGED = /^.*=200 (.*)$/gm;

async function front(begin: (ports: readonly number[]) => Peer, logOf: (peer: Peer) => string): Promise<Front> {
  const [peer, [h1, h2]] = await launch(2, begin);
  ended.push(() => peer.stop());
  return { h1: h1!, h2: h2!, log: () => [...logOf(peer).matchAll(LOGGED)].map(([, line]) => line!) };
}

const ended: (() => Promise<void>)[] = [];
afterAll(async () => {
  await Promise.all(ended.splice(0).map((end) => end()));
});

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/** nginx that sends content on as it comes, and keeps its connection to `upstream`; its files are in `directory`. */
export function nginxFront(upstream: number, directory: string): Promise<Front> {
  return front(
    ([h1, h2]) => {
      const conf = join(directory, 'nginx.conf');
      writeFileSync(
        conf,
        `
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 1;
pid nginx.pid;
events { worker_connections 512; }
http {
  ${TEMPORARY.map((name) => `${name}_temp_path temp_${name};`).join('\n  ')}
  log_format sent escape=none '=$upstream_status $request_method $host$uri_sent';
  map $request_uri $uri_sent { default $request_uri; ~^https?://[^/]*(?<path>/.*)$ $path; }
  access_log sent.log sent;
  client_header_timeout 2s;
  client_body_timeout 2s;
  lingering_timeout 1s;
  keepalive_timeout 2s;
  upstream behind { server 127.0.0.1:${upstream}; keepalive 1; }
  server {
    listen 127.0.0.1:${h1!};
    listen 127.0.0.1:${h2!} http2;
    location / {
      proxy_pass http://behind;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_request_buffering off;
      proxy_ignore_client_abort on;
      proxy_read_timeout 2s;
    }
  }
}
`,
      );
      return new Peer('nginx', ['-p', directory, '-c', conf, '-e', 'stderr']);
    },
    () => readFileSync(join(directory, 'sent.log'), 'latin1'),
  );
}

/** HAProxy that shares one connection to `upstream` among all. */
export function haproxyFront(upstream: number, directory: string): Promise<Front> {
  return front(
    ([h1, h2]) => {
      const conf = join(directory, 'haproxy.cfg');
      writeFileSync(
        conf,
        `
global
  nbthread 1
  log stdout format raw local0
defaults
  mode http
  log global
  log-format "=%ST %[capture.req.method] %[capture.req.hdr(0)]%[var(txn.sent)]"
  timeout connect 2s
  timeout client 2s
  timeout server 2s
  timeout http-keep-alive 2s
frontend all
  bind 127.0.0.1:${h1!}
  bind 127.0.0.1:${h2!} proto h2
  http-request capture req.hdr(host) len 64
  http-request set-var(txn.sent) pathq
  default_backend behind
backend behind
  http-reuse always
  server one 127.0.0.1:${upstream} pool-max-conn 1
`,
      );
      return new Peer('haproxy', ['-f', conf, '-db']);
    },
    // Of what is not there it says `-`.
    (peer) => peer.output.replaceAll(' -/', ' /'),
  );
}

/** `examples/client/reverse-proxy.ts`, which keeps no log. */
export async function ourFront(upstream: number): Promise<Front> {
  const url = await start('reverse-proxy', { UPSTREAM: `http://127.0.0.1:${upstream}` }).url();
  const port = Number(new URL(url).port);
  return { h1: port, h2: port, log: undefined };
}

/** The length of the message that `text` begins with, for a reader that knows only Content-Length; 0 if it has not come. */
function lengthOf(text: string): number {
  const head = text.indexOf('\r\n\r\n') + 4;
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, head))?.[1] ?? '0';
  return head < 4 || text.length < head + Number(length) ? 0 : head + Number(length);
}

/**
 * A relay that knows no lengths but Content-Length, and shares one connection to `upstream`: attacks succeed if its upstream reads
 * otherwise.
 */
export async function naiveFront(upstream: number): Promise<Front> {
  const behind = connect({ port: upstream, host: '127.0.0.1' });
  let asking: Socket | undefined;
  let answers = '';
  const answer = (): void => {
    const length = lengthOf(answers);
    if (asking === undefined || length === 0) return;
    asking.end(answers.slice(0, length), 'latin1');
    answers = answers.slice(length);
    asking = undefined;
  };
  behind
    .on('error', () => undefined)
    .on('data', (chunk) => {
      answers += chunk.toString('latin1');
      answer();
    });
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let request = '';
    socket
      .on('error', () => undefined)
      .on('data', (chunk) => {
        request += chunk.toString('latin1');
        const length = lengthOf(request);
        if (length === 0) return;
        asking = socket;
        behind.write(request.slice(0, length), 'latin1');
        answer();
      });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ended.push(() => {
    behind.destroy();
    return new Promise((done) => server.close(() => done()));
  });
  const { port } = server.address() as AddressInfo;
  return { h1: port, h2: port, log: undefined };
}
