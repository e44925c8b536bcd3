/**
 * The client's role. It sends requests, one at a time unless it may pipeline, and receives their responses in order. A client cannot
 * respond to an error of the server: the error resets the exchange and ends the connection.
 */
import { lengthMismatch } from './message-sending.js';
import type { Awaiting, ClientEngine, EngineEvents } from '../engine.js';
import { ProtocolError } from '../errors.js';
import { Fields, isToken } from '../http/fields.js';
import type { RequestHead, ResponseHead } from '../http/head.js';
import { INTERIM_RESPONSES, limitWords } from '../limits.js';
import { isAuthority, isTargetText } from '../http/authority.js';
import { listHas } from './character-tables.js';
import { closed, H1Connection } from './connection.js';
import { ExchangeState } from './exchange-state.js';
import { failure, peerError } from './read-failure.js';
import type { ReadFailure } from './read-failure.js';
import { responseBodyLength } from './message-body-length.js';
import { serializeFields } from './head-serializer.js';
import type { H1Options } from './connection.js';

export interface H1ClientOptions extends H1Options {
  /** Requests that may be open at once; 1 unless given. Only idempotent ones should be (RFC 9112 section 9.3.2). */
  readonly pipelining?: number | undefined;
}

export class H1Client extends H1Connection<ResponseHead, RequestHead> implements ClientEngine {
  private readonly pipelining: number;
  private validAuthority = '';

  constructor(options: H1ClientOptions, events: EngineEvents<ResponseHead>) {
    super('response', options.limits, events);
    this.pipelining = options.pipelining ?? 1;
  }

  get awaiting(): Awaiting {
    return this.flight.length > 0 ? 'exchange' : 'idle';
  }

  get capacity(): number {
    if (this.state !== 'open' || this.eof) return 0;
    const last = this.flight.at(-1);
    if (last === undefined) return this.pipelining;
    return last.outgoing === 'complete' ? Math.max(0, this.pipelining - this.flight.length) : 0;
  }

  open(): number {
    if (this.capacity === 0) throw new TypeError('no exchange can begin now: look at `capacity`');
    const exchange = new ExchangeState(++this.lastId, '', 1, false, false, false, 'awaited');
    this.enlist(exchange);
    return exchange.id;
  }

  /** Also while draining: responses to open requests still come. */
  protected get readsOn(): boolean {
    return true;
  }

  protected mayReadHead(): boolean {
    return true;
  }

  protected resume(): void {
    if (this.reading !== 'head' || !this.hasInput) return;
    const first = this.flight[0];
    if (first?.incoming === 'awaited' && first.outgoing !== 'awaited') return;
    // Data without an outstanding request is not a valid response. The connection must close, because nobody knows where a message begins
    // (RFC 9112 section 9.2).
    const error = new ProtocolError('malformed-response', 'bytes came that belong to no request', {
      scope: 'connection',
    });
    this.tearOff(undefined, error);
    this.events.onError(error);
  }

  protected headComplete(): void {
    const { head } = this;
    const { status, connection, minorVersion } = head;
    const exchange = this.flight[0]!;
    const response: ResponseHead = { status, headers: Fields.ofLines(head.lines) };
    if (status < 200 && status !== 101) {
      if (++exchange.informationals > INTERIM_RESPONSES) {
        return this.headInvalid(failure('malformed-response', 502, 'too many interim responses'));
      }
      head.begin('response');
      this.events.onInformational(exchange.id, response);
      return;
    }
    if (status === 101 || (exchange.method === 'CONNECT' && status < 300))
      return this.switchProtocols(exchange, response);
    const length = responseBodyLength(exchange.method, status, head);
    if (length.kind === 'invalid') return this.headInvalid(length.failure);
    // Persistence (RFC 9112 section 9.3).
    const closes =
      connection === undefined
        ? minorVersion === 0
        : listHas(connection, 'close') || (minorVersion === 0 && !listHas(connection, 'keep-alive'));
    if (closes || length.kind === 'close-delimited') exchange.close = true;
    if (exchange.close) this.state = 'draining';
    if (length.kind === 'none') {
      exchange.incoming = 'complete';
      this.awaitHead();
      this.events.onHead(exchange.id, response, true);
      this.settle();
    } else {
      this.beginContent(exchange, length);
      this.events.onHead(exchange.id, response, false);
    }
  }

  /** 101 (RFC 9110 section 15.2.2), or 2xx to CONNECT (section 9.3.6). */
  private switchProtocols(exchange: ExchangeState, response: ResponseHead): void {
    if (exchange.outgoing !== 'complete' || (response.status === 101 && !exchange.upgrade)) {
      return this.headInvalid(failure('malformed-response', 502, 'a switch of protocols that was not asked for'));
    }
    const behind = this.flight.slice(1);
    this.flight = [];
    this.reading = 'switched';
    this.state = 'upgraded';
    this.forgetSent(exchange.id + 1);
    for (const each of behind) this.events.onReset(each.id, closed());
    this.events.onHead(exchange.id, response, true);
  }

  protected headInvalid(wrong: ReadFailure): void {
    const exchange = this.flight[0];
    if (exchange === undefined) this.close();
    else this.tearOff(exchange, peerError(wrong));
  }

