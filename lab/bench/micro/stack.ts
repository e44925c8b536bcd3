// The whole stack without a socket: the cost of a request in JavaScript, from a chunk to the bytes of its response. node
// lab/bench/micro.mjs stack
import { performance } from 'node:perf_hooks';
import { Subject } from 'rxjs';
import { Fields, Flow, type Info, service } from 'rxpaf';

class NullFlow extends Flow {
  written = 0;
  progress = 0;
  complete(): void {
    this.unwritable();
  }
  error(): void {
    this.unwritable();
  }
  feed(chunk: Uint8Array): void {
    this.push(chunk);
  }
  protected send(pieces: readonly (string | Uint8Array)[]): boolean {
    for (const piece of pieces) this.written += piece.length;
    return true;
  }
  protected read(): void {
    // It is fed.
  }
}

const info: Info<NullFlow, string> = { alpn: () => 'http/1.1', peer: () => 'bench', injection: (flow) => flow };
const headers = Fields.from({ 'content-type': 'text/plain' });
const sockets = new Subject<NullFlow>();
let served = 0;
sockets
  .pipe(service(info, { request: () => ({ status: 200, headers, body: 'Hello, World!' }) }))
  .subscribe(() => served++);
const flow = new NullFlow();
sockets.next(flow);

const ONE = 'GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n';
const CHROME =
  'GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: keep-alive\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\nAccept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Encoding: gzip, deflate, br\r\nAccept-Language: en-US,en;q=0.9\r\nCookie: session=0123456789abcdef\r\n\r\n';

function measure(name: string, text: string, each: number): void {
  const rounds = 300_000 / each;
  const input = Buffer.from(text.repeat(each), 'latin1');
  let best = Infinity;
  for (let round = 0; round < 8; round++) {
    const before = served;
    const begin = performance.now();
    // A fresh chunk each time, as a socket gives.
    for (let turn = 0; turn < rounds; turn++) flow.feed(Buffer.from(input));
    best = Math.min(best, (performance.now() - begin) / (served - before));
  }
  console.log(`${name}: ${Math.round(best * 1e6)} ns a request`);
}

measure('hello', ONE, 1);
measure('hello, 16 pipelined', ONE, 16);
measure('a browser, head of 330 bytes', CHROME, 1);
