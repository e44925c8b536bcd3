export { alpn, type Chain, type Chains } from './alpn.js';
export { sniff } from './sniff.js';
