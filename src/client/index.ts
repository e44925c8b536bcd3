export { client, type Client, type ContentInit, type SelectorInit } from './client.js';
export { connect, type ConnectOptions } from './connect.js';
export type { ClientRequest, HttpRequestInit, RequestPriority } from './request.js';
export {
  type ClientConnection,
  ClientResponse,
  type H1ClientConnection,
  type H2ClientConnection,
  type ServerPush,
} from './response.js';
export { run, tunnel } from './run.js';
export { TunnelRefused, type TunnelRequest, type TunnelRequestInit, type TunnelResponse } from './tunnel.js';
export type { ClientOptions } from './client-options.js';
export type { ClientRequestInit } from './request-plan.js';
export { connectProxy, type ConnectProxyOptions, type TunnelEndpoint } from './connect-proxy.js';
export { DEFAULT_RETRY, type RetryPolicy } from './retry.js';
