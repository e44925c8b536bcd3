export { fromDuplex } from './flow-from-duplex.js';
export { toDuplex } from './duplex-from-flow.js';
export { nodeInfo } from './node-info.js';
export { NodePeer, type TlsDetails } from './node-peer.js';
export {
  ALPN_OFFER,
  type ClientTlsOptions,
  HANDSHAKE_TIMEOUT,
  LOCAL_ADDRESS,
  LOOKUP,
  SERVERNAME,
  TLS_OPTIONS,
  TLS_SESSIONS,
  type TlsSessions,
  UNIX_PATH,
} from './context-keys.js';
export type { ListenTlsContext, ListenTlsOptions } from './tls-options.js';
export type { ListenAddress, ListenOptions } from './listen-options.js';
export { type Accepted, listen, ListenFailure, type NodeSocket } from './listen.js';
export { tcp, type TcpEndpoint } from './tcp-transport.js';
export { tls, type TlsEndpoint } from './tls-transport.js';
export { tlsOptionsIn, tlsOver, type TlsOverOptions } from './tls-over.js';
export { nodeTransports, resolve } from './default-transports.js';
export { proxyFromEnvironment } from './proxy-environment.js';
export { unix, type UnixEndpoint } from './unix-transport.js';
