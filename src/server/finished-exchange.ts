import type { HttpRequest } from '../drive/request.js';
import type { Protocol } from '../http/head.js';

/** A finished exchange: a line of an access log. */
export interface Served<Peer = unknown> {
  readonly protocol: Protocol;
  readonly peer: Peer;
  readonly request: HttpRequest;
  /** The status of the answer; undefined where none began. */
  readonly status: number | undefined;
  /** `aborted`: the answer did not go out whole. */
  readonly outcome: 'complete' | 'aborted';
  /** Bytes of the request body that came. */
  readonly received: number;
  /** Bytes of the response body that were sent. */
  readonly sent: number;
  /** ms from the request's head to the end. */
  readonly duration: number;
}
