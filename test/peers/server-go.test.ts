// Go's net/http client: trailers, 100 (Continue), early responses, 103, cookies, cancellation, many requests at once.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createGzip } from 'node:zlib';
import {
  bytes,
  fromPull,
  type HttpRequest,
  type HttpResponse,
  type ListenAddress,
  type ListenOptions,
  serve,
  type Served,
  text,
  through,
} from 'rxpaf';
import { concat, ignoreElements, map, mergeMap, of, Subject, Subscription, take, timer } from 'rxjs';
import type { Observable } from 'rxjs';
import { selfSigned } from '../kits/certificate.js';
import { scratch } from '../kits/peers/peer.js';
import { describeWith } from '../kits/shared-target.js';

const run = promisify(execFile);
const SOURCE = join(__dirname, '../kits/peers/client.go');

function* endless(): Generator<Uint8Array> {
  for (;;) yield Buffer.alloc(50_000);
}

function routeWith(asked: Subject<void>): (request: HttpRequest) => HttpResponse | Observable<HttpResponse> {
  return ({ path, body, trailers, headers }) => {
    switch (path) {
      case '/hello':
        return text('hello');
      case '/echo':
        return bytes(body, { trailers });
      case '/too-large':
        return text('too large', { status: 413 });
      case '/hinted':
        return concat(of({ status: 103, headers: { link: '</a.css>' } }), of(text('hinted')));
      case '/cookies':
        return text(String((headers.get('cookie') ?? '').split('; ').length));
      case '/gzip':
        return bytes(of(Buffer.alloc(100_000)).pipe(through(createGzip())), {
          headers: { 'content-encoding': 'gzip' },
        });
      case '/endless':
        return bytes(fromPull(endless()));
      case '/broken':
        return bytes(concat(of(Buffer.alloc(100)), timer(5).pipe(ignoreElements())), {
          headers: { 'content-length': '1000' },
        });
      case '/events': {
        const event = Buffer.from('data: x\n\n');
        return bytes(concat(of(event), asked.pipe(map(() => event))).pipe(take(5)), {
          headers: { 'content-type': 'text/event-stream' },
        });
      }
      case '/next':
        // After its response: the reader waits for the event only then.
        return timer(0).pipe(mergeMap(() => (asked.next(), of(text('next')))));
      default:
        return text('missing', { status: 404 });
    }
  };
}

describeWith('go', 'the client of Go’s net/http', () => {
  const directory = scratch();
  const program = join(directory, 'client');

  beforeAll(async () => {
    const env = { ...process.env, GO111MODULE: 'off', GOFLAGS: '', GOCACHE: join(directory, 'cache') };
    await run('go', ['build', '-o', program, SOURCE], { env });
  }, 300_000);

  it.each([
    ['HTTP/1.1', 'HTTP/1.1'],
    ['TLS', 'HTTP/2.0'],
  ])('over %s', async (transport, protocol) => {
    const served: Served[] = [];
    const faults: string[] = [];
    const serving = new Subscription();
    const tls: ListenOptions = transport === 'TLS' ? { tls: await selfSigned() } : {};
    const { url } = await new Promise<ListenAddress>((listening, failed) => {
      const service = {
        request: routeWith(new Subject<void>()),
        error: (all: Observable<{ code: string }>) => all.pipe(map(({ code }) => faults.push(code))),
      };
      serving.add(
        serve({ host: '127.0.0.1', port: 0, listening, ...tls }, service).subscribe({
          next: (record) => served.push(record),
          error: failed,
        }),
      );
    });
    try {
      const { stdout } = await run(program, [url]);
      expect(JSON.parse(stdout)).toEqual({
        hello: `${protocol} 200 5 hello`,
        echo: 4 * 1024 * 1024,
        trailer: '42',
        continue: 'after the 100',
        refused: 413,
        early: '413 too large',
        hints: ['103 </a.css>'],
        cookies: '200',
        gzip: 'true 100000',
        cancelled: 'in the content',
        broken: true,
        many: 200,
        events: 5,
      });
      expect(served.find(({ request }) => request.path === '/endless')?.outcome).toBe('aborted');
      expect(faults).toEqual(['content-length-mismatch']);
    } finally {
      serving.unsubscribe();
    }
  });
});
