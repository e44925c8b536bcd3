/**
 * A page in Chromium, over HTTP/1.1 in cleartext and over HTTP/2 with TLS. It has 180 cookies, server-sent events through gzip, a WebSocket,
 * an aborted fetch, and a frame that is removed while it loads.
 */
import { createGzip } from 'node:zlib';
import {
  concat,
  filter,
  firstValueFrom,
  ignoreElements,
  map,
  NEVER,
  type Observable,
  of,
  ReplaySubject,
  Subject,
  Subscription,
  take,
  tap,
} from 'rxjs';
import {
  bytes,
  type Exchange,
  html,
  type HttpRequest,
  type HttpResponse,
  type ListenAddress,
  type NodePeer,
  serve,
  type Served,
  text,
  through,
} from 'rxpaf';
import { accept } from 'rxpaf/ws';
import { selfSigned } from '../kits/certificate.js';
import { page } from '../kits/peers/chromium.js';
import { describeWith } from '../kits/shared-target.js';

const COOKIES = 180;

/** The script of the page. Each part goes on as the server has seen the one before. */
const SCRIPT = `
  const result = {};
  try {
    for (let index = 0; index < ${COOKIES}; index++) document.cookie = 'name' + index + '=value' + index + '; path=/';
    result.cookies = Number(await (await fetch('/cookies')).text());

    const events = new EventSource('/events');
    result.events = await new Promise((done, failed) => {
      const got = [];
      events.onmessage = ({ data, lastEventId }) => {
        got.push(lastEventId + ' ' + data);
        // The next event is sent when this one has been seen: so it is not held up by the compressor.
        fetch('/seen/' + lastEventId);
        if (got.length === 3) done(got);
      };
      events.onerror = () => failed(new Error('EventSource failed'));
    });
    events.close();

    const socket = new WebSocket(location.href.replace(/^http/, 'ws') + 'ws');
    socket.binaryType = 'arraybuffer';
    result.socket = await new Promise((done, failed) => {
      const got = [];
      socket.onopen = () => { socket.send('text'); socket.send(new Uint8Array([1, 2, 3])); };
      socket.onmessage = ({ data }) => {
        got.push(typeof data === 'string' ? data : [...new Uint8Array(data)].join());
        if (got.length === 2) socket.close(1000, 'bye');
      };
      socket.onclose = ({ code, reason, wasClean }) => done([...got, code, reason, wasClean]);
      socket.onerror = () => failed(new Error('WebSocket failed'));
    });

    const giveUp = new AbortController();
    const held = fetch('/held?fetch', { signal: giveUp.signal }).catch(({ name }) => name);
    await fetch('/begun?fetch');
    giveUp.abort();
    result.fetch = await held;
    await fetch('/ended?fetch');

    const frame = document.createElement('iframe');
    frame.src = '/held?frame';
    document.body.append(frame);
    await fetch('/begun?frame');
    frame.remove();
    await fetch('/ended?frame');
  } catch (error) {
    result.error = String(error);
  }
  await fetch('/result', { method: 'POST', body: JSON.stringify(result) });
`;

/** It has loaded when its image has, whose response is sent when the result is there. */
const PAGE = `<!doctype html><link rel="icon" href="data:,"><body><img src="/wait"><script type="module">${SCRIPT}</script>`;

const NO_STORE = { 'cache-control': 'no-store' };

class Site {
  readonly result = new ReplaySubject<unknown>(1);
  readonly ended: Served<NodePeer>[] = [];
  /** Names of what the server has seen begin, end and arrive. */
  private readonly marks = new ReplaySubject<string>();

  mark(name: string): void {
    this.marks.next(name);
  }

  private after(name: string): Observable<never> {
    return this.marks.pipe(
      filter((mark) => mark === name),
      take(1),
      ignoreElements(),
    );
  }

  readonly route = (request: HttpRequest, exchange: Exchange<NodePeer>): Observable<HttpResponse> => {
    const { pathname, search } = request.url;
    const name = search.slice(1);
    switch (pathname) {
      case '/':
        return of(html(PAGE));
      case '/wait':
        return this.result.pipe(map(() => text('no image')));
      case '/cookies':
        return of(text(String(request.headers.get('cookie')!.split('; ').length)));
      case '/events':
        return of(this.events());
      case '/ws':
        return accept(request, exchange).pipe(
          tap((socket) => socket.subscribe(socket)),
          ignoreElements(),
        );
      case '/held':
        this.mark(`begun ${name}`);
        exchange.closed.subscribe(({ outcome }) => this.mark(`${outcome} ${name}`));
        return NEVER;
      case '/begun':
        return concat(this.after(`begun ${name}`), of(text('begun', { headers: NO_STORE })));
      case '/ended':
        return concat(this.after(`aborted ${name}`), of(text('ended', { headers: NO_STORE })));
      case '/result':
        return request.body.json().pipe(
          tap((told) => this.result.next(told)),
          map(() => text('heard')),
        );
      default:
        this.mark(pathname);
        return of(text('seen'));
    }
  };

  private events(): HttpResponse {
    const event = (id: number): Observable<Uint8Array> => of(Buffer.from(`id: ${id}\ndata: event ${id}\n\n`));
    const source = concat(event(1), this.after('/seen/1'), event(2), this.after('/seen/2'), event(3), NEVER);
    return bytes(source.pipe(through(() => createGzip())), {
      headers: { ...NO_STORE, 'content-type': 'text/event-stream', 'content-encoding': 'gzip' },
    });
  }
}

describeWith('chromium', 'a page in Chromium', () => {
  const serving = new Subscription();
  // Whatever the browser does: the server does not outlive the tests.
  afterAll(() => serving.unsubscribe());

  it.each(['http/1.1', 'h2'] as const)('uses cookies, events, a WebSocket, and gives up, over %s', async (protocol) => {
    const site = new Site();
    const stop = new Subject<void>();
    const faults: string[] = [];
    const tls = protocol === 'h2' ? { tls: await selfSigned() } : {};
    let done = (): void => undefined;
    const completed = new Promise<void>((resolve) => (done = resolve));
    const address = await new Promise<ListenAddress>((listening, reject) => {
      const running = serve(
        { port: 0, host: '127.0.0.1', ...tls, stop, listening, connectProtocol: true },
        { request: site.route, error: (all) => all.pipe(map(({ code }) => faults.push(code))) },
      ).subscribe({ next: (one) => site.ended.push(one), error: reject, complete: done });
      serving.add(running);
    });
    await page(`${address.url}/`);
    stop.next();
    await completed;
    expect(await firstValueFrom(site.result)).toEqual({
      cookies: COOKIES,
      events: ['1 event 1', '2 event 2', '3 event 3'],
      socket: ['text', '1,2,3', 1000, '', true],
      fetch: 'AbortError',
    });
    const outcomes = (path: string): string[] =>
      site.ended.filter(({ request }) => request.path === path).map((record) => `${record.protocol} ${record.outcome}`);
    expect(outcomes('/held?fetch')).toEqual([`${protocol} aborted`]);
    expect(outcomes('/held?frame')).toEqual([`${protocol} aborted`]);
    expect(outcomes('/events')).toEqual([`${protocol} aborted`]);
    // Over HTTP/2 it is an extended CONNECT of the same connection.
    expect(outcomes('/ws')[0]).toMatch(new RegExp(`^${protocol} `));
    expect(faults).toEqual([]);
  });
});
