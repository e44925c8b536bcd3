/**
 * Middleware for services: each is a function from a service to a service, composed by the `pipe` of RxJS. The last one of a `pipe` is
 * the outermost.
 *
 * @packageDocumentation
 */
export { accessLog } from './access-log.js';
export { type Allows, guard } from './guard.js';
export { responseTimeout, type ResponseTimeoutOptions } from './response-timeout.js';
