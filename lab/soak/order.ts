/** One request of the load: what is asked, in which manner, and what it is to come to. */
import type { Content } from './content.js';

/** How far a request has come. `sent`: it was given to the peer. */
export type Phase = 'sent' | 'head' | 'content';

/** When the peer goes away: `after` ms from the beginning of a phase. */
export interface Abort {
  readonly at: Phase;
  readonly after: number;
}

/** `broken`: the response begins, and is to end in an error. */
export type Wanted = { readonly status: number; readonly digest?: string } | 'broken';

/** What no client library would do: only a bare socket takes such an order. */
export type Manner =
  'half-closed' | 'piecemeal' | 'idle first' | 'stalled head' | 'malformed' | 'cut head' | 'cut content';

export interface Order {
  readonly kind: string;
  readonly manner: Manner | undefined;
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST';
  /** Without a query: the load puts its number there. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly content: Content | undefined;
  /** ms of rest after each chunk of the response: a slow reader. */
  readonly rest: number;
  readonly abort: Abort | undefined;
  readonly wanted: Wanted;
}

/** What came back, whole. */
export interface Reply {
  readonly status: number;
  readonly digest: string;
}

/** An order on its way to a server. */
export interface Errand {
  readonly order: Order;
  /** With the number of the request in its query. */
  readonly url: URL;
  /** Where the peer is to go away. */
  readonly signal: AbortSignal;
  /** The peer reports its progress. */
  readonly reached: (phase: Phase) => void;
}

/** A client program: what makes the load. */
export interface Peer {
  readonly name: string;
  readonly schemes: readonly ('http' | 'https')[];
  /** Whether this order is one that the peer knows how to place. */
  takes(order: Order): boolean;
  /** Rejects with whatever goes wrong. */
  ask(errand: Errand): Promise<Reply>;
  close(): void | Promise<void>;
}
