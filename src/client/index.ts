export { client, type Client, type ContentInit, type SelectorInit } from './client.js';
export type { ClientConnection, H1ClientConnection, H2ClientConnection, ServerPush } from './client-connection.js';
export { connect, type ConnectOptions } from './connect.js';
export { type ClientRequest, ClientResponse, type RequestInit, type RequestPriority } from './message.js';
export { run } from './run.js';
export type { ClientOptions } from './options.js';
export type { ClientRequestInit } from './plan.js';
export { connectProxy, type ConnectProxyOptions, type TunnelEndpoint } from './proxy.js';
export { DEFAULT_RETRY, type RetryPolicy } from './retry.js';
