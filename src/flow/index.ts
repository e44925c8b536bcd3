export { Context, type DefaultedKey, key, type Key } from './context.js';
export { Flow, FLOW_WINDOW } from './flow.js';
export type { Info } from './info.js';
export { CONNECT_TIMEOUT, HOST, PORT, SCHEDULER, SCHEME } from './keys.js';
export { MemoryFlow, memoryPair, type MemoryPairOptions } from './memory.js';
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
} from './needs.js';
export { resolve } from './resolve.js';
export { type RegisterOptions, type Transport, Transports } from './transport.js';
export { type TapEvent, wiretap, type WiretapOptions } from './wiretap.js';
