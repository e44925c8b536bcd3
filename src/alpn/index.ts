export { alpn, type Chain, type Chains } from './alpn.js';
export { sniff } from './preface-sniffing.js';