  protected contentInvalid(exchange: ExchangeState, wrong: ReadFailure): void {
    // An error in content that is discarded is not reported.
    if (exchange.discarding) this.retire();
    this.tearOff(exchange, peerError(wrong));
  }

  /** Input is ignored from here on. Unlike a response, a request needs no delayed close for the sake of its reader. */
  private tearOff(exchange: ExchangeState | undefined, error: ProtocolError): void {
    if (!this.eof) this.torn = true;
    this.breakOff(exchange, error);
  }

  protected headEof(): void {
    this.headInvalid(
      this.begun
        ? failure('truncated', 502, 'the connection ended within a response head')
        : failure('closed', 502, 'the server closed the connection'),
    );
  }

  protected override settle(): void {
    const first = this.flight[0];
    // A client that sees a response, and that the server is closing, is to stop sending at once (RFC 9112 section 9.5).
    if (first?.incoming === 'complete' && first.close && first.outgoing !== 'complete') {
      const error = new ProtocolError('closed', 'the server responded, and closes, before the request was complete');
      return this.breakOff(first, error);
    }
    super.settle();
  }

  /** "The server MUST NOT process any further requests received on that connection" (RFC 9112 section 9.6). */
  protected override behindClose(): ProtocolError {
    return new ProtocolError('refused', 'the server closes the connection after the response before this one');
  }

  timeout(awaiting: Awaiting): void {
    if (awaiting !== this.awaiting || this.state === 'closing' || this.state === 'upgraded') return;
    if (awaiting === 'idle') return this.close();
    this.headInvalid(
      failure('body-timeout', 504, `the response did not come in time: ${limitWords(this.limits, 'bodyTimeout')}`),
    );
  }

  sendContinue(_stream: number): void {
    // Only servers send interim responses.
  }

  sendInformational(_stream: number, status: number, _headers: Fields): void {
    throw new TypeError(`a client sends no interim response: ${status}`);
  }

  protected composeHead(exchange: ExchangeState, head: RequestHead, size: number | undefined, whole: boolean): string {
    const { method } = head;
    const fields = serializeFields(head.headers);
    const target = this.checkedTarget(head);
    exchange.method = method;
    exchange.upgrade = fields.upgrade !== undefined;
    const framed = this.frame(exchange, fields.contentLength, size, whole);
    let options = '';
    let connection = '';
    if (fields.trailers) {
      connection = 'te: trailers\r\n';
      options = ', te';
    }
    if (fields.upgrade !== undefined) {
      connection += `upgrade: ${fields.upgrade}\r\n`;
      options += `, upgrade${fields.nominated}`;
    } else if (fields.close || this.state !== 'open') {
      exchange.close = true;
      options += ', close';
    }
    // Hop-by-hop options are named in Connection (RFC 9110 section 7.6.1).
    if (options !== '') connection = `connection: ${options.slice(2)}\r\n${connection}`;
    // "A user agent that sends Host SHOULD send it as the first field in the header section" (RFC 9110 section 7.2).
    return `${method} ${target} HTTP/1.1\r\nhost: ${head.authority}\r\n${fields.text}${framed}${connection}\r\n`;
  }

  /** The target in the form that the method has (RFC 9112 section 3.2). @throws TypeError: no request can be split. */
  private checkedTarget({ method, authority, path, scheme, absolute }: RequestHead): string {
    if (!isToken(method)) throw new TypeError('the method is not a token (RFC 9110 section 9.1)');
    if (authority !== this.validAuthority) {
      if (!isAuthority(authority)) throw new TypeError('the authority, or the Host field, is not a host and a port');
      this.validAuthority = authority;
    }
    if (method === 'CONNECT') return authority;
    if (!isTargetText(path)) throw new TypeError('the path has characters that a request target cannot have');
    if (!path.startsWith('/') && (path !== '*' || method !== 'OPTIONS')) {
      throw new TypeError('the path does not begin with a slash');
    }
    // To a proxy; that of `OPTIONS *` has no path (RFC 9112 sections 3.2.2 and 3.2.4).
    if (absolute === true) return `${scheme}://${authority}${path === '*' ? '' : path}`;
    return path;
  }

  /** Content-Length, Transfer-Encoding or neither (RFC 9112 section 6, RFC 9110 section 8.6). */
  private frame(
    exchange: ExchangeState,
    declared: number | undefined,
    size: number | undefined,
    whole: boolean,
  ): string {
    const { method } = exchange;
    exchange.framing = 'none';
    if (method === 'CONNECT') {
      if (whole && size !== 0) throw new TypeError('a CONNECT request has no content');
      return '';
    }
    if (declared === -1 || (declared !== undefined && size !== undefined && declared !== size)) {
      throw lengthMismatch('the Content-Length of a request is not that of its content');
    }
    const length = declared ?? size;
    // Even zero bytes are announced: "A user agent SHOULD send Content-Length in a request when the method defines a meaning for enclosed
    // content" (RFC 9110 section 8.6). With the other methods, no field is sent.
    if (whole && length === 0 && method !== 'POST' && method !== 'PUT' && method !== 'PATCH') return '';
    if (length === undefined) {
      exchange.framing = 'chunked';
      return 'transfer-encoding: chunked\r\n';
    }
    exchange.framing = 'length';
    exchange.promised = length;
    return `content-length: ${length}\r\n`;
  }
}
