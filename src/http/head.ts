import type { Fields } from './fields.js';

/** The protocol of a connection, by its ALPN id (RFC 7301; RFC 9113 section 3.1). */
export type Protocol = 'http/1.1' | 'h2';

/** The version that a message names. */
export type HttpVersion = '1.0' | '1.1' | '2.0';

/** The head of a request, the same of both protocols (RFC 9110 section 7.1). */
export interface RequestHead {
  /** Case-sensitive (RFC 9110 section 9.1). */
  readonly method: string;
  /** `http` or `https`; a proxy may get others. */
  readonly scheme: string;
  /** Host and port, from the target, `Host` or `:authority`; '' where an HTTP/1.0 request names none. */
  readonly authority: string;
  /** Path and query as sent; `*` of an asterisk-form target; '' of a CONNECT. */
  readonly path: string;
  /** `:protocol` of an extended CONNECT (RFC 8441). */
  readonly protocol: string | undefined;
  readonly version: HttpVersion;
  readonly headers: Fields;
  /** Of a request to a proxy that sends it on: HTTP/1.1 names the target in absolute form (RFC 9112 section 3.2.2). */
  readonly absolute?: boolean;
}

/** The head of a response (RFC 9110 section 15). */
export interface ResponseHead {
  readonly status: number;
  readonly headers: Fields;
}
