/** The live page: its files, and the stream of events that it draws. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { concat, defer, finalize, map, merge, type Observable, of, share, takeUntil, timer } from 'rxjs';
import { bytes, Fields, type HttpRequest, type HttpResponse, response, text } from 'rxpaf';
import { type Frame, framed } from './frames.js';
import { lossyWhileBehind } from './lossy-while-behind.js';
import type { Traffic } from './traffic.js';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** No inline code, nothing from other servers, and no HTML made of text that a client sent. */
const POLICY = [
  ...["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self'"],
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
  ...["require-trusted-types-for 'script'", "trusted-types 'none'"],
].join('; ');

const SECURE = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
};

const STREAM = Fields.from({ ...SECURE, 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
const PLAIN = { ...SECURE, 'cache-control': 'no-store' };

/** A frame's length in ms, and the events that it holds: at 1,000 requests per second it has about 250. */
const FRAME = { every: 50, most: 1000 };
/** Open connections, and open exchanges, that a browser gets when it connects or missed events. */
const MAX_OPEN = 500;
/** Browsers that may watch at the same time. */
const MAX_WATCHERS = 16;

/** Requests for the page itself. They are not drawn: each event would cause another. */
export const isPageRequest = ({ path }: HttpRequest): boolean => /^\/($|\?|live(?:[/?]|$))/.test(path);

interface Message {
  /** The text of a server-sent event. */
  readonly sse: string;
  /** Events that had no place in the frame. */
  readonly omitted: number;
}

const sse = (event: string, data: unknown): string => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

export class LivePage {
  private readonly files = new Map<string, { readonly headers: Fields; readonly content: Buffer }>();
  private readonly messages: Observable<Message>;
  private watchers = 0;

  /**
   * @param folder - the folder of the page's files.
   * @param stop - ends the event streams.
   */
  constructor(
    private readonly traffic: Pick<Traffic<never, never>, 'events' | 'open' | 'recordings'>,
    folder: string,
    private readonly stop: Observable<unknown>,
  ) {
    for (const name of readdirSync(folder)) this.add(name, readFileSync(join(folder, name)));
    const frames = traffic.events.pipe(
      framed(FRAME),
      map(({ events, omitted }: Frame) => ({ sse: sse('frame', events), omitted })),
    );
    const states = timer(0, 1000).pipe(map(() => ({ sse: sse('state', this.state()), omitted: 0 })));
    // Shared: each frame is encoded once for all watchers.
    this.messages = merge(frames, states).pipe(share());
  }

  /** The response to a request for the page or one of its parts; undefined for other requests. */
  respond(request: HttpRequest): HttpResponse | undefined {
    const path = request.path.split('?', 1)[0]!;
    if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
    if (path === '/live') return this.stream();
    const [, connection] = /^\/live\/connections\/(\d{1,9})\/test$/.exec(path) ?? [];
    if (connection !== undefined) return this.test(Number(connection));
    const file = this.files.get(path);
    if (file === undefined) return undefined;
    const { headers, content } = file;
    if (request.headers.get('if-none-match') === headers.get('etag')) return response(304, headers);
    return { status: 200, headers, body: content };
  }

  private add(name: string, content: Buffer): void {
    const etag = `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;
    const type = TYPES[extname(name)];
    if (type === undefined) return;
    const headers = Fields.from({ ...SECURE, 'content-type': type, 'cache-control': 'no-cache', etag });
    this.files.set(name === 'index.html' ? '/' : `/live/${name}`, { headers, content });
  }

  /** Server-sent events. A browser that reads too slowly misses some; it then gets their number and what is open now. */
  private stream(): HttpResponse {
    if (this.watchers >= MAX_WATCHERS) return text('too many watchers\n', { status: 503, headers: PLAIN });
    const encode = ({ sse: message, omitted }: Message, dropped: number): Buffer =>
      Buffer.from((dropped > 0 || omitted > 0 ? this.open(dropped, omitted) : '') + message);
    const events = this.messages.pipe(lossyWhileBehind(encode));
    const watching = defer(() => {
      this.watchers++;
      const beginning = Buffer.from(`retry: 1000\n\n${this.open(0, 0)}`);
      return concat(of(beginning), events).pipe(finalize(() => this.watchers--));
    });
    return bytes(watching.pipe(takeUntil(this.stop)), { headers: STREAM });
  }

  private open(dropped: number, omitted: number): string {
    return sse('open', { dropped, omitted, at: Date.now(), ...this.traffic.open(MAX_OPEN) });
  }

  private state(): Readonly<Record<string, number>> {
    const { rss, heapUsed } = process.memoryUsage();
    return { at: Date.now(), rss, heap: heapUsed, watchers: this.watchers };
  }

  private test(connection: number): HttpResponse {
    const recording = this.traffic.recordings.get(connection);
    if (recording !== undefined) return text(recording.test, { headers: PLAIN });
    const reason = 'This connection was not recorded: it began before the page was open, or too long ago.\n';
    return text(reason, { status: 404, headers: PLAIN });
  }
}
