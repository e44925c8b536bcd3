/**
 * The protocol engines of HTTP/1.1 and HTTP/2, both roles, without RxJS and without IO: bytes and the time come in, events and bytes come
 * out. `rxpaf` drives them over flows; drive them by hand from an event loop of your own.
 *
 * @packageDocumentation
 */
export { NO_BYTES, Output } from '../bytes.js';
export type { Awaiting, ClientEngine, Engine, EngineEvents, EngineState } from '../engine.js';
export {
  type FaultScope,
  H2_ERROR_CODES,
  type H2ErrorCode,
  type Initiator,
  ProtocolError,
  type ProtocolErrorCode,
  type ProtocolErrorDetails,
} from '../errors.js';
export {
  createH1Client,
  createH1Server,
  type H1ClientOptions,
  type H1Options,
  type H1ServerEngine,
} from '../h1/index.js';
export {
  CONNECTION_PREFACE,
  createH2Client,
  createH2Server,
  type H2ClientEngine,
  type H2ClientOptions,
  type H2Engine,
  type H2Events,
  type H2Options,
  type H2ServerEngine,
  type H2ServerOptions,
  type SentGoaway,
  type StreamPriority,
} from '../h2/index.js';
export { Fields, type FieldsInit } from '../http/fields.js';
export type { HttpVersion, Protocol, RequestHead, ResponseHead } from '../http/head.js';
export { DEFAULT_LIMITS, type Limits, limitsWith } from '../limits.js';
