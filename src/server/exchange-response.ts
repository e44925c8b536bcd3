/**
 * The response of an exchange, on its way out: at once, in its turn, or with its first content. Until its head is with the engine, another
 * response can take its place.
 */
import { from, type ObservableInput } from 'rxjs';
import { Body } from '../body/body.js';
import { NO_BYTES } from '../bytes.js';
import { type Content, isPlain, type PlainContent, sourceOf } from '../drive/content.js';
import { OutgoingMessageContent, type OutgoingHost } from '../drive/outgoing-content.js';
import type { HttpRequest } from '../drive/request.js';
import { type HttpResponse, INCOMING, plainResponse } from '../drive/response.js';
import { ClientError, type H2ErrorCode, ProtocolError } from '../errors.js';
import { Fields, type FieldsInit } from '../http/fields.js';
import type { ExchangeConnection } from './exchange-connection.js';
import { promisedLength, ResponseError } from './faults.js';
import { dispose, disposeResponse } from './handler-result.js';

/**
 * The progress of the response.
 * - `held`: it is there, but its turn has not come (pipelining).
 * - `waiting`: its head waits for the first content.
 * - `begun`: it is on the wire; from here on a failure can only break it off.
 */
type Answer = 'none' | 'held' | 'waiting' | 'begun' | 'sent';

/** Responses without content (RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5). */
const WITHOUT_CONTENT: ReadonlySet<number> = new Set([204, 205, 304]);

/** @internal */
export abstract class ExchangeResponse<Peer> implements OutgoingHost {
  protected answer: Answer = 'none';
  protected over = false;
  protected status: number | undefined = undefined;
  protected sent = 0;
  protected heldResponse: HttpResponse | undefined = undefined;
  protected outgoing: OutgoingMessageContent | undefined = undefined;
  /**
   * The clock at the request's head, and at that of the response. Within a turn it is one number in memory, which V8 shares only between
   * fields that once held something else: most exchanges need no memory for their times.
   */
  protected beginning: number | undefined = undefined;
  protected responseBeginning: number | undefined = undefined;

  constructor(
    readonly connection: ExchangeConnection<Peer>,
    readonly stream: number,
  ) {
    this.beginning = connection.time();
  }

  abstract readonly request: HttpRequest | undefined;
  /** Whether a fault has been reported. */
  protected abstract readonly isFaulted: boolean;
  /** Whether the request's content is still to come, or coming. */
  protected abstract readonly receiving: boolean;
  /** The response cannot be sent, or go on. */
  protected abstract giveUp(error: unknown): void;
  protected abstract abort(reason: H2ErrorCode, error: ProtocolError | undefined): void;
  /** Reports a fault that changes nothing of this exchange. */
  abstract tell(error: unknown): void;

  onWritable(): void {
    if (this.answer !== 'held') {
      this.outgoing?.resume();
      return;
    }
    const { isFaulted } = this;
    const response = this.heldResponse!;
    this.heldResponse = undefined;
    this.answer = 'none';
    this.answerWith(response);
    // The response to a fault has failed itself: there is no other.
    if (isFaulted && this.isUnanswered() && !this.over) this.abort('INTERNAL_ERROR', undefined);
  }

  private isUnanswered(): boolean {
    return this.answer === 'none';
  }

  onOutgoingFailed(error: unknown): void {
    if (!this.over) this.giveUp(error);
  }

  /** Begins the response, or holds it until its turn comes. */
  protected answerWith(response: HttpResponse): void {
    const { connection } = this;
    const delivery = connection.enter();
    try {
      this.send(response);
    } catch (error) {
      disposeResponse(response);
      this.giveUp(lawless(error, response));
    } finally {
      connection.leave(delivery);
    }
  }

  /** The response that waits for its turn is not sent. */
  protected disposeHeld(): void {
    const { heldResponse } = this;
    this.heldResponse = undefined;
    if (heldResponse !== undefined && this.answer === 'held') disposeResponse(heldResponse);
  }

  private send(response: HttpResponse): void {
    const { body, status } = response;
    const { stream, connection } = this;
    const { engine } = connection;
    // The Date field is that of this turn.
    connection.time();
    const headers = Fields.from(response.headers);
    const head = { status, headers };
    if (status < 200) return engine.sendInformational(stream, status, headers);
    if (!engine.canSend(stream)) {
      this.answer = 'held';
      this.heldResponse = response;
      return;
    }
    const whole = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
    if (whole && response.trailers === undefined) {
      const content = body ?? NO_BYTES;
      this.sent =
        this.request?.method === 'HEAD' ? 0 : typeof content === 'string' ? Buffer.byteLength(content) : content.length;
      this.begun(status);
      try {
        engine.sendMessage(stream, head, content);
      } catch (error) {
        this.notBegun();
        throw error;
      }
      // Content that does not fit into the window of its stream waits there.
      if (!this.over && engine.queued(stream) > 0)
        (this.outgoing = new OutgoingMessageContent(this, undefined)).watchWhole(this.sent);
      return;
    }
    if (isPlain(body)) return this.sendStreamed(response, headers, body, body);
    const plain = plainResponse(response);
    if (typeof plain.body === 'string' || plain.body instanceof Uint8Array) return this.send(plain);
    this.sendStreamed(response, Fields.from(plain.headers), plain.body, body);
  }

