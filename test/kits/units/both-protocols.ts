/**
 * One service, one client, either protocol: what the tests of both share. The client is Node's own, `node:http` or `node:http2`, on top of
 * flows in memory; its results have the same form for both.
 */
import * as http from 'node:http';
import * as http2 from 'node:http2';
import { Duplex, Readable, type Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { Observable, Subject, type Subscription, tap } from 'rxjs';
import { retain } from '../../../src/demand/index.js';
import type { Release } from '../../../src/demand/lease.js';
import { type Flow, type Info, memoryPair, type MemoryFlow } from '../../../src/flow/index.js';
import type { Protocol } from '../../../src/http/head.js';
import {
  type Handler,
  type Served,
  type ServerFault,
  service,
  type ServiceOptions,
} from '../../../src/server/index.js';

export { until } from './node-sockets.js';

export const PROTOCOLS: readonly Protocol[] = ['http/1.1', 'h2'];

/** A Node stream over a flow, with the backpressure of both. */
class FlowDuplex extends Duplex {
  private held: Release[] = [];
  private reading: Subscription | undefined = undefined;

  constructor(private readonly flow: Flow) {
    super({ allowHalfOpen: false });
    this.on('error', () => undefined);
  }

  // What `node:http` asks of its sockets.
  setKeepAlive(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setTimeout(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }

  override _read(): void {
    const held = this.held;
    this.held = [];
    for (const release of held) release();
    this.reading ??= this.flow.subscribe({
      next: (chunk) => {
        if (this.push(chunk)) return;
        const release = retain();
        if (release !== undefined) this.held.push(release);
      },
      error: (error: unknown) =>
        this.destroy(Object.assign(new Error('reset', { cause: error }), { code: 'ECONNRESET' })),
      complete: () => this.push(null),
    });
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    // Node goes on using its buffers.
    if (this.flow.next(Buffer.from(chunk))) return done();
    let once = false;
    const drained = (): void => {
      if (once) return;
      once = true;
      done();
    };
    this.flow.drained.subscribe({ next: drained, complete: drained });
  }

  override _final(done: () => void): void {
    this.flow.complete();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.flow.error();
    done(error);
  }
}

const NO_CONTENT = Buffer.alloc(0);

export type HeadersOf = Readonly<Record<string, string | string[] | undefined>>;

/** What a client asks. */
export interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** Streamed where it is a Readable. */
  readonly body?: string | Buffer | Readable;
  readonly trailers?: Readonly<Record<string, string>>;
}

/** A whole response. */
export interface Reply {
  readonly status: number;
  readonly headers: HeadersOf;
  readonly body: Buffer;
  readonly text: string;
  readonly trailers: HeadersOf;
}

/** A request that is under way, and what comes back. */
export interface Call {
  /** The request's content. */
  readonly sending: Writable;
  readonly interim: { readonly status: number; readonly headers: HeadersOf }[];
  /** The response's head, and its content as it comes. */
  readonly head: Promise<{ readonly status: number; readonly headers: HeadersOf; readonly content: Readable }>;
  /** The whole response; an error if it broke off, or looks as if. */
  readonly reply: Promise<Reply>;
  /** Gives up: RST_STREAM, or the end of the connection. */
  abort(): void;
}

/** A service that runs, and its client. */
export class World {
  readonly served: Served<string>[] = [];
  readonly faults: ServerFault<string>[] = [];
  completed = false;
  readonly subscription: Subscription;
  private readonly sockets = new Subject<MemoryFlow>();
  private readonly agent: http.Agent;
  private session: http2.ClientHttp2Session | undefined = undefined;
  private readonly duplexes: Duplex[] = [];

  constructor(
    readonly protocol: Protocol,
    given: Handler<string>['request'] | Handler<string>,
    options: ServiceOptions = {},
    private readonly settings: http2.SecureClientSessionOptions = {},
  ) {
    const handler: Handler<string> = typeof given === 'function' ? { request: given } : given;
    const info: Info<MemoryFlow, string> = { alpn: () => protocol, peer: () => 'memory', injection: (flow) => flow };
    const recording: Handler<string> = {
      request: (request, exchange) => handler.request(request, exchange),
      error: (faults) => {
        const recorded = faults.pipe(tap((fault) => this.faults.push(fault)));
        return handler.error === undefined ? recorded : handler.error(recorded);
      },
    };
    this.subscription = this.sockets.pipe(service(info, recording, options)).subscribe({
      next: (served) => this.served.push(served),
      complete: () => (this.completed = true),
    });
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
    this.agent.createConnection = () => this.connect();
    worlds.add(this);
  }

  get codes(): string[] {
    return this.faults.map(({ code }) => code);
  }

  /** Another connection, as a Node stream. */
  connect(): Duplex {
    // `node:http2` cannot be called back from its own writes: they arrive later.
    const [ours, theirs] = memoryPair({ latency: 0 });
    this.sockets.next(ours);
    const duplex = new FlowDuplex(theirs);
    this.duplexes.push(duplex);
    return duplex;
  }

  /** The one connection of the HTTP/2 client. */
  get h2(): http2.ClientHttp2Session {
    if (this.session === undefined || this.session.closed || this.session.destroyed) {
      this.session = http2.connect('http://test', { ...this.settings, createConnection: () => this.connect() });
      this.session.on('error', () => undefined);
    }
    return this.session;
  }

  /** Sends a request, and waits for the whole response. */
  ask(what: Ask | string = {}): Promise<Reply> {
    return this.call(typeof what === 'string' ? { path: what } : what).reply;
  }

  /** Asks. Without a `body`, that of a method that has one is to be written to the result. */
  call(what: Ask = {}): Call {
    const call = this.protocol === 'h2' ? callH2(this.h2, what) : callH1(this.agent, what);
    call.head.catch(() => undefined);
    const { body } = what;
    if (body instanceof Readable) body.pipe(call.sending);
    else if (body !== undefined || !hasContent(what)) call.sending.end(body);
    return call;
  }

  /** The client is gone, with all of its connections. */
  cut(): void {
    for (const duplex of this.duplexes) duplex.destroy();
  }

  end(): void {
    this.subscription.unsubscribe();
    this.session?.destroy();
    this.agent.destroy();
    this.cut();
    worlds.delete(this);
  }
}

const worlds = new Set<World>();

// Whatever a test does: nothing of its service outlives it.
afterEach(() => {
  for (const world of worlds) world.end();
});

function hasContent({ method, body, trailers }: Ask): boolean {
  return body !== undefined || trailers !== undefined || method === 'POST' || method === 'CONNECT';
}

function callH1(agent: http.Agent, what: Ask): Call {
  const { method = 'GET', path = '/', headers = {}, trailers } = what;
  const chunked = trailers === undefined ? {} : { trailer: Object.keys(trailers).join() };
  const request = http.request({ agent, method, path, headers: { host: 'test', ...chunked, ...headers } });
  if (trailers !== undefined) request.addTrailers(trailers);
  const interim: Call['interim'] = [];
  request.on('information', (info) => interim.push({ status: info.statusCode, headers: info.headers }));
  const head = new Promise<http.IncomingMessage>((resolve, reject) => {
    request.once('response', resolve).once('error', reject);
    request.once('close', () => reject(new Error('no answer')));
  });
  const reply = once(async () => {
    const message = await head;
    return replyOf(message.statusCode!, message.headers, await all(message), message.trailers);
  });
  return {
    sending: request,
    interim,
    head: head.then((message) => ({ status: message.statusCode!, headers: message.headers, content: message })),
    get reply() {
      return reply();
    },
    abort: () => request.destroy(),
  };
}

function callH2(session: http2.ClientHttp2Session, what: Ask): Call {
  const { method = 'GET', path = '/', headers = {}, trailers } = what;
  const ask = { ':method': method, ':path': path, ':authority': 'test', ...headers };
  const stream = session.request(ask, { endStream: !hasContent(what), waitForTrailers: trailers !== undefined });
  if (trailers !== undefined) stream.once('wantTrailers', () => stream.sendTrailers(trailers));
  const interim: Call['interim'] = [];
  stream.on('headers', (fields) => interim.push({ status: fields[':status']!, headers: fields }));
  let trailing: HeadersOf = {};
  stream.on('trailers', (fields) => (trailing = fields as HeadersOf));
  const gone = new Promise<never>((_, reject) => {
    stream.once('error', reject);
    // A reset that Node does not report as an error is one, if the response is not whole.
    stream.once('close', () => reject(new Error(`closed: ${stream.rstCode}`)));
  });
  gone.catch(() => undefined);
  let ended = false;
  const response = new Promise<http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader>((resolve) => {
    stream.once('response', (fields, flags) => {
      ended = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      resolve(fields);
    });
  });
  const head = Promise.race([response, gone]);
  const reply = once(async () => {
    const fields = await head;
    // Node closes a stream without content before anybody can read it.
    const empty = ended || (stream.destroyed && stream.readableLength === 0);
    const body = empty ? NO_CONTENT : await Promise.race([all(stream), gone]);
    // Node lets a stream that is cancelled end as if it were whole.
    if (stream.rstCode !== http2.constants.NGHTTP2_NO_ERROR) throw new Error(`reset: ${stream.rstCode}`);
    return replyOf(fields[':status']!, fields, body, trailing);
  });
  return {
    sending: stream,
    interim,
    head: head.then((fields) => ({ status: fields[':status']!, headers: fields, content: stream })),
    get reply() {
      return reply();
    },
    abort: () => {
      // Node would end the request before it resets the stream, as if it were whole.
      stream.end = () => stream;
      stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
    },
  };
}

/** What `make` makes, made when it is first asked for: content flows from then on. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** All of it: an error where it ends before its end. */
function all(source: Readable): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    source.on('data', (chunk: Buffer) => parts.push(chunk));
    source.once('error', reject);
    source.once('aborted', () => reject(new Error('aborted')));
    source.once('end', () => resolve(Buffer.concat(parts)));
    source.once('close', () => reject(new Error('closed')));
  });
}

function replyOf(status: number, headers: HeadersOf, body: Buffer, trailers: HeadersOf): Reply {
  return { status, headers, body, text: body.toString(), trailers };
}

/** Waits until nothing happens any more: `value` stays as it is for a good many turns of the event loop. */
export async function settled(value: () => unknown): Promise<void> {
  let seen = value();
  for (let still = 0; still < 50; still++) {
    await turn();
    const now = value();
    if (now !== seen) still = 0;
    seen = now;
  }
}

/** Counts what becomes of an Observable. */
export class Watch {
  subscribed = 0;
  finalized = 0;
  readonly errors: unknown[] = [];

  source<T>(inner: Observable<T>): Observable<T> {
    return new Observable((subscriber) => {
      this.subscribed++;
      subscriber.add(() => this.finalized++);
      return inner.subscribe(subscriber);
    });
  }
}
