import { map } from 'rxjs';
import { CONNECT_TIMEOUT, HOST, PORT, SCHEDULER } from '../flow/context-keys.js';
import { defaulted, needs, optional, provided, required } from '../flow/endpoint-needs.js';
import type { Transport } from '../flow/transports.js';
import { dial, type Patience, type TcpAddress } from './connect-socket.js';
import { fromDuplex } from './flow-from-duplex.js';
import { cleartext, LOCAL_ADDRESS, LOOKUP, UNIX_PATH } from './context-keys.js';

/** An endpoint of {@link tcp}. */
export type TcpEndpoint = TcpAddress & Patience;

/**
 * Cleartext over TCP, to HOST and PORT (80 unless set). It applies if neither the scheme nor TLS options ask for protection, and no unix
 * socket is given. Node tries the addresses of a name in turn (RFC 8305).
 *
 * Errors: `connect-failed`, with the error of each address in `errors`; `connect-timeout`.
 *
 * @example
 * ```ts
 * resolve(Context.EMPTY.add(HOST, 'localhost').add(PORT, 8080), Transports.EMPTY.register(tcp));
 * ```
 */
export const tcp: Transport<TcpEndpoint> = {
  name: 'tcp',
  endpoints: needs({
    cleartext,
    host: required(HOST),
    addressed: provided('no unix path', (context) => !context.has(UNIX_PATH)),
    port: defaulted(PORT, 80),
    localAddress: optional(LOCAL_ADDRESS),
    lookup: optional(LOOKUP),
    timeout: required(CONNECT_TIMEOUT),
    scheduler: required(SCHEDULER),
  }),
  connect: (endpoint) => dial(endpoint, endpoint).pipe(map((socket) => fromDuplex(socket))),
};
