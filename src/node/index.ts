export { fromDuplex } from './duplex-flow.js';
export { toDuplex } from './flow-duplex.js';
export { nodeInfo, NodePeer, type TlsDetails } from './info.js';
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
} from './keys.js';
export {
  type Accepted,
  listen,
  type ListenAddress,
  ListenFailure,
  type ListenOptions,
  type ListenTlsOptions,
  type NodeSocket,
} from './listen.js';
export { tcp, type TcpEndpoint } from './tcp.js';
export { tls, type TlsEndpoint, tlsOptionsIn, tlsOver, type TlsOverOptions } from './tls.js';
export { nodeTransports, resolve } from './transports.js';
export { unix, type UnixEndpoint } from './unix.js';
