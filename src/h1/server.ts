/**
 * The server's role. Requests come in, and are announced before their turn if a server may work on several ("if they all have safe
 * methods", RFC 9112 section 9.3.2). Responses go out in order.
 */
import { lengthMismatch } from './message-sending.js';
import type { Awaiting, Engine, EngineEvents } from '../engine.js';
import { Fields } from '../http/fields.js';
import type { RequestHead, ResponseHead } from '../http/head.js';
import { isSafe } from '../http/method.js';
import { listHas } from './character-tables.js';
import { H1Connection, type H1Options } from './connection.js';
import { after, ExchangeState } from './exchange-state.js';
import { failure, peerError } from './read-failure.js';
import type { ReadFailure } from './read-failure.js';
import type { HeadReader } from './head-reader.js';
import { requestBodyLength } from './message-body-length.js';
import type { MessageBodyLength } from './message-body-length.js';
import { isAuthority } from '../http/authority.js';
import { limitWords } from '../limits.js';
import { parseRequestTarget } from './request-target.js';
import { dateLine, responseStart, serializeFields, statusLine } from './head-serializer.js';

/** A request that has been read, and waits for the responses before it. */
interface Announcement {
  readonly exchange: ExchangeState;
  readonly head: RequestHead;
  readonly length: MessageBodyLength;
}

const SLASH = 0x2f;

/** The operations of an HTTP/1.1 server's engine alone. */
export interface H1ServerEngine extends Engine<ResponseHead> {
  /**
   * Begins the graceful end. `awaitsLast`: requests that are on their way are read until a response carries `Connection: close`; an idle
   * connection ends by `timeout('idle')`. Otherwise, an idle connection ends at once.
   */
  shutdown(awaitsLast?: boolean): void;
  /** The program takes no further request for now, or again: heads stay unread, content is read on. */
  pauseHeads(paused: boolean): void;
}

export class H1Server extends H1Connection<RequestHead, ResponseHead> implements H1ServerEngine {
  private readonly scheme: string;
  private readonly date: () => string | undefined;
  /** For clients that ask for keep-alive: how long the connection may be idle, in seconds (RFC 2068 section 19.7.1.1). */
  private readonly keepAliveLines: string;
  private waiting: Announcement | undefined = undefined;
  /** The program takes no further request for now. */
  private headsPaused = false;
  /** The last Host that was found valid: it seldom changes on a connection. */
  private validHost = '';

  constructor(options: H1Options, events: EngineEvents<RequestHead>) {
    super('request', options.limits, events);
    this.scheme = options.scheme;
    this.date = options.date;
    this.keepAliveLines = keepAliveLines(options.limits.idleTimeout);
  }

  get awaiting(): Awaiting {
    const first = this.flight[0];
    // The response has been sent, and the rest of the content is discarded: it is the peer's turn, and it has as long as for a head.
    if (first !== undefined) return first.outgoing === 'complete' ? 'head' : 'exchange';
    // The peer has sent requests that the program does not take yet.
    if (this.headsPaused && (this.hasInput || this.waiting !== undefined)) return 'exchange';
    if (this.begun) return 'head';
    return this.lastId === 0 && !this.awaitsLast ? 'head' : 'idle';
  }

  protected get readsOn(): boolean {
    return this.state === 'open' || this.awaitsLast;
  }

  protected mayReadHead(): boolean {
    if (this.waiting !== undefined || this.headsPaused || this.isCongested) return false;
    const { flight } = this;
    const { length } = flight;
    return length === 0 || (length <= this.limits.pipelinedRequests && flight[length - 1]!.pipelined);
  }

  protected resume(): void {
    const { waiting } = this;
    if (waiting === undefined || this.headsPaused || this.flight.length > 0) return;
    this.waiting = undefined;
    if (this.readsOn) this.announce(waiting.exchange, waiting.head, waiting.length);
  }

  pauseHeads(paused: boolean): void {
    this.headsPaused = paused;
    if (!paused) this.run();
  }

