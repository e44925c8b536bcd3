/** What a connection of WebSocket is given by the handshake that made it, and how far it is. */
import type { Clock } from '../drive/clock.js';
import type { Flow } from '../flow/flow.js';
import type { WebSocketEngineOptions } from './engine/websocket-engine.js';
import type { WebSocketLimits } from './engine/websocket-limits.js';

/** What a connection is made of. @internal */
export interface WebSocketSetup extends Omit<WebSocketEngineOptions, 'limits'> {
  readonly flow: Flow;
  readonly clock: Clock;
  readonly limits: WebSocketLimits;
  readonly subprotocol: string;
}

/** A part of a service that its graceful end closes. @internal */
export interface Stoppable {
  place: number;
  shutdown(): void;
}

/** Knows the WebSockets that are open, for its graceful end. @internal */
export interface WebSocketService {
  register(socket: Stoppable): void;
  unregister(socket: Stoppable): void;
}

/**
 * How far a connection is:
 *
 * - `running`: the engine decides.
 * - `ending`: both sides are done; bytes that still come are thrown away until the peer ends its side.
 * - `ended`: nothing is left.
 */
export type Phase = 'running' | 'ending' | 'ended';
