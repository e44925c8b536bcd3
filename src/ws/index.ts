/**
 * WebSockets (RFC 6455) over HTTP/1.1 and HTTP/2, both roles, as Subjects of messages with backpressure.
 *
 * @packageDocumentation
 */
export { accept, type AcceptOptions, type ChooseSubprotocol, isWebSocket } from './accept.js';
export { webSocket, type WebSocketOptions } from './client.js';
export type { Message } from './engine/message-assembly.js';
export { DEFAULT_WEBSOCKET_LIMITS, type WebSocketLimits, webSocketLimitsWith } from './engine/websocket-limits.js';
export { WebSocketError } from '../errors.js';
export { WebSocket, type WebSocketClosed } from './websocket.js';
export type { DeflateOptions } from './websocket-options.js';
