/** A response as a handler returns it: the same type for both protocols. */
import type { ObservableInput } from 'rxjs';
import { Fields, type FieldsInit } from '../http/fields.js';
import type { Flow } from '../flow/flow.js';
import { type Content, isPlain, type PlainContent, prepareContent, withContentFields } from './content.js';

/** Marks a response of another server: a message that cannot be passed on is that server's fault. */
export const INCOMING: unique symbol = Symbol('incoming');

/** The response of a handler. `text`, `json` and other builders make one. */
export interface HttpResponse {
  /** 100 to 199: an interim response, another follows (RFC 9110 section 15.2). 200 to 599: the response. */
  readonly status: number;
  readonly headers?: FieldsInit | undefined;
  readonly body?: Content | undefined;
  /** Subscribed to when the body has ended; its last value is sent (RFC 9110 section 6.5). */
  readonly trailers?: ObservableInput<FieldsInit> | undefined;
  /**
   * The tunnel that the response opens, such as that of `client.tunnel()`. It is joined with the tunnel of the request, which asks for one by
   * Upgrade, CONNECT or extended CONNECT. With any other request the flow is aborted, and the response is a fault.
   */
  readonly flow?: Flow | undefined;
}

/** A response whose content is text, bytes or an Observable. */
export interface PlainResponse extends HttpResponse {
  readonly body?: PlainContent | undefined;
}

/**
 * The same response, with content of any other kind as bytes or an Observable. The header fields that its content brings are set: the
 * Content-Type of a `Blob` and its length, for example. A middleware that changes content starts with it.
 *
 * @throws TypeError for a body that cannot be sent.
 *
 * @example
 * ```ts
 * const { body } = plainResponse(response(200, {}, new Blob(['hello'], { type: 'text/plain' })));
 * ```
 */
export function plainResponse(response: HttpResponse): PlainResponse {
  const { status, body, trailers } = response;
  if (isPlain(body)) return response as PlainResponse;
  const prepared = prepareContent(body);
  const headers = withContentFields(Fields.from(response.headers), prepared, trailers !== undefined);
  return { status, headers, body: prepared.content, trailers };
}
