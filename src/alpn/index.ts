export { alpn, type Chain, type ChainOutput, type Chains, type ChainSelector, switchChains } from './alpn.js';
export { sniff } from './preface-sniffing.js';
