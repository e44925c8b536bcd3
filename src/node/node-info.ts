import type { ProtocolError } from '../errors.js';
import type { Flow } from '../flow/flow.js';
import type { Info } from '../flow/socket-info.js';
import { hostsOf } from './certificate-hosts.js';
import { fromDuplex } from './flow-from-duplex.js';
import { type Accepted, ListenFailure } from './listen.js';
import { isTls, NodePeer } from './node-peer.js';

const FAILED = (): never => {
  throw new TypeError('a failure is not a connection');
};

/** The facts that a service needs of the sockets of `listen`. */
export const nodeInfo: Required<Info<Accepted, NodePeer>> = {
  alpn: (socket) => (socket instanceof ListenFailure || !isTls(socket) ? undefined : socket.alpnProtocol || 'http/1.1'),
  peer: (socket): NodePeer => (socket instanceof ListenFailure ? FAILED() : new NodePeer(socket)),
  injection: (socket): Flow => (socket instanceof ListenFailure ? FAILED() : fromDuplex(socket)),
  scheme: (socket) => (!(socket instanceof ListenFailure) && isTls(socket) ? 'https' : 'http'),
  hosts: (socket) => hostsOf(socket),
  failure: (socket): ProtocolError | undefined => (socket instanceof ListenFailure ? socket.error : undefined),
};