  protected headComplete(): void {
    const { head } = this;
    const { method } = head;
    let scheme = this.scheme;
    let authority = head.hosts === 0 ? '' : head.host;
    let path = head.target;
    const wrong = this.hostFailure(head);
    if (wrong !== undefined) return this.headInvalid(wrong);
    if (path.charCodeAt(0) !== SLASH || method === 'CONNECT') {
      const target = parseRequestTarget(method, path);
      if (target === undefined) {
        return this.headInvalid(failure('malformed-request', 400, 'no request target of this method'));
      }
      scheme = target.scheme ?? scheme;
      // "When an origin server receives a request with an absolute-form of request-target, the origin server MUST ignore
      // the received Host header field (if any)" (RFC 9112 section 3.2.2).
      authority = target.authority ?? authority;
      path = target.path;
    }
    const length = requestBodyLength(method, head);
    if (length.kind === 'invalid') return this.headInvalid(length.failure);
    if (head.expect !== undefined && head.expect.toLowerCase() !== '100-continue') {
      return this.headInvalid(failure('expectation-failed', 417, 'an expectation that cannot be met'));
    }

    const { minorVersion, connection } = head;
    const upgrade = head.upgrade !== undefined && minorVersion === 1;
    const close =
      connection === undefined
        ? minorVersion === 0
        : listHas(connection, 'close') || (minorVersion === 0 && !listHas(connection, 'keep-alive'));
    const keepAlive =
      connection !== undefined && !close && (connection === 'keep-alive' || listHas(connection, 'keep-alive'));
    const empty = length.kind === 'none';
    // The bytes after a request for a switch of protocols belong to another protocol: they are not read here.
    const pipelined = empty && isSafe(method) && !upgrade && !close;
    const incoming = empty ? 'complete' : 'awaited';
    const exchange = new ExchangeState(++this.lastId, method, minorVersion, upgrade, pipelined, close, incoming);
    // "A server that receives a 100-continue expectation in an HTTP/1.0 request MUST ignore that expectation" (RFC 9110
    // section 10.1.1).
    exchange.keepAlive = keepAlive;
    exchange.continueExpected = head.expect !== undefined && !empty && minorVersion === 1;
    const request: RequestHead = {
      method,
      scheme,
      authority,
      path,
      protocol: undefined,
      version: minorVersion === 0 ? '1.0' : '1.1',
      headers: Fields.ofLines(head.lines),
    };
    head.begin('request');
    if (this.flight.length === 0 || (empty && isSafe(method))) this.announce(exchange, request, length);
    else this.waiting = { exchange, head: request, length };
  }

  /** Host is one, and valid; only HTTP/1.0 may have none (RFC 9112 section 3.2). */
  private hostFailure(head: HeadReader): ReadFailure | undefined {
    if (head.hosts === 0 && head.minorVersion === 0) return undefined;
    if (head.hosts !== 1) return failure('malformed-request', 400, 'not one Host');
    if (head.host === this.validHost) return undefined;
    if (!isAuthority(head.host)) return failure('malformed-request', 400, 'Host is not a host and port');
    // A copy: a substring of a head keeps the whole text of the head in memory.
    this.validHost = Buffer.from(head.host, 'latin1').toString('latin1');
    return undefined;
  }

  private announce(exchange: ExchangeState, head: RequestHead, length: MessageBodyLength): void {
    this.enlist(exchange);
    // "The server MUST NOT process any further requests received on that connection" (RFC 9112 section 9.6).
    if (exchange.close) this.readNoMore();
    const empty = exchange.incoming === 'complete';
    if (!empty) this.beginContent(exchange, length);
    this.events.onHead(exchange.id, head, empty);
  }

  protected headInvalid(wrong: ReadFailure): void {
    const { head } = this;
    this.readNoMore();
    const exchange = new ExchangeState(++this.lastId, head.method, 1, false, false, true, 'complete');
    this.enlist(exchange);
    this.events.onInvalid(exchange.id, peerError(wrong));
  }

