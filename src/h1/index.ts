/** HTTP/1.1, both roles: engines that do no IO (RFC 9112, RFC 9110). */
import type { ClientEngine, EngineEvents } from '../engine.js';
import type { RequestHead, ResponseHead } from '../http/head.js';
import { H1Client } from './client.js';
import type { H1Options } from './connection.js';
import type { H1ClientOptions } from './client.js';
import { H1Server } from './server.js';
import type { H1ServerEngine } from './server.js';

export type { H1ClientOptions } from './client.js';
export type { H1Options } from './connection.js';
export type { H1ServerEngine } from './server.js';

/** The engine of a server's HTTP/1.1 connection. */
export function createH1Server(options: H1Options, events: EngineEvents<RequestHead>): H1ServerEngine {
  return new H1Server(options, events);
}

/** The engine of a client's HTTP/1.1 connection. */
export function createH1Client(options: H1ClientOptions, events: EngineEvents<ResponseHead>): ClientEngine {
  return new H1Client(options, events);
}
