import { map } from 'rxjs';
import { CONNECT_TIMEOUT, SCHEDULER } from '../flow/context-keys.js';
import { needs, required } from '../flow/endpoint-needs.js';
import type { Transport } from '../flow/transports.js';
import { dial, type Patience, type UnixAddress } from './connect-socket.js';
import { fromDuplex } from './flow-from-duplex.js';
import { cleartext, UNIX_PATH } from './context-keys.js';

/** An endpoint of {@link unix}. */
export type UnixEndpoint = UnixAddress & Patience;

/**
 * Cleartext over a unix socket, where UNIX_PATH is set and neither the scheme nor TLS options ask for protection.
 *
 * Errors: `connect-failed`, `connect-timeout`.
 *
 * @example
 * ```ts
 * resolve(Context.EMPTY.add(UNIX_PATH, '/run/docker.sock'), Transports.EMPTY.register(unix));
 * ```
 */
export const unix: Transport<UnixEndpoint> = {
  name: 'unix',
  endpoints: needs({
    cleartext,
    path: required(UNIX_PATH),
    timeout: required(CONNECT_TIMEOUT),
    scheduler: required(SCHEDULER),
  }),
  connect: (endpoint) => dial(endpoint, endpoint).pipe(map((socket) => fromDuplex(socket))),
};
