/** Run under a low `ulimit -n` by listen.test.ts: takes all descriptors that there are, gives them back, and is served. */
import { closeSync, openSync } from 'node:fs';
import { connect } from 'node:net';
import { listen, type ListenAddress, ListenFailure } from '../../../src/node/index.js';

const failures: ListenFailure[] = [];
const { promise: address, resolve } = ((): {
  promise: Promise<ListenAddress>;
  resolve: (address: ListenAddress) => void;
} => {
  let resolveIt: (address: ListenAddress) => void = () => undefined;
  const promise = new Promise<ListenAddress>((done) => (resolveIt = done));
  return { promise, resolve: resolveIt };
})();
const accepting = listen({ port: 0, host: '127.0.0.1', listening: resolve }).subscribe((accepted) => {
  if (accepted instanceof ListenFailure) failures.push(accepted);
  else accepted.on('error', () => undefined).end('served');
});

const { port } = await address;
/** The response of the server to one client: empty if it could not accept it. */
const ask = (): Promise<string> =>
  new Promise((done) => {
    let said = '';
    connect({ port: port!, host: '127.0.0.1' })
      .on('data', (chunk) => (said += chunk.toString()))
      .on('error', () => undefined)
      .on('close', () => done(said));
  });

const taken: number[] = [];
try {
  for (;;) taken.push(openSync('/dev/null', 'r'));
} catch {
  // All are taken: one is given back, for the client's side of a connection.
  closeSync(taken.pop()!);
}
const during = await ask();
for (const descriptor of taken) closeSync(descriptor);
const after = await ask();
console.log(`during exhaustion: ${during === '' ? 'refused' : during}, told ${failures.length} times`);
console.log(after === 'served' ? 'served after exhaustion' : 'not served after exhaustion');
accepting.unsubscribe();
