export type { FlowOrigin, ProtocolChain } from './accepted-socket.js';
export type { ConnectionsOptions } from './accepting.js';
export { type ChainOptions, h1, h2 } from './chains.js';
export { connections } from './connections.js';
export { Faults, type FaultTarget } from './error-stream.js';
export type { Exchange, H1Exchange, H2Exchange, Priority, PushInit, TunnelInit } from './exchange-interface.js';
export { type FaultBody, FaultHandlerError, type FaultKind, ResponseError, type ServerFault } from './faults.js';
export type { Served } from './finished-exchange.js';
export {
  type FaultHandler,
  type Handler,
  type HandlerResult,
  type Middleware,
  responses,
  type Service,
} from './handler.js';
export type { ConnectionEnd, Goaway } from '../drive/connection-end.js';
export type { ConnectionEvent, HttpConnection } from './http-connection.js';
export { serve, type ServeOptions } from './serve.js';
export { service, type ServiceOptions } from './service.js';
