export { Flow, FLOW_WINDOW } from './flow.js';
export type { Info } from './info.js';
export { MemoryFlow, memoryPair, type MemoryPairOptions } from './memory.js';
