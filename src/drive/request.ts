/** A request that came in, as a program sees it: the same class for both protocols. */
import type { Observable } from 'rxjs';
import type { Body } from '../body/body.js';
import { ProtocolError } from '../errors.js';
import { Fields } from '../http/fields.js';
import type { HttpVersion, RequestHead } from '../http/head.js';
import type { IncomingContent } from './incoming-content.js';

/**
 * A request that came in.
 *
 * @example
 * ```ts
 * const handler = (request: HttpRequest) =>
 *   request.method === 'POST' ? request.body.json().pipe(map((value) => json(value))) : text(request.url.pathname);
 * ```
 */
export class HttpRequest {
  private parsedUrl: URL | undefined = undefined;

  /** @internal */
  constructor(
    private readonly head: RequestHead,
    private readonly content: IncomingContent,
  ) {}

  /** Case-sensitive (RFC 9110 section 9.1). */
  get method(): string {
    return this.head.method;
  }

  /** `http` or `https`. */
  get scheme(): string {
    return this.head.scheme;
  }

  /** Host and port that the request is for (RFC 9110 section 7.2). */
  get authority(): string {
    return this.head.authority;
  }

  /** Path and query as they were sent; `*` for a whole server (RFC 9112 section 3.2.4), '' of a CONNECT. */
  get path(): string {
    return this.head.path;
  }

  /** The protocol that an extended CONNECT asks for (RFC 8441). */
  get protocol(): string | undefined {
    return this.head.protocol;
  }

  get version(): HttpVersion {
    return this.head.version;
  }

  get headers(): Fields {
    return this.head.headers;
  }

  /** The content: paused until it is subscribed to, once. */
  get body(): Body {
    return this.content.body;
  }

  /** The trailer section (RFC 9110 section 6.5): emits once, after the body's end; without field lines if the request has no trailers. */
  get trailers(): Observable<Fields> {
    return this.content.trailers;
  }

  /**
   * The target as a URL, parsed when it is first asked for.
   *
   * @throws ProtocolError `malformed-request` (400) if it is not a URL.
   */
  get url(): URL {
    return (this.parsedUrl ??= parseUrl(this.head));
  }
}

function parseUrl(head: RequestHead): URL {
  // By concatenation: resolving `//b` against a base would make another host of it.
  const path = head.path.startsWith('/') ? head.path : '/';
  try {
    return new URL(`${head.scheme}://${head.authority === '' ? 'localhost' : head.authority}${path}`);
  } catch (cause) {
    throw new ProtocolError('malformed-request', 'the request target is not a URL', { status: 400, cause });
  }
}
