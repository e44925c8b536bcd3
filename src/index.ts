/**
 * HTTP/1.1 and HTTP/2 over any byte flow, dispatched by ALPN, as RxJS streams.
 *
 * @packageDocumentation
 */
export { alpn, type Chain, type Chains, sniff } from './alpn/index.js';
export {
  Body,
  type BodyOptions,
  bufferBytes,
  collect,
  fromPull,
  type Piece,
  type Pullable,
  type PullableFile,
  type PullOptions,
  rechunk,
  tee,
  through,
} from './body/index.js';
export {
  type ClientConnection,
  type ClientRequest,
  ClientResponse,
  connect,
  type ConnectOptions,
  type H1ClientConnection,
  type H2ClientConnection,
  type RequestInit,
  type RequestPriority,
  run,
  type ServerPush,
} from './client/index.js';
export { consume, hold, type Release, retain } from './demand/index.js';
export { type Content, Request, type Response } from './drive/message.js';
export { bytes, empty, html, json, redirect, response, type ResponseInit, text } from './drive/responses.js';
export {
  BodyAlreadySubscribed,
  BodyError,
  type BodyErrorCode,
  BodyOverflow,
  ClientError,
  type ClientErrorCode,
  type ClientErrorDetails,
  type FaultScope,
  H2_ERROR_CODES,
  type H2ErrorCode,
  type Initiator,
  ListenError,
  type ListenErrorCode,
  ProtocolError,
  type ProtocolErrorCode,
  type ProtocolErrorDetails,
} from './errors.js';
export { Flow, type Info, MemoryFlow, memoryPair, type MemoryPairOptions } from './flow/index.js';
export { type TapEvent, wiretap, type WiretapOptions } from './flow/wiretap.js';
export { Fields, type FieldsInit } from './http/fields.js';
export type { HttpVersion, Protocol } from './http/head.js';
export { DEFAULT_LIMITS, type Limits, limitsWith } from './limits.js';
export {
  type Accepted,
  fromDuplex,
  listen,
  type ListenAddress,
  ListenFailure,
  type ListenOptions,
  type ListenTlsOptions,
  nodeInfo,
  NodePeer,
  type NodeSocket,
  type TlsDetails,
} from './node/index.js';
export {
  type Exchange,
  type FaultBody,
  type FaultKind,
  type H1Exchange,
  type H2Exchange,
  type Handler,
  type Priority,
  type PushInit,
  ResponseError,
  serve,
  type Served,
  type ServeOptions,
  type ServerFault,
  service,
  type ServiceOptions,
  type UpgradeInit,
} from './server/index.js';
