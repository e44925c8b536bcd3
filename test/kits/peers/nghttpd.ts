/** nghttpd, the server of nghttp2's makers: a directory over HTTP/2, as odd as its options make it. */
import { launch, Peer } from './peer.js';

/** Starts `nghttpd` in cleartext, with `options`, to serve `directory`; it is ended after the test. */
export function nghttpd(directory: string, ...options: readonly string[]): Promise<string> {
  return begin('http', (port) => ['--no-tls', `--htdocs=${directory}`, ...options, String(port)]);
}

/** Begins it over TLS, with the key and the certificate in these files. */
export function nghttpdTls(directory: string, key: string, cert: string, ...options: string[]): Promise<string> {
  return begin('https', (port) => [`--htdocs=${directory}`, ...options, String(port), key, cert]);
}

const running: Peer[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((peer) => peer.stop()));
});

async function begin(scheme: string, args: (port: number) => readonly string[]): Promise<string> {
  const [peer, [port]] = await launch(1, ([free]) => new Peer('nghttpd', ['--address=127.0.0.1', ...args(free!)]));
  running.push(peer);
  return `${scheme}://127.0.0.1:${port!}`;
}
