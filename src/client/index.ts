export type { ClientConnection, H1ClientConnection, H2ClientConnection, ServerPush } from './client-connection.js';
export { connect, type ConnectOptions } from './connect.js';
export { type ClientRequest, ClientResponse, type RequestInit, type RequestPriority } from './message.js';
export { run } from './run.js';
