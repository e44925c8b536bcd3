/** The operations of an HTTP/2 engine beyond the contract of all engines: the interface of src/h2. */
import type { ClientEngine, Engine, EngineEvents } from '../engine.js';
import type { H2ErrorCode, ProtocolError } from '../errors.js';
import type { RequestHead, ResponseHead } from '../http/head.js';
import type { Limits } from '../limits.js';

export interface H2Options {
  /** `http` or `https`: the scheme of a request that does not state one (CONNECT). */
  readonly scheme: string;
  readonly limits: Limits;
  /** The value of Date for responses that have none (RFC 9110 section 6.6.1). Asked for every response: to be cheap. */
  readonly date: () => string | undefined;
}

export interface H2ServerOptions extends H2Options {
  /** Whether extended CONNECT is served, and announced to the client (RFC 8441). Not unless set. */
  readonly connectProtocol?: boolean;
}

export interface H2ClientOptions extends H2Options {
  /** Whether the server may push (RFC 9113 section 8.4). Not unless set. */
  readonly push?: boolean;
}

/**
 * The events of an HTTP/2 connection. Each violation of the protocol surfaces once. One that ends the connection is `onError`. One that
 * ends a stream is `onReset` if the stream has had `onHead`, `onInvalid` or `open()`, and else `onFault`.
 *
 * A client may get `onReset` with reason NO_ERROR after a complete response: the server did not need the rest of the request (RFC 9113
 * section 8.1).
 */
export interface H2Events<Incoming extends RequestHead | ResponseHead> extends EngineEvents<Incoming> {
  /**
   * The peer broke a rule on a stream that was never reported, or that is over: a malformed or refused request, or a frame after the end.
   * The engine has sent RST_STREAM; there is nothing else to do.
   */
  onFault(stream: number, error: ProtocolError): void;
  /**
   * GOAWAY came. Streams of the peer go on; streams of ours above `lastStream` are reset as refused. `debugData` is text for people (RFC
   * 9113 section 6.8).
   */
  onGoaway(lastStream: number, reason: H2ErrorCode, debugData: string): void;
  /** To clients: the server announces the response to a request that it expects. `abort(promised)` declines it. */
  onPush(stream: number, promised: number, head: RequestHead): void;
  /** To servers: the client wants this response sooner or later than it announced (RFC 9218). */
  onPriority(stream: number, urgency: number, incremental: boolean): void;
  /** The peer has acknowledged a `ping`, with the same eight octets. */
  onPong(opaque: Uint8Array): void;
}

/** The operations of both roles. */
export interface H2Engine<Outgoing extends RequestHead | ResponseHead> extends Engine<Outgoing> {
  readonly protocol: 'h2';
  /** The last GOAWAY that this side has written. */
  readonly sentGoaway: SentGoaway | undefined;
  /** Whether this side has begun the graceful end: by `shutdown`, or by a response with `Connection: close`. */
  readonly isShutDown: boolean;
  /** Ends a stream with RST_STREAM: `abort` by its name on the wire. */
  reset(stream: number, reason: H2ErrorCode): void;
  /** Asks for a sign of life: eight octets, which come back by `onPong`. */
  ping(opaque: Uint8Array): void;
  /** How a stream's DATA stands in line. */
  priority(stream: number): StreamPriority | undefined;
  /** Changes how a stream's DATA stands in line here: a server may know better than its client (RFC 9218 section 8). */
  prioritize(stream: number, urgency: number, incremental: boolean): void;
}

/** A GOAWAY of this side. */
export interface SentGoaway {
  readonly lastStream: number;
  readonly reason: H2ErrorCode;
  readonly debugData: string;
}

/** RFC 9218 section 4. */
export interface StreamPriority {
  /** 0 is the most urgent, 7 the least. */
  readonly urgency: number;
  /** Whether it shares its turn with others of the same urgency. It does too if the peer announced no priority. */
  readonly incremental: boolean;
}

export interface H2ServerEngine extends H2Engine<ResponseHead> {
  /** How many streams linger: their response is complete, and the rest of their request is discarded as it comes. */
  readonly lingering: number;
  /**
   * Ends the lingering streams (RST_STREAM, NO_ERROR) on which no DATA came during the last `looks` calls, or during the last two if their
   * window is exhausted. Call it at regular times while `lingering` is not 0: a client that has stopped to send waits for the end of the
   * stream (RFC 9113 section 8.1).
   */
  resetQuiet(looks: number): void;
  /**
   * Announces the response to `request`, in connection with `stream` (RFC 9113 section 8.4). The response is then sent on the stream that
   * is returned.
   *
   * @returns 0 if the client does not accept it.
   */
  push(stream: number, request: RequestHead): number;
  /**
   * The connection began as HTTP/1.1, with `Upgrade: h2c` (RFC 7540 section 3.2). `settings` is the value of HTTP2-Settings, and `request`,
   * which is complete, becomes stream 1. Call it once 101 has been sent, before anything is received.
   *
   * @throws ProtocolError if `settings` are not lawful.
   */
  startFromUpgrade(settings: string, request: RequestHead): void;
}

export interface H2ClientEngine extends H2Engine<RequestHead>, ClientEngine {
  /** Whether the server takes extended CONNECT (RFC 8441 section 3). */
  readonly extendedConnect: boolean;
  readonly protocol: 'h2';
  /** Whether `stream` was begun before the server announced that it takes fewer at once (RFC 9113 section 5.1.2). */
  wasAssumed(stream: number): boolean;
  /** Whether the server may push from here on (RFC 9113 section 8.4); announces it to the server. Later pushes are refused. */
  takePushes(on: boolean): void;
  /** Informs the server that a response is wanted sooner or later (RFC 9218 section 7.1). */
  reprioritize(stream: number, urgency: number, incremental: boolean): void;
}
