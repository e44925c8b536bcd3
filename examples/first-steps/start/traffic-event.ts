/** The events of a server's traffic, by connection and exchange. They go to the page as JSON. */
import type { Fields, Served, ServerFault } from 'rxpaf';

/** Header fields for anybody to see: a value that may be a secret is null. */
export type ShownFields = readonly (readonly [name: string, value: string | null])[];

/** A connection was accepted, or was already open when the first watcher came. */
export interface ConnectionEvent {
  readonly kind: 'connection';
  readonly at: number;
  readonly connection: number;
  readonly peer: string;
  /** The ALPN result; null where ALPN was not used. */
  readonly alpn: string | null;
  /** Whether its bytes are recorded from the start, so that it can be copied as a test. */
  readonly recorded: boolean;
  /** It carries the page itself: there are no events for its bytes. */
  readonly own: boolean;
}

/** A request arrived. */
export interface RequestEvent {
  readonly kind: 'request';
  readonly at: number;
  readonly connection: number;
  readonly exchange: number;
  readonly protocol: string;
  /** The HTTP/2 stream (RFC 9113 section 5.1.1); null on HTTP/1.1. */
  readonly stream: number | null;
  readonly method: string;
  readonly path: string;
  readonly headers: ShownFields;
}

/** A number of bytes, in `count` chunks. */
export interface Amount {
  readonly at: number;
  readonly size: number;
  readonly count: number;
}

/** Bytes of a connection: received, sent, or received and then taken by the server. */
export interface WireEvent extends Amount {
  readonly kind: 'received' | 'sent' | 'taken';
  readonly connection: number;
}

/** Bytes of a body: of the request (`in`), of the response (`out`), or of the request and consumed by the handler (`credit`). */
export interface BodyEvent extends Amount {
  readonly kind: 'in' | 'out' | 'credit';
  readonly exchange: number;
}

export type TrafficEvent =
  | ConnectionEvent
  | RequestEvent
  | WireEvent
  | BodyEvent
  /** The connection ended: with FIN (`closed`), or with a reset. */
  | { readonly kind: 'closed' | 'reset'; readonly at: number; readonly connection: number }
  /** From now on the connection carries the page itself. */
  | { readonly kind: 'own'; readonly at: number; readonly connection: number }
  | {
      readonly kind: 'response';
      readonly at: number;
      readonly exchange: number;
      readonly status: number;
      readonly headers: ShownFields;
    }
  | {
      readonly kind: 'fault';
      readonly at: number;
      /** null: the fault came before a connection was made. */
      readonly connection: number | null;
      readonly exchange: number | null;
      readonly code: string;
      readonly scope: string;
      readonly status: number;
      readonly message: string;
    }
  | ({ readonly kind: 'end'; readonly at: number; readonly exchange: number; readonly status: number | null } & Pick<
      Served,
      'outcome' | 'received' | 'sent' | 'duration'
    >);

/** Fields whose values reveal nothing about the client. All other values stay on the server. */
const SAFE: ReadonlySet<string> = new Set([
  ...['accept', 'accept-encoding', 'accept-ranges', 'allow', 'cache-control', 'connection', 'content-encoding'],
  ...['content-length', 'content-range', 'content-type', 'date', 'expect', 'keep-alive', 'priority', 'range'],
  ...['retry-after', 'server', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'user-agent', 'vary'],
]);

/** Clients choose the length of names, values and paths. */
const MAX_LENGTH = 120;
const MAX_FIELDS = 24;

export const shortened = (text: string): string => (text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text);

export function shownFields(fields: Fields): ShownFields {
  const shown: [string, string | null][] = [];
  for (const [name, value] of fields) {
    if (shown.length === MAX_FIELDS) break;
    shown.push([shortened(name), SAFE.has(name) ? shortened(value) : null]);
  }
  return shown;
}

/** A path without its query, which may hold a secret. */
export function shownPath(path: string): string {
  const query = path.indexOf('?');
  return query < 0 ? shortened(path) : `${shortened(path.slice(0, query))}?…`;
}

export function shownFault({
  code,
  scope,
  status,
  message,
}: ServerFault): Pick<ServerFault, 'code' | 'scope' | 'status' | 'message'> {
  return { code, scope, status, message: shortened(message) };
}