  protected contentInvalid(exchange: ExchangeState, wrong: ReadFailure): void {
    this.stopContent(exchange);
    this.reading = 'ignored';
    exchange.close = true;
    if (!exchange.discarding) {
      if (exchange.outgoing !== 'awaited') return this.breakOff(exchange, peerError(wrong));
      this.events.onInvalid(exchange.id, peerError(wrong));
    }
    this.settle();
  }

  protected headEof(): void {
    if (this.waiting !== undefined) return;
    if (this.begun) {
      this.headInvalid(failure('truncated', 400, 'the connection ended within a head'));
    } else if (this.flight.length === 0) this.close();
    else {
      // The requests that came get their responses: a peer may close its own half and still read (RFC 9112 section 9.6).
      this.readNoMore();
    }
  }

  /** The requests that came are the last. */
  private readNoMore(): void {
    this.state = 'draining';
    this.awaitsLast = false;
    this.reading = 'ignored';
  }

  timeout(awaiting: Awaiting): void {
    if (awaiting !== this.awaiting || this.state === 'closing' || this.state === 'upgraded') return;
    // Content that is still discarded after a response is not worth a second response.
    if (this.flight[0]?.outgoing === 'complete') return this.close();
    if (awaiting === 'head' && this.begun) {
      return this.headInvalid(
        failure('head-timeout', 408, `the head did not come in time: ${limitWords(this.limits, 'headTimeout')}`),
      );
    }
    // A connection that was opened ahead and never used is not a fault: browsers do that.
    if (awaiting === 'head' || awaiting === 'idle') return this.close();
    const last = this.flight.at(-1);
    if (last?.incoming === 'content') {
      this.contentInvalid(
        last,
        failure('body-timeout', 408, `the content did not come in time: ${limitWords(this.limits, 'bodyTimeout')}`),
      );
    }
  }

  override shutdown(awaitsLast = false): void {
    if (awaitsLast) {
      if (this.state !== 'open') return;
      this.state = 'draining';
      this.awaitsLast = true;
    } else {
      this.waiting = undefined;
      super.shutdown();
    }
  }

  sendContinue(stream: number): void {
    const exchange = this.find(stream);
    if (exchange?.continueExpected !== true || exchange.outgoing !== 'awaited') return;
    exchange.continueExpected = false;
    this.sendText(`${statusLine(100)}\r\n`);
  }

  sendInformational(stream: number, status: number, headers: Fields): void {
    if (!Number.isInteger(status) || status < 100 || status > 199 || status === 101) {
      throw new TypeError(`${status} is not the status of an interim response`);
    }
    const exchange = this.find(stream);
    if (exchange === undefined) return;
    after(exchange.outgoing, 'informational');
    // "A server MUST NOT send a 1xx response to an HTTP/1.0 client" (RFC 9110 section 15.2).
    if (exchange.minorVersion === 0 || !this.isNext(exchange)) return;
    if (status === 100) exchange.continueExpected = false;
    this.sendText(`${statusLine(status)}${serializeFields(headers).text}\r\n`);
  }

  protected composeHead(
    exchange: ExchangeState,
    { status, headers }: ResponseHead,
    size: number | undefined,
    whole: boolean,
  ): string {
    if (!Number.isInteger(status) || status > 599 || (status < 200 && status !== 101)) {
      throw new TypeError(`${status} is not the status of a response`);
    }
    const fields = serializeFields(headers);
    let text = responseStart(status, fields);
    const tunnels = exchange.method === 'CONNECT' && status < 300;
    if (status === 101 || tunnels) {
      this.checkSwitch(exchange, status, whole);
      // A whole message to CONNECT leaves no bytes for a tunnel: the tunnel ends as it begins.
      exchange.switches = !whole;
      exchange.close = whole;
      exchange.framing = 'none';
      if (status === 101) {
        const upgrade = fields.upgrade === undefined ? '' : `upgrade: ${fields.upgrade}\r\n`;
        text += `connection: upgrade${fields.nominated}\r\n${upgrade}`;
      } else if (whole) text += 'connection: close\r\n';
    } else {
      const framed = this.frame(exchange, status, fields.contentLength, size, whole);
      text += framed + this.persistence(exchange, fields.close);
      // "The server MUST send an Upgrade header field in a 426 response" (RFC 9110 section 15.5.22).
      if (status === 426 && fields.upgrade !== undefined)
        text += `connection: upgrade\r\nupgrade: ${fields.upgrade}\r\n`;
    }
    return `${text}${fields.hasDate ? '' : dateLine(this.date())}\r\n`;
  }

