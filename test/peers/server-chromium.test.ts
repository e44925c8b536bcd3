// A browser at the other end: over TLS it speaks HTTP/2, many streams at once on one connection.
import { firstValueFrom, map, type Observable, Subject, Subscription, take, tap } from 'rxjs';
import {
  bytes,
  html,
  type ListenAddress,
  type NodePeer,
  type HttpRequest,
  type HttpResponse,
  ProtocolError,
  serve,
  type Served,
  text,
} from 'rxpaf';
import { page } from '../kits/peers/chromium.js';
import { selfSigned } from '../kits/certificate.js';
import { describeWith, sharedTarget } from '../kits/shared-target.js';

/** The script of the page: it fetches, reads streams, posts, gives up, and reports the results. */
const SCRIPT = `
  const result = { hop: performance.getEntriesByType('navigation')[0].nextHopProtocol };
  try {
    const names = Array.from({ length: 40 }, (_, index) => '/item/' + index);
    result.items = (await Promise.all(names.map(async (name) => (await fetch(name)).text()))).join() === names.join();
    const posted = 'é'.repeat(200000);
    const echoed = await fetch('/echo', { method: 'POST', body: posted });
    result.echo = (await echoed.text()) === posted;
    let size = 0;
    for (const reader = (await fetch('/large')).body.getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
    }
    result.large = size;
    const giveUp = new AbortController();
    const endless = await fetch('/endless', { signal: giveUp.signal });
    await endless.body.getReader().read();
    giveUp.abort();
    result.broken = await fetch('/broken').then((answer) => answer.text()).catch(() => 'broken off');
    result.status = (await fetch('/missing')).status;
    result.cookie = await (await fetch('/cookie')).text();
    result.hops = [...new Set(performance.getEntriesByType('resource').map((entry) => entry.nextHopProtocol))];
  } catch (error) {
    result.error = String(error);
  }
  await fetch('/result', { method: 'POST', body: JSON.stringify(result) });
`;

/** It has loaded when its image has, whose response is sent when the result is there. */
const PAGE = `<!doctype html><link rel="icon" href="data:,"><img src="/wait"><script type="module">${SCRIPT}</script>`;

const LARGE = 3 * 1024 * 1024;

function* pieces(size: number): Generator<Uint8Array> {
  for (let left = size; left > 0; left -= 50_000) yield Buffer.alloc(Math.min(left, 50_000));
}

function route(request: HttpRequest, result: Subject<unknown>): HttpResponse | Observable<HttpResponse> {
  const { path } = request;
  if (path === '/result')
    return request.body.json().pipe(
      tap((told) => result.next(told)),
      map(() => text('heard')),
    );
  if (path === '/wait')
    return result.pipe(
      take(1),
      map(() => text('no image')),
    );
  if (path === '/') return html(PAGE, { headers: { 'set-cookie': ['a=1; Path=/', 'b=2; Path=/'] } });
  if (path.startsWith('/item/')) return text(path);
  if (path === '/echo') return bytes(request.body);
  if (path === '/large') return bytes(pieces(LARGE));
  if (path === '/endless') return bytes(pieces(Infinity));
  if (path === '/broken') return bytes(pieces(100_000), { headers: { 'content-length': '200000' } });
  if (path === '/cookie') return text(request.headers.get('cookie') ?? '');
  return text('missing', { status: 404 });
}

describeWith('chromium', 'chromium', () => {
  const serving = new Subscription();
  // Whatever the browser does: the server does not outlive the tests.
  afterAll(() => serving.unsubscribe());

  const target = sharedTarget('echo', { TLS: '1' });

  it('shows the headers that it sent', async () => {
    const shown = await page(`${target.url}/headers`);
    // RFC 9218: it says how urgent a document is, as it does on HTTP/2 alone.
    expect(shown).toContain('"priority":"u=0, i"');
    expect(shown).toContain('"sec-fetch-mode":"navigate"');
  });

  it('fetches many things at once, posts, streams and gives up, all over h2', async () => {
    const tls = await selfSigned();
    const stop = new Subject<void>();
    const result = new Subject<unknown>();
    const served: Served<NodePeer>[] = [];
    const faults: string[] = [];
    let done = (): void => undefined;
    const completed = new Promise<void>((resolve) => (done = resolve));
    const address = await new Promise<ListenAddress>((listening, reject) => {
      const running = serve(
        { port: 0, host: '127.0.0.1', tls, stop, listening },
        {
          request: (request) => route(request, result),
          error: (all) => all.pipe(map(({ code }) => faults.push(code))),
        },
      ).subscribe({ next: (one) => served.push(one), error: reject, complete: done });
      serving.add(running);
    });
    const told = firstValueFrom(result);
    await page(`${address.url}/`);
    stop.next();
    await completed;
    expect(await told).toEqual({
      ...{ hop: 'h2', items: true, echo: true, large: LARGE, broken: 'broken off', status: 404 },
      ...{ cookie: 'a=1; b=2', hops: ['h2'] },
    });
    expect(new Set(served.map(({ protocol }) => protocol))).toEqual(new Set(['h2']));
    expect(new Set(served.map(({ peer }) => peer.port)).size).toBe(1);
    const end = (path: string): (string | undefined)[] => {
      const record = served.find(({ request }) => request.path === path);
      return [record?.outcome, record?.error instanceof ProtocolError ? record.error.code : record?.error?.message];
    };
    expect(end('/large')).toEqual(['complete', undefined]);
    // The page gives up: that is not a fault.
    expect(end('/endless')).toEqual(['aborted', 'stream-reset']);
    expect(end('/broken')).toEqual(['aborted', 'content-length-mismatch']);
    expect(faults).toEqual(['content-length-mismatch']);
  });
});
