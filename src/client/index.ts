export { client, type Client, type ContentInit, type SelectorInit } from './client.js';
export { connect, type ConnectOptions } from './connect.js';
export type {
  ClientRequest,
  ClientRequestInit,
  HttpRequestInit,
  RequestPriority,
  TunnelRequest,
  TunnelRequestInit,
} from './request.js';
export {
  type ClientConnection,
  ClientResponse,
  type H1ClientConnection,
  type H2ClientConnection,
  type ServerPush,
  type TunnelResponse,
} from './response.js';
export type { ForwardedInit, ForwardedPeer, ForwardInit, ForwardSelectorInit } from './forward-init.js';
export type { Progress, ProgressObserver } from './request-watch.js';
export { run, tunnel } from './run.js';
export { TunnelRefused } from './tunnel.js';
export type { ClientOptions } from './client-options.js';
export type { PoolState } from './pool-state.js';
export type { ClientMiddleware, ClientService, ClientServiceRequest } from './middleware.js';
export { connectProxy } from './connect-proxy.js';
export type { ConnectProxyOptions, ProxyOptions, ProxySelector } from './proxy-options.js';
export { ProxyRefused, type TunnelEndpoint } from './proxy-tunnel.js';
export { DEFAULT_RETRY, type RetryPolicy } from './retry.js';
