export type { ByteChannel, ByteSource } from './byte-source.js';
export { type Release, retain } from './lease.js';
export { consume } from './consume.js';
export { hold } from './hold.js';
export { type WhenSlow, whenSlow } from './when-slow.js';
