import type { HttpRequest } from '../drive/request.js';
import type { Protocol } from '../http/head.js';
import type { HttpConnection } from './http-connection.js';

/** A finished exchange: a line of an access log. */
export interface Served<Peer = unknown> {
  readonly protocol: Protocol;
  readonly peer: Peer;
  readonly connection: HttpConnection<Peer>;
  readonly request: HttpRequest;
  /** The status of the response; undefined if none began. */
  readonly status: number | undefined;
  /** `aborted`: the response did not go out whole. The client disconnected, or the handler failed after the head. */
  readonly outcome: 'complete' | 'aborted';
  /** Why the exchange was aborted, or the error that was responded to; undefined if all went well. */
  readonly error: Error | undefined;
  /** Bytes of the request body that came. */
  readonly received: number;
  /** Bytes of the response body that were sent. */
  readonly sent: number;
  /** When the request's head had come, ms since the epoch. */
  readonly begin: number;
  /** ms from the request's head to that of the response; undefined if none began. */
  readonly firstByte: number | undefined;
  /** ms from the request's head to the end. */
  readonly duration: number;
}