  /**
   * A response whose content is streamed, or whose trailers are. Its head waits for the first content, unless the response has no content,
   * or relays a peer's: a relay passes a head on at once.
   */
  private sendStreamed(
    response: HttpResponse,
    headers: Fields,
    body: PlainContent | undefined,
    given: Content | undefined,
  ): void {
    const { status, trailers } = response;
    const { stream, connection } = this;
    const { engine } = connection;
    const method = this.request?.method;
    if (method === 'CONNECT' && status < 300 && engine.protocol === 'http/1.1') {
      return this.sendWithoutTunnel({ status, body: given, trailers }, headers);
    }
    // A streamed response may be made of the request, and 100 (Continue) can only come before it (RFC 9110 section 10.1.1).
    if (status < 300 && this.receiving) engine.sendContinue(stream);
    const outgoing = new OutgoingMessageContent(this, trailers);
    const relayed = body instanceof Body && body.isIncoming && !(this.receiving && this.isContinued());
    if (relayed || method === 'HEAD' || method === 'CONNECT' || WITHOUT_CONTENT.has(status)) {
      this.begun(status);
      let follows: boolean;
      try {
        follows = engine.sendHead(stream, { status, headers }, undefined);
      } catch (error) {
        this.notBegun();
        throw error;
      }
      if (!follows) {
        if (given !== undefined) dispose(given);
        if (method !== 'HEAD' && trailers !== undefined && hasTrailers(trailers)) this.onTrailersLost();
        return;
      }
      if (this.over) return;
      this.outgoing = outgoing;
      sourceOf(body).subscribe(outgoing);
      return;
    }
    this.answer = 'waiting';
    this.heldResponse = INCOMING in response ? response : { status, headers, body };
    this.outgoing = outgoing;
    outgoing.begin(sourceOf(body));
  }

  /**
   * Whether the client waits for 100 (Continue), which may go out in this turn. HAProxy loses the content of a response whose head comes in
   * one read with the 100: the head of the response then waits for content.
   */
  private isContinued(): boolean {
    return this.request?.headers.get('expect')?.toLowerCase() === '100-continue';
  }

  /** 2xx to CONNECT has no content on HTTP/1.1 (RFC 9110 section 9.3.6), and nobody takes the tunnel: it ends as it begins. */
  private sendWithoutTunnel({ status, body, trailers }: HttpResponse, headers: Fields): void {
    if (body !== undefined) dispose(body);
    if (trailers !== undefined && hasTrailers(trailers)) this.onTrailersLost();
    this.begun(status);
    try {
      this.connection.engine.sendMessage(this.stream, { status, headers }, NO_BYTES);
    } catch (error) {
      this.notBegun();
      throw error;
    }
  }

  sendHeldHead(size: number | undefined): boolean {
    const heldResponse = this.heldResponse!;
    const { status, headers, body } = heldResponse;
    this.heldResponse = undefined;
    this.begun(status);
    try {
      const head = { status, headers: Fields.from(headers) };
      if (size !== undefined) checkLength(head.headers, size);
      return this.connection.engine.sendHead(this.stream, head, promisedLength(body));
    } catch (error) {
      this.notBegun();
      throw lawless(error, heldResponse);
    }
  }

  onTrailersLost(): void {
    const words =
      'the trailers of the response were not sent: they need content of an unknown length, and a client of HTTP/1.1 or later';
    this.tell(new ResponseError('trailers-not-sent', words));
  }

  /** The head is given to the engine: from here on a failure can only break the response off. */
  private begun(status: number): void {
    this.answer = 'begun';
    this.status = status;
    this.responseBeginning = this.connection.time();
  }

  /** The engine refused the head: nothing went out. */
  private notBegun(): void {
    this.answer = 'none';
    this.status = undefined;
    this.responseBeginning = undefined;
  }
}

/** The error of a response that the engine does not send. */
function lawless(error: unknown, response: HttpResponse): unknown {
  if (!(error instanceof TypeError)) return error;
  if (!(INCOMING in response)) return new ResponseError('invalid-response', error.message, error);
  const words = `the upstream's response cannot be passed on: ${error.message}`;
  return new ClientError('malformed-response', words, { cause: error });
}

/**
 * Content that is known whole, though it is streamed, before its head has gone out.
 *
 * @throws ProtocolError `content-length-mismatch`.
 */
function checkLength(headers: Fields, size: number): void {
  const promised = headers.get('content-length');
  if (promised === undefined || Number(promised) === size) return;
  const words = `the content has ${size} bytes, which is not its Content-Length`;
  throw new ProtocolError('content-length-mismatch', words, { initiator: 'local', status: 500 });
}

/** Whether there are trailers, as far as that is known at once. */
function hasTrailers(trailers: ObservableInput<FieldsInit>): boolean {
  let last: FieldsInit | undefined;
  from(trailers)
    .subscribe({ next: (fields) => (last = fields), error: () => undefined })
    .unsubscribe();
  return Fields.from(last).size > 0;
}
