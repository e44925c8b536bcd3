// Server-sent events through gzip, in a browser: each arrives as it is sent, because the compressor is flushed.
import { createGzip } from 'node:zlib';
import { firstValueFrom, map, type Observable, ReplaySubject, Subject, Subscription, take, tap } from 'rxjs';
import {
  Body,
  bytes,
  html,
  type HttpRequest,
  type HttpResponse,
  type ListenAddress,
  serve,
  text,
  through,
} from 'rxpaf';
import { selfSigned } from '../kits/certificate.js';
import { page } from '../kits/peers/chromium.js';
import { describeWith } from '../kits/shared-target.js';

const EVENTS = 5;

/** Acknowledges each event, and the next one is only sent then: an event that waits in the compressor would be the last. */
const PAGE = `<!doctype html><link rel="icon" href="data:,"><img src="/wait"><script type="module">
  const events = new EventSource('/events');
  const came = [];
  events.onmessage = async ({ data }) => {
    came.push(data);
    await fetch('/came', { method: 'POST', body: data });
    if (came.length < ${EVENTS}) return;
    events.close();
    const hops = performance.getEntriesByType('resource').map((entry) => entry.nextHopProtocol);
    await fetch('/result', { method: 'POST', body: JSON.stringify({ came, hops: [...new Set(hops)] }) });
  };
</script>`;

class Program {
  readonly result = new ReplaySubject<unknown>(1);
  /** Whether the browser accepts gzip for an event stream. */
  accepted: string | undefined = undefined;
  private readonly came = new Subject<void>();
  private sent = 0;

  readonly handler = (request: HttpRequest): HttpResponse | Observable<HttpResponse> => {
    switch (request.path) {
      case '/':
        return html(PAGE);
      case '/events':
        return this.events(request);
      case '/came':
        this.came.next();
        return text('');
      case '/result':
        return request.body.json().pipe(
          tap((result) => this.result.next(result)),
          map(() => text('')),
        );
      default:
        // The page has loaded when its image has, whose response is sent when the result is there.
        return this.result.pipe(
          take(1),
          map(() => text('no image')),
        );
    }
  };

  private events({ headers }: HttpRequest): HttpResponse {
    this.accepted = headers.get('accept-encoding');
    const body = new Body();
    const send = (): void => void body.next(Buffer.from(`data: event ${++this.sent}\n\n`));
    send();
    this.came.subscribe(send);
    return bytes(body.pipe(through(() => createGzip())), {
      headers: { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' },
    });
  }
}

describeWith('chromium', 'the EventSource of Chromium', () => {
  const serving = new Subscription();
  afterAll(() => serving.unsubscribe());

  it.each([
    ['HTTP/1.1', 'http/1.1'],
    ['HTTP/2', 'h2'],
  ])('gets each event as it is sent, through gzip, on %s', async (_, hop) => {
    const program = new Program();
    const tls = hop === 'h2' ? { tls: await selfSigned() } : {};
    const address = await new Promise<ListenAddress>((listening, error) => {
      serving.add(serve({ port: 0, host: '127.0.0.1', ...tls, listening }, program.handler).subscribe({ error }));
    });
    await page(`${address.url}/`);
    expect(await firstValueFrom(program.result)).toEqual({
      came: Array.from({ length: EVENTS }, (__, index) => `event ${index + 1}`),
      hops: [hop],
    });
    expect(program.accepted).toContain('gzip');
  });
});
