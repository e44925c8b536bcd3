export { client, type Client, type ContentInit, type SelectorInit } from './client.js';
export type { ClientConnection, H1ClientConnection, H2ClientConnection, ServerPush } from './connection.js';
export { connect, type ConnectOptions } from './connect.js';
export {
  type ClientRequest,
  ClientResponse,
  type HttpRequestInit,
  type RequestPriority,
} from './request-and-response.js';
export { run } from './run.js';
export type { ClientOptions } from './client-options.js';
export type { ClientRequestInit } from './request-plan.js';
export { connectProxy, type ConnectProxyOptions, type TunnelEndpoint } from './connect-proxy.js';
export { DEFAULT_RETRY, type RetryPolicy } from './retry.js';
