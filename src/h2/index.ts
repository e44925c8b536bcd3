/** HTTP/2, both roles: engines that do no IO (RFC 9113, RFC 7541, RFC 8441, RFC 9218). */
import type { RequestHead, ResponseHead } from '../http/head.js';
import { H2Client } from './client.js';
import type {
  H2ClientEngine,
  H2ClientOptions,
  H2Events,
  H2Options,
  H2ServerEngine,
  H2ServerOptions,
} from './engine-contract.js';
import { H2Server } from './server.js';

import {
  booleanValue,
  checkOptions,
  functionValue,
  objectValue,
  type OptionTable,
  textValue,
} from '../option-checks.js';

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

const OPTIONS: OptionTable<H2Options> = { scheme: textValue, limits: objectValue, date: functionValue };

const SERVER_OPTIONS: OptionTable<H2ServerOptions> = { ...OPTIONS, connectProtocol: booleanValue };

const CLIENT_OPTIONS: OptionTable<H2ClientOptions> = { ...OPTIONS, push: booleanValue };

/**
 * The engine of a server's HTTP/2 connection.
 *
 * @throws RangeError for an option that does not exist; TypeError for one of another type.
 */
export function createH2Server(options: H2ServerOptions, events: H2Events<RequestHead>): H2ServerEngine {
  checkOptions('createH2Server', options, SERVER_OPTIONS);
  return new H2Server(options, events);
}

/**
 * The engine of a client's HTTP/2 connection.
 *
 * @throws RangeError for an option that does not exist; TypeError for one of another type.
 */
export function createH2Client(options: H2ClientOptions, events: H2Events<ResponseHead>): H2ClientEngine {
  checkOptions('createH2Client', options, CLIENT_OPTIONS);
  return new H2Client(options, events);
}
