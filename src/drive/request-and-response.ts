/** Requests and responses as a program sees them, the same of both protocols and both roles. */
import type { Observable, ObservableInput } from 'rxjs';
import type { Body } from '../body/body.js';
import type { Pullable } from '../body/from-pull.js';
import { ProtocolError } from '../errors.js';
import { Fields, type FieldsInit } from '../http/fields.js';
import type { HttpVersion, RequestHead } from '../http/head.js';

/** What comes after a head. It is made when it is asked for: a request whose body nobody reads costs none. */
export interface IncomingContent {
  readonly body: Body;
  readonly trailers: Observable<Fields>;
}

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

  /** The trailer section (RFC 9110 section 6.5): emits once, after the body's end; without field lines where there is none. */
  get trailers(): Observable<Fields> {
    return this.content.trailers;
  }

  /**
   * The target as a URL, parsed when it is first asked for.
   *
   * @throws ProtocolError `malformed-request` (400) where it is none.
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

/**
 * What a body can be made of: text (UTF-8) and bytes go out whole, with a Content-Length; an Observable (a Body too) or
 * anything that is pulled is streamed, with backpressure.
 */
export type Content = string | Uint8Array | Observable<Uint8Array | string> | Pullable;

/** What is answered. `text`, `json` and others make one. */
export interface HttpResponse {
  /** 100 to 199: an interim response, another follows (RFC 9110 section 15.2). 200 to 599: the answer. */
  readonly status: number;
  readonly headers?: FieldsInit | undefined;
  readonly body?: Content | undefined;
  /** Subscribed to when the body has ended; its last value is sent (RFC 9110 section 6.5). */
  readonly trailers?: ObservableInput<FieldsInit> | undefined;
}
