/** Node's own HTTP/2 client: one session. */
import { type ClientHttp2Session, connect } from 'node:http2';
import { repeating } from '../support/repeating.js';
import { MIB } from '../support/servers.js';
import { ready } from '../support/worker.js';

const sessions = new Map<string, ClientHttp2Session>();

function sessionOf(url: string): ClientHttp2Session {
  const { origin } = new URL(url);
  let session = sessions.get(origin);
  if (session === undefined) sessions.set(origin, (session = connect(origin)));
  return session;
}

/** GET `path`; `onData` with each chunk. */
function get(url: string, onData: (chunk: Buffer) => void, done: () => void, failed: (error: unknown) => void): void {
  const stream = sessionOf(url).request({ ':path': new URL(url).pathname });
  stream.on('data', onData);
  stream.on('error', failed);
  stream.on('end', done);
}

ready(0, (task) => {
  if (task.kind === 'get') {
    return repeating(task, (done, failed) => {
      let text = '';
      get(
        task.url,
        (chunk) => (text += chunk.toString()),
        () => (text === '' ? failed('no content') : done()),
        failed,
      );
    });
  }
  const begin = performance.now();
  return new Promise((resolve, reject) => {
    let size = 0;
    const done = (): void => resolve({ work: size / MIB, seconds: (performance.now() - begin) / 1000 });
    get(task.url, (chunk) => (size += chunk.length), done, reject);
  });
});
