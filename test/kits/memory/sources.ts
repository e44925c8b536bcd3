/** Where a body comes from: a peer of either protocol, in either role; a writer of the program; what is pulled. */
import { Readable } from 'node:stream';
import { mergeMap, NEVER, type Observable, Subject, takeUntil, type VirtualTimeScheduler } from 'rxjs';
import {
  Body,
  bytes,
  connect,
  fromPull,
  type Info,
  type Protocol,
  type Pullable,
  service,
} from '../../../src/index.js';
import { type Cut, H1Peer, H2Peer, type Peer, Wire } from './peer.js';

/** A body, and how its writer goes on. */
export interface Source {
  /** Sends up to `most` bytes, as many as the other side lets it. */
  send(most: number): void;
  end(): void;
}

export interface SourcePlan {
  readonly kind: SourceKind;
  readonly window: number;
  readonly cut: Cut;
  /** Bytes that are sent at most. */
  readonly total: number;
}

/** Reads a body. @returns the content of a response that is made of it, if any. */
type Reader = (body: Observable<Uint8Array>) => Observable<Uint8Array> | undefined;

/** Begins a source, whose body goes to `reader`. */
type Begin = (plan: SourcePlan, clock: VirtualTimeScheduler, reader: Reader) => Source;

/** A reader of a source that has nobody to respond to: the content goes to a body that nobody reads. */
function readUnanswered(body: Observable<Uint8Array>, reader: Reader): void {
  reader(body)?.subscribe(new Body({ limit: Infinity }));
}

const peerOf = (protocol: Protocol, wire: Wire, cut: Cut): Peer =>
  protocol === 'h2' ? new H2Peer(wire, cut) : new H1Peer(wire, cut);

function sendBy(peer: Peer, most: number): void {
  peer.send(most);
  if (peer.refused !== undefined) throw new Error(`the connection was ended: ${peer.refused}`);
}

/** A server whose client sends the content of a request. */
const served =
  (protocol: Protocol): Begin =>
  ({ window, cut }, clock, reader) => {
    const wire = new Wire(protocol);
    const peer = peerOf(protocol, wire, cut);
    const sockets = new Subject<Wire>();
    const info: Info<Wire, string> = { alpn: () => protocol, peer: () => 'peer', injection: (flow) => flow };
    const options = { limits: { bodyWindow: window }, scheduler: clock, faults: new Subject<unknown>() };
    const subscription = sockets
      .pipe(
        service(
          info,
          ({ path, body }) => {
            if (path !== '/bulk') {
              const content = reader(body);
              if (content === undefined) return NEVER;
              // A client that reads nothing; one of HTTP/2 gives its stream no window.
              if (protocol === 'http/1.1') wire.room = 0;
              return bytes(content);
            }
            body.subscribe();
            return NEVER;
          },
          options,
        ),
      )
      .subscribe();
    sockets.next(wire);
    peer.begin('client');
    return { send: (most) => sendBy(peer, most), end: () => subscription.unsubscribe() };
  };

/** A client whose server sends the content of a response. */
const asked =
  (protocol: Protocol): Begin =>
  ({ window, cut }, clock, reader) => {
    const wire = new Wire(protocol);
    const peer = peerOf(protocol, wire, cut);
    const subscription = connect(wire, { limits: { bodyWindow: window }, scheduler: clock })
      .pipe(
        mergeMap((connection) => {
          const ask = (path: string) => connection.request({ url: `http://a${path}` });
          ask('/').subscribe(({ body }) => readUnanswered(body, reader));
          if (protocol === 'h2') ask('/bulk').subscribe(({ body }) => void body.subscribe());
          return NEVER;
        }),
      )
      .subscribe();
    peer.begin('server');
    return { send: (most) => sendBy(peer, most), end: () => subscription.unsubscribe() };
  };

/** Pieces of `cut`, in memory of their own, up to about `total` bytes. */
function* pieces({ sizes }: Cut, total: number): Generator<Uint8Array, void> {
  for (let turn = 0, sent = 0; sent < total; turn++) {
    const size = sizes[turn % sizes.length]!;
    sent += size;
    yield Buffer.allocUnsafeSlow(size);
  }
}

/** A writer that looks at what `next` returns, or does not, up to the limit of the body. */
const written =
  (listens: boolean): Begin =>
  ({ window, cut, total }, _clock, reader) => {
    const body = new Body({ window, limit: Infinity });
    const source = pieces(cut, total);
    readUnanswered(body, reader);
    return {
      send: (most) => {
        const limit = listens ? Infinity : 2 * window;
        for (let sent = 0; sent < most && (!listens || body.ready) && body.unacked < limit;) {
          const { value } = source.next();
          if (value === undefined) return;
          sent += value.length;
          body.next(value);
        }
      },
      end: () => body.unsubscribe(),
    };
  };

const pulled =
  (pull: (pieces: Iterable<Uint8Array>) => Pullable): Begin =>
  ({ window, cut, total }, _clock, reader) => {
    const stop = new Subject<void>();
    const body = fromPull(pull(pieces(cut, total)), { window }).pipe(takeUntil(stop));
    let begun = false;
    return {
      send: () => {
        if (!begun) readUnanswered(body, reader);
        begun = true;
      },
      end: () => stop.next(),
    };
  };

export const SOURCES = {
  'h1 server': served('http/1.1'),
  'h2 server': served('h2'),
  'h1 client': asked('http/1.1'),
  'h2 client': asked('h2'),
  writer: written(true),
  'blind writer': written(false),
  iterable: pulled((source) => source),
  'async iterable': pulled((source) => ({
    [Symbol.asyncIterator]: () => Readable.from(source)[Symbol.asyncIterator](),
  })),
  readable: pulled((source) => Readable.from(source, { objectMode: false })),
} satisfies Readonly<Record<string, Begin>>;

export type SourceKind = keyof typeof SOURCES;
