/** Callbacks run in the AsyncLocalStorage context of their own request: never in that of another one, whatever they share. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { catchError, concat, defer, firstValueFrom, map, mergeMap, Observable, of, Subject, take, tap } from 'rxjs';
import { bytes, client, type ListenAddress, serve, type ServeOptions, type Service, text } from 'rxpaf';
import { connect } from 'node:net';

const store = new AsyncLocalStorage<string>();
const here = (): string => store.getStore() ?? 'none';
/** Subscribes to `source` within `name`. */
const within = <T>(name: string, source: () => Observable<T>): Observable<T> =>
  new Observable((subscriber) => store.run(name, () => source().subscribe(subscriber)));

const stopping: (() => void)[] = [];
afterEach(() => {
  for (const stop of stopping.splice(0)) stop();
});

/** Serves until the test is over; resolves to the address. */
function served(handler: Service, options: Partial<ServeOptions> = {}): Promise<ListenAddress> {
  return new Promise((listening) => {
    const subscription = serve({ host: '127.0.0.1', port: 0, listening, ...options }, handler).subscribe();
    stopping.push(() => subscription.unsubscribe());
  });
}

const portOf = ({ url }: ListenAddress): number => Number(new URL(url).port);

function clientOf(url: string, protocol: 'http/1.1' | 'h2'): ReturnType<typeof client> {
  const made = client({ baseUrl: url, protocols: [protocol], connections: 1 });
  stopping.push(() => made.close());
  return made;
}

/** Sends `wire` and resolves once `pattern` came back. */
function exchanged(port: number, wire: string, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(wire));
    stopping.push(() => socket.destroy());
    socket.setEncoding('latin1').on('error', reject);
    socket.on('data', (chunk: string) => {
      said += chunk;
      if (pattern.test(said)) resolve(said);
    });
  });
}

describe('a server', () => {
  it('lets a response go on in its own context, not in that of the one before', async () => {
    const slow = new Subject<void>();
    const seen: string[] = [];
    const handler: Service = ({ path }) => {
      if (path === '/slow')
        return within('slow', () =>
          slow.pipe(
            take(1),
            map(() => text('slow')),
          ),
        );
      return store.run('second', () => bytes(defer(() => (seen.push(here()), of('second')))));
    };
    const port = portOf(await served(handler));
    const both = 'GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET /second HTTP/1.1\r\nHost: a\r\n\r\n';
    const answered = exchanged(port, both, /slow[^]*second/);
    const waiting = setInterval(() => slow.observed && slow.next(), 1);
    await answered;
    clearInterval(waiting);
    // The handler has returned: its context may have ended, and that of the other request must not be seen.
    expect(['second', 'none']).toContain(seen[0]);
  });

  it('runs time limits in the context of the request that they end', async () => {
    const seen: string[] = [];
    const handler: Service = ({ path, body }) =>
      within(path, () =>
        body.text().pipe(
          map((content) => text(content)),
          catchError(() => (seen.push(`${path} in ${here()}`), of(text('late')))),
        ),
      );
    const port = portOf(await served(handler, { limits: { bodyTimeout: 50 } }));
    const post = (path: string): string => `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n`;
    await Promise.all(['/one', '/two'].map((path) => exchanged(port, post(path), /late/)));
    for (const each of seen) expect(['/one in /one', '/one in none', '/two in /two', '/two in none']).toContain(each);
    expect(seen).toHaveLength(2);
  });

  it.each(['http/1.1', 'h2'] as const)('%s: keeps what a handler enters to its own exchange', async (protocol) => {
    const handler: Service = ({ path, body }) => {
      const before = here();
      store.enterWith(path);
      return body.bytes().pipe(map(() => text(`${before}, ${here()}`)));
    };
    const { url } = await served(handler);
    const http = clientOf(url, protocol);
    for (const path of ['/1', '/2', '/3']) {
      const content = await firstValueFrom(http.text(path, { method: 'POST', body: Buffer.alloc(200_000) }));
      expect(content).toBe(`none, ${path}`);
    }
  });

  it('tears a handler down, and logs it, in its own context or in none', async () => {
    const seen: string[] = [];
    const handler: Service = ({ path }) =>
      within(path, () =>
        concat(of(text('done')), new Observable<never>(() => () => seen.push(`${path} in ${here()}`))),
      );
    const { url } = await served(handler);
    const http = clientOf(url, 'h2');
    await Promise.all(['/a', '/b', '/c'].map((path) => firstValueFrom(http.text(path))));
    expect(seen).toHaveLength(3);
    for (const each of seen) expect(each).toMatch(/^(\/\w) in (\1|none)$/);
  });
});

describe.each(['http/1.1', 'h2'] as const)('a client over %s', (protocol) => {
  it('gives each subscriber its response in its own context, over one connection', async () => {
    const { url } = await served(({ body }) => bytes(body));
    const http = clientOf(url, protocol);
    const callers = ['A', 'B', 'C', 'none'];
    const seen = await Promise.all(
      callers.map((name) => {
        const asked = (): Promise<readonly string[]> =>
          new Promise((resolve, reject) => {
            const contexts: string[] = [];
            http
              .request('/', { method: 'POST', body: Buffer.alloc(300_000) })
              .pipe(
                tap(() => contexts.push(here())),
                mergeMap((response) => response.body.pipe(tap(() => contexts.push(here())))),
              )
              .subscribe({ error: reject, complete: () => resolve([...new Set([...contexts, here()])]) });
          });
        return name === 'none' ? asked() : store.run(name, asked);
      }),
    );
    expect(seen).toEqual(callers.map((name) => [name]));
  });

  it('keeps no context with a connection that others use later', async () => {
    const { url } = await served(() => text('hello'));
    const http = clientOf(url, protocol);
    await store.run('first', () => firstValueFrom(http.text('/')));
    expect(await new Promise((resolve) => http.text('/').subscribe(() => resolve(here())))).toBe('none');
  });
});
