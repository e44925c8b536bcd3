/**
 * The states of a stream (RFC 9113 section 5.1), seen from one end, which may be either:
 *
 *                              +--------+
 *                      send PP |        | recv PP
 *                     ,--------+  idle  +--------.
 *                    /         |        |         \
 *                   v          +--------+          v
 *            +----------+          |           +----------+
 *            |          |          | send H /  |          |
 *     ,------+ reserved |          | recv H    | reserved +------.
 *     |      | (local)  |          |           | (remote) |      |
 *     |      +---+------+          v           +------+---+      |
 *     |          |             +--------+             |          |
 *     |          |     recv ES |        | send ES     |          |
 *     |   send H |     ,-------+  open  +-------.     | recv H   |
 *     |          |    /        |        |        \    |          |
 *     |          v   v         +---+----+         v   v          |
 *     |      +----------+          |           +----------+      |
 *     |      |   half-  |          |           |   half-  |      |
 *     |      |  closed  |          | send R /  |  closed  |      |
 *     |      | (remote) |          | recv R    | (local)  |      |
 *     |      +----+-----+          |           +-----+----+      |
 *     |           |                |                 |           |
 *     |           | send ES /      |       recv ES / |           |
 *     |           |  send R /      v        send R / |           |
 *     |           |  recv R    +--------+   recv R   |           |
 *     | send R /  `----------->|        |<-----------'  send R / |
 *     | recv R                 | closed |               recv R   |
 *     `----------------------->|        |<-----------------------'
 *                              +--------+
 *
 * PP: PUSH_PROMISE, H: HEADERS, ES: END_STREAM, R: RST_STREAM. A closed state carries its cause, because the frames that may still come
 * depend on it. The states do not know roles: the identifier of a stream determines which side may begin it (roles.ts).
 */

/** `closed-unknown`: it was never used, or so long ago that it is forgotten how it closed. */
export type ClosedState = 'closed-ended' | 'closed-reset-sent' | 'closed-reset-received' | 'closed-unknown';

export type StreamState =
  'idle' | 'reserved-local' | 'reserved-remote' | 'open' | 'half-closed-local' | 'half-closed-remote' | ClosedState;

export type StreamEvent =
  | 'send-push'
  | 'receive-push'
  | 'send-headers'
  | 'receive-headers'
  | 'send-end'
  | 'receive-end'
  | 'send-reset'
  | 'receive-reset';

type Transitions = Readonly<Partial<Record<StreamEvent, StreamState>>>;

const RESETS = { 'send-reset': 'closed-reset-sent', 'receive-reset': 'closed-reset-received' } as const;

/** Where an event leads. An event that is missing cannot happen in that state. */
const TRANSITIONS: Readonly<Record<StreamState, Transitions>> = {
  idle: {
    'send-push': 'reserved-local',
    'receive-push': 'reserved-remote',
    'send-headers': 'open',
    'receive-headers': 'open',
    // A stream may be refused before anything is known of it but its identifier.
    ...RESETS,
  },
  'reserved-local': { 'send-headers': 'half-closed-remote', ...RESETS },
  'reserved-remote': { 'receive-headers': 'half-closed-local', ...RESETS },
  open: {
    'send-headers': 'open',
    'receive-headers': 'open',
    'send-end': 'half-closed-local',
    'receive-end': 'half-closed-remote',
    ...RESETS,
  },
  'half-closed-local': { 'receive-headers': 'half-closed-local', 'receive-end': 'closed-ended', ...RESETS },
  'half-closed-remote': { 'send-headers': 'half-closed-remote', 'send-end': 'closed-ended', ...RESETS },
  'closed-ended': {},
  'closed-reset-sent': {},
  'closed-reset-received': {},
  'closed-unknown': {},
};

/** The state that `event` leads to; undefined if it is not possible. */
export function transition(state: StreamState, event: StreamEvent): StreamState | undefined {
  return TRANSITIONS[state][event];
}

/** The frames of a stream. PRIORITY may come in any state. */
export type StreamFrame = 'headers' | 'data' | 'reset' | 'window-update' | 'push-promise';

/**
 * The verdict on a frame: accept it, ignore it, or respond with an error of the stream or of the connection. An ignored frame still counts
 * for flow control and HPACK.
 */
export type Verdict = 'accept' | 'ignore' | 'stream-closed' | 'connection-closed' | 'protocol-error';

type Verdicts = Readonly<Record<StreamFrame, Verdict>>;

const ACCEPT: Verdicts = {
  headers: 'accept',
  data: 'accept',
  reset: 'accept',
  'window-update': 'accept',
  'push-promise': 'accept',
};
const PROTOCOL_ERROR: Verdicts = {
  headers: 'protocol-error',
  data: 'protocol-error',
  reset: 'protocol-error',
  'window-update': 'protocol-error',
  'push-promise': 'protocol-error',
};

/** RFC 9113 section 5.1, the paragraphs below the diagram. */
const VERDICTS: Readonly<Record<StreamState, Verdicts>> = {
  // "Receiving any frame other than HEADERS or PRIORITY [...] MUST be treated as a connection error".
  idle: { ...PROTOCOL_ERROR, headers: 'accept' },
  'reserved-local': { ...PROTOCOL_ERROR, reset: 'accept', 'window-update': 'accept' },
  'reserved-remote': { ...PROTOCOL_ERROR, headers: 'accept', reset: 'accept' },
  open: ACCEPT,
  'half-closed-local': ACCEPT,
  // "[...] it MUST respond with a stream error of type STREAM_CLOSED."
  'half-closed-remote': { ...ACCEPT, headers: 'stream-closed', data: 'stream-closed', 'push-promise': 'stream-closed' },
  // WINDOW_UPDATE and RST_STREAM may have been under way when the stream ended.
  'closed-ended': {
    headers: 'connection-closed',
    data: 'stream-closed',
    reset: 'ignore',
    'window-update': 'ignore',
    'push-promise': 'connection-closed',
  },
  // The peer may have sent anything before our RST_STREAM reached it.
  'closed-reset-sent': {
    headers: 'ignore',
    data: 'ignore',
    reset: 'ignore',
    'window-update': 'ignore',
    'push-promise': 'ignore',
  },
  // The peer has closed it itself, and knows so.
  'closed-reset-received': {
    headers: 'connection-closed',
    data: 'stream-closed',
    reset: 'ignore',
    'window-update': 'ignore',
    'push-promise': 'connection-closed',
  },
  // RFC 9113 section 5.1.1: a stream is not begun below one that was.
  'closed-unknown': {
    headers: 'protocol-error',
    data: 'stream-closed',
    reset: 'ignore',
    'window-update': 'ignore',
    'push-promise': 'protocol-error',
  },
};

/** The verdict on `frame`, received in `state`. */
export function verdictOn(state: StreamState, frame: StreamFrame): Verdict {
  return VERDICTS[state][frame];
}
