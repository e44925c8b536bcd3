/** What tests of a listener share: listeners and sockets that end with the test that opened them. */
import { connect, type Socket } from 'node:net';
import { Listening } from './node-sockets.js';

let listening: Listening | undefined;
export const opened: Socket[] = [];

export function listens(options: ConstructorParameters<typeof Listening>[0]): Listening {
  return (listening = new Listening(options));
}

/** A client that may be half-open. */
export function dial(port: number): Socket {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true }).on('error', () => undefined);
  opened.push(socket);
  return socket;
}

/** Ends what a test opened: for `afterEach`. */
export function endAll(): void {
  listening?.end();
  listening = undefined;
  for (const socket of opened.splice(0)) socket.destroy();
}
