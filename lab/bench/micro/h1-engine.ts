// The cost of a request in the HTTP/1.1 server engine: bytes in, head reported, an immediate response, bytes out; no flow, no rxjs. node
// --input-type=module -e "import {bundle} from './scripts/bundle.mjs'; await import(bundle('lab/bench/micro/h1-engine.ts'))"
import { Output } from '../../../src/bytes.js';
import type { Engine, EngineEvents } from '../../../src/engine.js';
import { createH1Server } from '../../../src/h1/index.js';
import { Fields } from '../../../src/http/fields.js';
import type { RequestHead, ResponseHead } from '../../../src/http/head.js';
import { DEFAULT_LIMITS } from '../../../src/limits.js';

const SHORT = 'GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n';
const TOOL =
  'GET /hello HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\nAccept-Encoding: gzip\r\n\r\n';
const BROWSER =
  'GET /some/path?query=1 HTTP/1.1\r\nHost: example.org\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36\r\n' +
  'Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8\r\nAccept-Language: en-US,en;q=0.5\r\n' +
  'Accept-Encoding: gzip, deflate, br\r\nConnection: keep-alive\r\nCookie: session=0123456789abcdef\r\n\r\n';
const POST = 'POST /echo HTTP/1.1\r\nHost: example.org\r\nContent-Length: 16\r\n\r\n0123456789abcdef';

const date = 'Sun, 06 Nov 1994 08:49:37 GMT';
const response: ResponseHead = { status: 200, headers: Fields.from({ 'content-type': 'text/plain' }) };

function connection(): { engine: Engine<ResponseHead>; answered: () => number } {
  let answered = 0;
  const nothing = (): void => undefined;
  const events: EngineEvents<RequestHead> = {
    onHead(stream, _head, end) {
      if (!end) return;
      answered++;
      engine.sendMessage(stream, response, 'Hello, World!');
    },
    onInformational: nothing,
    onData: (stream, chunk) => engine.credit(stream, chunk.length),
    onEnd(stream) {
      answered++;
      engine.sendMessage(stream, response, 'Hello, World!');
    },
    onWritable: nothing,
    onSent: nothing,
    onReset: nothing,
    onInvalid: nothing,
    onError: nothing,
  };
  const engine = createH1Server({ scheme: 'http', limits: DEFAULT_LIMITS, date: () => date }, events);
  return { engine, answered: () => answered };
}

function measure(name: string, text: string, depth: number): void {
  const chunk = Buffer.from(text.repeat(depth), 'latin1');
  const { engine, answered } = connection();
  const output = new Output();
  const rounds = Math.ceil(400_000 / depth);
  let best = Infinity;
  for (let run = 0; run < 6; run++) {
    const before = process.hrtime.bigint();
    for (let round = 0; round < rounds; round++) {
      engine.receive(chunk, 0);
      engine.pull(output, 65536);
      output.clear();
    }
    best = Math.min(best, Number(process.hrtime.bigint() - before) / (rounds * depth));
  }
  if (answered() !== rounds * depth * 6) throw new Error(`${name}: not every request had a response`);
  process.stdout.write(`${name.padEnd(28)} ${best.toFixed(0).padStart(6)} ns a request\n`);
}

for (const [name, text] of Object.entries({ 'short GET': SHORT, 'curl GET': TOOL, 'browser GET': BROWSER, POST })) {
  measure(`${name}, ${text.length} B`, text, 1);
  measure(`${name}, 16 pipelined`, text, 16);
}
