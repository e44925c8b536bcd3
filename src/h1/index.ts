/** HTTP/1.1, both roles: engines that do no IO (RFC 9112, RFC 9110). */
import type { ClientEngine, EngineEvents } from '../engine.js';
import type { RequestHead, ResponseHead } from '../http/head.js';
import { H1Client } from './client.js';
import type { H1Options } from './connection.js';
import type { H1ClientOptions } from './client.js';
import { H1Server } from './server.js';
import type { H1ServerEngine } from './server.js';

import { checkOptions, functionValue, integerOf, objectValue, oneOf, type OptionTable } from '../option-checks.js';

export type { H1ClientOptions } from './client.js';
export type { H1Options } from './connection.js';
export type { H1ServerEngine } from './server.js';

const SERVER_OPTIONS: OptionTable<H1Options> = {
  scheme: oneOf('http', 'https'),
  limits: objectValue,
  date: functionValue,
};

const CLIENT_OPTIONS: OptionTable<H1ClientOptions> = { ...SERVER_OPTIONS, pipelining: integerOf(1) };

/**
 * The engine of a server's HTTP/1.1 connection.
 *
 * @throws RangeError for an option that does not exist, or is out of its range; TypeError for one of another type.
 */
export function createH1Server(options: H1Options, events: EngineEvents<RequestHead>): H1ServerEngine {
  checkOptions('createH1Server', options, SERVER_OPTIONS);
  return new H1Server(options, events);
}

/**
 * The engine of a client's HTTP/1.1 connection.
 *
 * @throws RangeError for an option that does not exist, or is out of its range; TypeError for one of another type.
 */
export function createH1Client(options: H1ClientOptions, events: EngineEvents<ResponseHead>): ClientEngine {
  checkOptions('createH1Client', options, CLIENT_OPTIONS);
  return new H1Client(options, events);
}
