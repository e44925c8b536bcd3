export type { Served } from './finished-exchange.js';
export { type FaultBody, type FaultKind, ResponseError, type ServerFault } from './faults.js';
export type { Exchange, H1Exchange, H2Exchange, Handler, Priority, PushInit, UpgradeInit } from './handler.js';
export { serve, type ServeOptions } from './serve.js';
export { service, type ServiceOptions } from './service.js';
