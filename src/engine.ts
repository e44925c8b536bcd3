/**
 * The one contract of the protocol engines, of both protocols and both roles. An engine does no IO: bytes and the time come in, events and
 * bytes come out. The names describe what happens on the wire. The engine does not decide when it is called.
 *
 * A *stream* is one exchange on the connection, by number: the stream id on h2; 1, 2, 3... in order on h1. Every call may fire events
 * before it returns. After any call, `wantsInput`, `awaiting` and `state` describe the next step.
 */
import type { Output } from './bytes.js';
import type { ProtocolError, H2ErrorCode } from './errors.js';
import type { Fields } from './http/fields.js';
import type { Protocol, RequestHead, ResponseHead } from './http/head.js';

/** The next event that the connection expects from its peer: it picks the time limit. */
export type Awaiting = 'preface' | 'idle' | 'head' | 'exchange';

/**
 * - `open`: exchanges may begin.
 * - `draining`: those that began go on, no other begins.
 * - `closing`: once `pull` has given the rest, nothing more is to be sent, and the flow is to be ended.
 * - `upgraded`: the bytes belong to another protocol from here on (101, or 2xx to CONNECT, on h1).
 */
export type EngineState = 'open' | 'draining' | 'closing' | 'upgraded';

export interface EngineEvents<Incoming extends RequestHead | ResponseHead> {
  /** A message head arrived. `end`: the message has no content, and `onEnd` is not called. */
  onHead(stream: number, head: Incoming, end: boolean): void;
  /** An interim response arrived (1xx, RFC 9110 section 15.2); to clients only. */
  onInformational(stream: number, head: ResponseHead): void;
  /** Content arrived: never empty. Each byte is to be given back by `credit`, once, when it has been taken. */
  onData(stream: number, chunk: Uint8Array): void;
  /** The incoming message is complete. */
  onEnd(stream: number, trailers: Fields): void;
  /** The bytes that `sendData` queued on this stream have gone out, or its turn to send has come: more is welcome. */
  onWritable(stream: number): void;
  /** The outgoing message has wholly gone out, its end included. */
  onSent(stream: number): void;
  /**
   * The exchange is over before its time, in both directions: the last event of this stream. On h1 the connection
   * ends with it. An error of a whole connection resets each of its streams first.
   */
  onReset(stream: number, error: ProtocolError): void;
  /**
   * An incoming message cannot be understood, but its sender can get a response with `error.status`. `sendHead` and so on work on this
   * stream as if a head had come. After a head, it is the last event about the incoming message.
   */
  onInvalid(stream: number, error: ProtocolError): void;
  /** The connection is at fault, not any one exchange. The engine is `closing` from here on. */
  onError(error: ProtocolError): void;
}

export interface Engine<Outgoing extends RequestHead | ResponseHead> {
  readonly protocol: Protocol;
  readonly state: EngineState;
  readonly awaiting: Awaiting;
  /** False: stop reading. Bytes that come all the same are kept. */
  readonly wantsInput: boolean;
  /**
   * Once `closing`: the flow is to be aborted, not ended. A message whose end is that of the connection was broken off, and a
   * FIN would make a whole of it (RFC 9112 section 8).
   */
  readonly torn: boolean;
  /** Whether `pull` has bytes to give. */
  readonly hasOutput: boolean;

  /** Bytes from the peer, at `now` (ms). The engine may keep the chunk; it never changes it. */
  receive(chunk: Uint8Array, now: number): void;
  /** The peer will send no more (FIN). */
  receiveEof(now: number): void;
  /** The reader has taken, or discarded, `size` bytes of content that `onData` reported. */
  credit(stream: number, size: number): void;
  /** The time limit of `awaiting` is over. */
  timeout(awaiting: Awaiting): void;

  /**
   * The content of this stream is wanted: sends 100 if the request has an `Expect: 100-continue` that is still open (RFC 9110 section
   * 10.1.1).
   */
  sendContinue(stream: number): void;
  /** Sends an interim response (1xx; RFC 9110 section 15.2). */
  sendInformational(stream: number, status: number, headers: Fields): void;
  /**
   * A whole message. `content`: text is sent as UTF-8.
   *
   * @throws ProtocolError `content-length-mismatch` where Content-Length is not that of `content`; nothing has been sent then.
   */
  sendMessage(stream: number, head: Outgoing, content: string | Uint8Array): void;
  /**
   * The head of a message whose content follows by `sendData` and `sendEnd`. `contentLength` in bytes, if it is known and the headers do
   * not state it.
   *
   * @returns whether content is to follow: not to HEAD, nor with 204, 205 or 304; the message is then complete.
   * @throws ProtocolError `content-length-mismatch` if Content-Length is not a number, or a different one; nothing has been sent then.
   */
  sendHead(stream: number, head: Outgoing, contentLength: number | undefined): boolean;
  /**
   * Content, by reference.
   *
   * @returns false when more should wait for `onWritable`.
   */
  sendData(stream: number, chunk: Uint8Array): boolean;
  /**
   * The end of a message, with its trailer section.
   *
   * @returns false if the framing has no place for `trailers`: Content-Length on HTTP/1.1, and HTTP/1.0. They are left out then.
   */
  sendEnd(stream: number, trailers: Fields): boolean;
  /** Bytes of this stream's content that wait to go out. */
  queued(stream: number): number;
  /**
   * The application gives this exchange up: its handler failed after the head, or the rest is not wanted. Bytes that have not gone out are
   * dropped, and no event of this stream follows. On h1 the connection ends with it.
   */
  abort(stream: number, reason: H2ErrorCode): void;
  /** The rest of the incoming content will not be read. It is discarded as it comes, if that is cheap. */
  discard(stream: number): void;
  /** Whether this stream's outgoing message may begin: not before the responses to earlier requests, on h1. */
  canSend(stream: number): boolean;

  /** Moves bytes to `output`: all that is urgent, and content until `output` holds about `budget` bytes. */
  pull(output: Output, budget: number): void;
  /** Begins the graceful end: `Connection: close` with the next response, or GOAWAY. */
  shutdown(): void;
  /** Once `upgraded`: the bytes that came after the switch and belong to the next protocol. Empty otherwise. */
  leftover(): Uint8Array;
}

/** The operations of a client's engine alone: its side begins the exchanges. */
export interface ClientEngine extends Engine<RequestHead> {
  /** How many exchanges could begin now: 0 while the peer's limit is reached, or once the connection is ending. */
  readonly capacity: number;
  /** Begins an exchange: `sendMessage` or `sendHead` is to follow on the stream that is returned, before any `pull`. */
  open(): number;
}
