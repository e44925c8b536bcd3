export { fromDuplex } from './flow-from-duplex.js';
export { toDuplex } from './duplex-from-flow.js';
export { nodeInfo, NodePeer, type TlsDetails } from './node-info.js';
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
export {
  type Accepted,
  listen,
  type ListenAddress,
  ListenFailure,
  type ListenOptions,
  type ListenTlsOptions,
  type NodeSocket,
} from './listen.js';
export { tcp, type TcpEndpoint } from './tcp-transport.js';
export { tls, type TlsEndpoint, tlsOptionsIn, tlsOver, type TlsOverOptions } from './tls-transport.js';
export { nodeTransports, resolve } from './default-transports.js';
export { unix, type UnixEndpoint } from './unix-transport.js';
