export { Context, type DefaultedKey, key, type Key } from './context.js';
export { Flow, FLOW_WINDOW } from './flow.js';
export type { ConnectionHosts, Info } from './socket-info.js';
export { CONNECT_TIMEOUT, HOST, PORT, SCHEDULER, SCHEME } from './context-keys.js';
export { MemoryFlow, memoryPair, type MemoryPairOptions } from './memory-pair.js';
export { memoryTransport, type MemoryTransportOptions } from './memory-transport.js';
export {
  defaulted,
  type Endpoints,
  type Met,
  type Need,
  type Needs,
  needs,
  optional,
  provided,
  required,
} from './endpoint-needs.js';
export { resolve } from './resolve.js';
export { type RegisterOptions, type Transport, Transports } from './transports.js';
export { type TapEvent, wiretap, type WiretapOptions } from './wiretap.js';
