// nginx, HAProxy and Caddy in front of our server, curl in front of them: content, early responses, disconnects, keep-alive.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  bytes,
  fromPull,
  type HttpRequest,
  type HttpResponse,
  type ListenAddress,
  type NodePeer,
  serve,
  type Served,
  text,
} from 'rxpaf';
import { concat, map, mergeMap, NEVER, type Observable, of, Subscription, timer } from 'rxjs';
import { run } from '../kits/example.js';
import { FRONT_PROXIES, frontProxy } from '../kits/peers/front-proxies.js';
import { becomes, scratch } from '../kits/peers/peer.js';
import { describeWith } from '../kits/shared-target.js';

const MIB = 1024 * 1024;

function* endless(): Generator<Uint8Array> {
  for (;;) yield Buffer.alloc(16 * 1024, 'x');
}

function route({ path, body, scheme }: HttpRequest): HttpResponse | Observable<HttpResponse> {
  switch (path.split('?')[0]) {
    case '/hello':
      return text(`hello over ${scheme}`);
    case '/echo':
      return bytes(body);
    case '/too-large':
      return text('too large', { status: 413 });
    case '/endless':
      return bytes(fromPull(endless()));
    case '/silent':
      return bytes(concat(of('first'), NEVER), { headers: { 'content-type': 'text/event-stream' } });
    case '/never':
      return NEVER;
    case '/later':
      return timer(5).pipe(map(() => text('later')));
    case '/collected':
      return body.bytes().pipe(map(({ length }) => text(String(length))));
    default:
      return body.bytes().pipe(mergeMap(() => of(text('missing', { status: 404 }))));
  }
}

/** Runs curl until it has printed `first`, then kills it: its connection disconnects. */
async function disconnect(args: readonly string[], begun: () => boolean): Promise<void> {
  const child = spawn('curl', ['-k', '-s', '-N', '-o', '/dev/null', ...args]);
  const gone = new Promise((done) => child.once('close', done));
  await becomes(begun);
  child.kill('SIGKILL');
  await gone;
}

const curl = async (...args: string[]): Promise<string> =>
  (await run('curl', ['-k', '-s', '-S', '--max-time', '60', ...args])).stdout.toString();

describe.each(FRONT_PROXIES.map((proxy) => [proxy.program, proxy.inside, proxy] as const))(
  '%s in front, %s inside',
  (program, inside, proxy) => {
    describeWith(program, 'as a reverse proxy', () => {
      const served: Served<NodePeer>[] = [];
      const faults: string[] = [];
      const serving = new Subscription();
      const begun = new Set<string>();
      let port = 0;

      beforeAll(async () => {
        const address = await new Promise<ListenAddress>((listening, failed) => {
          const handler = {
            request: (request: HttpRequest) => {
              begun.add(request.path);
              return route(request);
            },
            error: (all: Observable<{ code: string }>) => all.pipe(map(({ code }) => faults.push(code))),
          };
          const running = serve({ host: '127.0.0.1', port: 0, listening, trustedProxy: true }, handler);
          serving.add(running.subscribe({ next: (record) => served.push(record), error: failed }));
        });
        port = address.port!;
      });
      afterAll(() => serving.unsubscribe());
      afterEach(() => expect(faults.splice(0)).toEqual([]));

      const url = frontProxy(proxy, () => port);
      const directory = scratch();
      const ended = (path: string): Served<NodePeer> | undefined => served.find(({ request }) => request.path === path);

      describe.each(['--http1.1', '--http2'])('curl %s', (version) => {
        const tag = `?${version}`;

        it('gets a response, and the server the protocol of the connection inside', async () => {
          expect(await curl(version, `${url()}/hello`)).toMatch(/^hello over https?$/);
          expect(served.at(-1)?.protocol).toBe(inside === 'HTTP/2' ? 'h2' : 'http/1.1');
        });

        it('sends 3 MiB, and gets them back', async () => {
          const file = join(directory, 'content');
          const content = randomBytes(3 * MIB);
          writeFileSync(file, content);
          const args = ['-k', '-s', '-S', version, '--data-binary', `@${file}`, `${url()}/echo`];
          expect((await run('curl', args)).stdout.equals(content)).toBe(true);
        });

        it('sends chunked content of an unknown length', async () => {
          const file = join(directory, 'content');
          writeFileSync(file, Buffer.alloc(MIB));
          const pipeline = `cat ${file} | curl -k -s -S ${version} -T - -X POST ${url()}/collected`;
          const stdout = (await run('sh', ['-c', pipeline])).stdout.toString();
          expect(stdout).toBe(String(MIB));
        });

        it('gets a response to content that nobody reads', async () => {
          const file = join(directory, 'large');
          writeFileSync(file, Buffer.alloc(MIB / 2));
          const status = await curl(
            ...[version, '-o', '/dev/null', '-w', '%{http_code}'],
            ...['--data-binary', `@${file}`, `${url()}/too-large`],
          );
          expect(status).toBe('413');
          // HAProxy ends such a request short on HTTP/2.
          if (proxy.program === 'haproxy' && faults[0] === 'content-length-mismatch') faults.shift();
        });

        it('makes 200 requests, 20 at once: each gets its response', async () => {
          const statuses = await curl(
            ...[version, '-Z', '--parallel-max', '20', '-o', '/dev/null', '-w', '%{http_code}\n'],
            `${url()}/later?[1-200]`,
          );
          expect(statuses.trim().split('\n')).toEqual(Array.from({ length: 200 }, () => '200'));
        });

        it.each(['/endless', '/silent', '/never'])('disconnects during %s: the exchange is aborted', async (path) => {
          const target = `${path}${tag}`;
          await disconnect([version, `${url()}${target}`], () => begun.has(target));
          await becomes(() => ended(target) !== undefined);
          expect(ended(target)?.outcome).toBe('aborted');
        });
      });
    });
  },
);
