export { fromDuplex } from './duplex-flow.js';
export { nodeInfo, NodePeer, type TlsDetails } from './info.js';
export {
  type Accepted,
  listen,
  type ListenAddress,
  ListenFailure,
  type ListenOptions,
  type ListenTlsOptions,
  type NodeSocket,
} from './listen.js';
