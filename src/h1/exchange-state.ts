/**
 * One exchange, and the life of its two messages. The table does not know which role it plays. A server receives a request and sends a
 * response, and a client does the opposite; both are the same machine:
 *
 * ```
 *            informational
 *               +---+
 *               |   v        head                 end
 *   (begin) --> awaited ------------> content ---------> complete
 *               |                     |   ^                 ^
 *               |                     +---+                 |
 *               |                     data                  |
 *               +-------------------------------------------+
 *                       message: a head without content
 * ```
 *
 * The exchange is over when both are complete; on HTTP/1.1 they complete in order, exchange by exchange.
 */
export type MessageState = 'awaited' | 'content' | 'complete';
export type MessageEvent = 'informational' | 'head' | 'message' | 'data' | 'end';

const TRANSITIONS: Readonly<Record<MessageState, Readonly<Partial<Record<MessageEvent, MessageState>>>>> = {
  awaited: { informational: 'awaited', head: 'content', message: 'complete' },
  content: { data: 'content', end: 'complete' },
  complete: {},
};

/**
 * The state of a message after `event`.
 *
 * @throws TypeError if the event is not possible in this state.
 */
export function after(state: MessageState, event: MessageEvent): MessageState {
  const next = TRANSITIONS[state][event];
  if (next === undefined) throw new TypeError(`no ${event} can be sent: the message is ${state}`);
  return next;
}

/** How the end of an outgoing message's content is marked. `none`: it has no content. */
export type Framing = 'none' | 'length' | 'chunked' | 'close-delimited';

export class ExchangeState {
  readonly id: number;
  method: string;
  /** Of the request. 0: neither interim responses nor chunked go to this peer (RFC 9112 section 7, RFC 9110 15.2). */
  readonly minorVersion: number;
  /** The request asks to switch protocols. */
  upgrade: boolean;
  /** Whether other exchanges may begin before this one is over (RFC 9112 section 9.3.2). */
  readonly pipelined: boolean;

  incoming: MessageState = 'awaited';
  outgoing: MessageState = 'awaited';
  /** The connection does not outlive this exchange. */
  close: boolean;

  /** The client asks to keep the connection. */
  keepAlive = false;

  /** Bytes of incoming content still to come, where that is known. */
  remaining = 0;
  /** Bytes that `onData` reported, and that `credit` has not given back. */
  uncredited = 0;
  discarding = false;
  discarded = 0;
  /** The client holds its content back until it is asked for, and none came yet (RFC 9110 section 10.1.1). */
  continueExpected = false;

  framing: Framing = 'none';
  /** Bytes that the outgoing message's Content-Length still promises. */
  promised = 0;
  /** Bytes of its content that wait to be pulled. */
  queued = 0;
  /** `sendData` has asked its caller to wait. */
  held = false;
  /** The outgoing head switches protocols, or is the response that does. */
  switches = false;
  /** Interim responses that came. */
  informationals = 0;

  constructor(
    id: number,
    method: string,
    minorVersion: number,
    upgrade: boolean,
    pipelined: boolean,
    close: boolean,
    incoming: MessageState,
  ) {
    this.id = id;
    this.method = method;
    this.minorVersion = minorVersion;
    this.upgrade = upgrade;
    this.pipelined = pipelined;
    this.close = close;
    this.incoming = incoming;
  }
}
