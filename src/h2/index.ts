/** HTTP/2, both roles: engines that do no IO (RFC 9113, RFC 7541, RFC 8441, RFC 9218). */
import type { RequestHead, ResponseHead } from '../http/head.js';
import { H2Client } from './client.js';
import type { H2ClientEngine, H2ClientOptions, H2Events, H2ServerEngine, H2ServerOptions } from './engine-contract.js';
import { H2Server } from './server.js';

export type {
  H2ClientEngine,
  H2ClientOptions,
  H2Engine,
  H2Events,
  H2Options,
  H2ServerEngine,
  H2ServerOptions,
  SentGoaway,
  StreamPriority,
} from './engine-contract.js';
export { CONNECTION_PREFACE } from './connection-preface.js';

/** The engine of a server's HTTP/2 connection. */
export function createH2Server(options: H2ServerOptions, events: H2Events<RequestHead>): H2ServerEngine {
  return new H2Server(options, events);
}

/** The engine of a client's HTTP/2 connection. */
export function createH2Client(options: H2ClientOptions, events: H2Events<ResponseHead>): H2ClientEngine {
  return new H2Client(options, events);
}