  /** Content-Length, Transfer-Encoding or neither (RFC 9112 section 6, RFC 9110 section 8.6). */
  private frame(
    exchange: ExchangeState,
    status: number,
    declared: number | undefined,
    size: number | undefined,
    whole: boolean,
  ): string {
    exchange.framing = 'none';
    // "A server MUST NOT send a Content-Length header field in any response with a status code of 1xx (Informational) or
    // 204 (No Content)" (RFC 9110 section 8.6).
    if (status === 204) return '';
    // "A server MUST NOT generate content in a 205 response" (RFC 9110 section 15.3.6).
    if (status === 205) return 'content-length: 0\r\n';
    const toHead = exchange.method === 'HEAD';
    // For HEAD and 304 the fields describe content that is not sent: an empty body does not mean content of zero bytes.
    const known = status === 304 || (toHead && size === 0) ? undefined : size;
    if (declared === -1 || (declared !== undefined && known !== undefined && declared !== known)) {
      throw lengthMismatch('the Content-Length of a response is not that of its content');
    }
    const length = declared ?? known;
    if (length !== undefined) {
      if (!toHead && status !== 304) {
        exchange.framing = 'length';
        exchange.promised = length;
      }
      return `content-length: ${length}\r\n`;
    }
    if (status === 304 || (toHead && whole)) return '';
    if (exchange.minorVersion === 1) {
      if (!toHead) exchange.framing = 'chunked';
      return 'transfer-encoding: chunked\r\n';
    }
    // "A server MUST NOT send a response containing Transfer-Encoding unless the corresponding request indicates HTTP/1.1
    // (or later minor revisions)" (RFC 9112 section 6.1).
    if (!toHead) {
      exchange.framing = 'close-delimited';
      exchange.close = true;
    }
    return '';
  }

  /** Connection, if the version does not imply it already (RFC 9112 section 9.3). */
  private persistence(exchange: ExchangeState, asked: boolean): string {
    if (
      asked ||
      // A client that waits for 100 may take the final status for a "no", and may still send its content. The next bytes on this connection
      // could then be either (RFC 9110 section 10.1.1).
      (exchange.continueExpected && exchange.incoming !== 'complete') ||
      (this.state === 'draining' && exchange === this.flight.at(-1) && this.waiting === undefined)
    ) {
      exchange.close = true;
    }
    if (exchange.close) {
      // "The server MUST NOT process any further requests received on that connection" (RFC 9112 section 9.6).
      if (this.awaitsLast) this.tellLast();
      return 'connection: close\r\n';
    }
    return exchange.keepAlive ? this.keepAliveLines : '';
  }

  /** A response announces the end of the connection: no further request is read. The content of the last one is. */
  private tellLast(): void {
    this.awaitsLast = false;
    this.waiting = undefined;
    if (this.reading === 'head') this.reading = 'ignored';
  }

  /** @throws TypeError if the response to this request cannot switch protocols. */
  private checkSwitch(exchange: ExchangeState, status: number, whole: boolean): void {
    if (status === 101 && (!exchange.upgrade || whole)) {
      throw new TypeError('101 responds to a request with Upgrade, and only a head does');
    }
    if (exchange.incoming !== 'complete') throw new TypeError('the request has content that must be read first');
  }
}

let lastTimeout = 0;
let lastLines = '';

/** The lines for an idle timeout of `timeout` ms: most connections have the same one. */
function keepAliveLines(timeout: number): string {
  if (timeout !== lastTimeout) {
    lastTimeout = timeout;
    const seconds = timeout === Infinity ? 0 : Math.floor(timeout / 1000);
    lastLines = `connection: keep-alive\r\n${seconds > 0 ? `keep-alive: timeout=${seconds}\r\n` : ''}`;
  }
  return lastLines;
}
