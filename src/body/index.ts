export { Body, type BodyOptions, DEFAULT_WINDOW } from './body.js';
export { collect } from './collect.js';
export { rechunk } from './rechunk.js';
export { bufferBytes } from './buffer-bytes.js';
export { tee } from './tee.js';
export { through, type ThroughOptions } from './through.js';
export { fromPull, type Piece, type Pullable, type PullableFile, type PullOptions } from './from-pull.js';
