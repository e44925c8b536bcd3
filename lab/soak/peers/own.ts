/** The client of this project: HTTP/1.1 and HTTP/2. It does not retry by itself here, so that a loss in a server is visible. */
import { createHash } from 'node:crypto';
import {
  concat,
  defer,
  fromEvent,
  ignoreElements,
  lastValueFrom,
  mergeMap,
  type Observable,
  of,
  takeUntil,
} from 'rxjs';
import { tap, throwError, timer } from 'rxjs';
import { type Client, client, type ClientResponse, consume, fromPull, type Protocol } from 'rxpaf';
import { piecesOf, slowPiecesOf } from '../content.js';
import type { Errand, Order, Peer, Reply } from '../order.js';

export class Own implements Peer {
  readonly name: string;
  private http: Client;

  constructor(
    private readonly protocols: readonly Protocol[],
    readonly schemes: readonly ('http' | 'https')[],
  ) {
    this.name = `rxpaf, ${protocols.join(' or ')} by ${schemes.join(' and ')}`;
    this.http = this.make();
  }

  takes({ manner }: Order): boolean {
    return manner === undefined;
  }

  ask({ order, url, signal, reached }: Errand): Promise<Reply> {
    const replies = this.http
      .request(url, { method: order.method, headers: order.headers, body: bodyOf(order) })
      .pipe(mergeMap((response) => (reached('head'), replyOf(response, order.rest, () => reached('content')))));
    const aborted = fromEvent(signal, 'abort').pipe(mergeMap(() => throwError(() => new Error('aborted'))));
    reached('sent');
    return lastValueFrom(replies.pipe(takeUntil(aborted)));
  }

  /** The graceful end of a client under load: its requests under way go on, new ones use another client. */
  renew(): void {
    this.http.shutdown();
    this.http = this.make();
  }

  close(): void {
    this.http.shutdown();
  }

  private make(): Client {
    const { protocols } = this;
    return client({ protocols, retry: false, connections: 16, tls: { rejectUnauthorized: false } });
  }
}

function bodyOf({ content }: Order): Observable<Uint8Array> | Iterable<Uint8Array> | undefined {
  if (content === undefined) return undefined;
  return content.rest > 0 ? fromPull(slowPiecesOf(content)) : piecesOf(content.size, content.seed);
}

function replyOf({ status, body }: ClientResponse, rest: number, onChunk: () => void): Observable<Reply> {
  return defer(() => {
    const hash = createHash('sha256');
    const add = (chunk: Uint8Array): void => {
      hash.update(chunk);
      onChunk();
    };
    const read =
      rest === 0
        ? body.pipe(tap(add))
        : body.pipe(consume((chunk) => (add(chunk), timer(rest).pipe(ignoreElements()))));
    return concat(
      read.pipe(ignoreElements()),
      defer(() => of({ status, digest: hash.digest('hex') })),
    );
  });
}
