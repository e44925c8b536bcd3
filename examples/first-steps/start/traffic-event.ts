/** What is told of a server's traffic: an event each time that something happens on a connection or in an exchange. */
import type { Fields, Served, ServerFault } from 'rxpaf';

/** Field lines for strangers to see: a value that may be a secret is null. */
export type ShownFields = readonly (readonly [name: string, value: string | null])[];

/** A connection: from its acceptance, or from when the first watcher saw it. */
export interface ConnectionEvent {
  readonly kind: 'connection';
  readonly at: number;
  readonly connection: number;
  readonly peer: string;
  /** The ALPN result; null where ALPN was not used. */
  readonly alpn: string | null;
  /** Whether its bytes are recorded, from its beginning: it can be copied as a test then. */
  readonly recorded: boolean;
  /** It carries the page that shows all this: nothing is told of its bytes. */
  readonly own: boolean;
}

/** A request has come. */
export interface RequestEvent {
  readonly kind: 'request';
  readonly at: number;
  readonly connection: number;
  readonly exchange: number;
  readonly protocol: string;
  /** Of HTTP/2 (RFC 9113 section 5.1.1). */
  readonly stream: number | null;
  readonly method: string;
  readonly path: string;
  readonly headers: ShownFields;
}

/** Bytes that went by: `count` pieces of them. */
export interface Amount {
  readonly at: number;
  readonly size: number;
  readonly count: number;
}

/** Bytes of a connection, as they came and went; `credit` is what was taken of those received. */
export interface WireEvent extends Amount {
  readonly kind: 'received' | 'sent' | 'taken';
  readonly connection: number;
}

/** A piece of a body: of the request, of the response, or of the request and given back (its reader is done with it). */
export interface BodyEvent extends Amount {
  readonly kind: 'in' | 'out' | 'credit';
  readonly exchange: number;
}

export type TrafficEvent =
  | ConnectionEvent
  | RequestEvent
  | WireEvent
  | BodyEvent
  /** The connection has ended, by FIN (`closed`) or by force. */
  | { readonly kind: 'closed' | 'reset'; readonly at: number; readonly connection: number }
  /** From here on it carries the page that shows all this. */
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
      /** null: it came to no connection. */
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

/** Names whose values tell nothing of who asks. Every other value stays on the server. */
const SAFE: ReadonlySet<string> = new Set([
  ...['accept', 'accept-encoding', 'accept-ranges', 'allow', 'cache-control', 'connection', 'content-encoding'],
  ...['content-length', 'content-range', 'content-type', 'date', 'expect', 'keep-alive', 'priority', 'range'],
  ...['retry-after', 'server', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'user-agent', 'vary'],
]);

/** Strangers choose how long a name, a value and a path are. */
const LONGEST = 120;
const MOST_FIELDS = 24;

export const shortened = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

export function shownFields(fields: Fields): ShownFields {
  const shown: [string, string | null][] = [];
  for (const [name, value] of fields) {
    if (shown.length === MOST_FIELDS) break;
    shown.push([shortened(name), SAFE.has(name) ? shortened(value) : null]);
  }
  return shown;
}

/** A path without its query, which may hold a secret: that there is one is told. */
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
