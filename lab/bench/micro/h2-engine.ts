// The cost of a request in the HTTP/2 engines: bytes in, head reported, an immediate response, bytes out; no flow, no rxjs. node
// --input-type=module -e "import {bundle} from './scripts/bundle.mjs'; await import(bundle('lab/bench/micro/h2-engine.ts'))"
import { Output } from '../../../src/bytes.js';
import { createH2Client, createH2Server } from '../../../src/h2/index.js';
import type { H2ClientEngine, H2Events, H2ServerEngine } from '../../../src/h2/index.js';
import { Fields } from '../../../src/http/fields.js';
import type { RequestHead, ResponseHead } from '../../../src/http/head.js';
import { limitsWith } from '../../../src/limits.js';

const DATE = 'Sun, 06 Nov 1994 08:49:37 GMT';
const response: ResponseHead = { status: 200, headers: Fields.from({ 'content-type': 'text/plain' }) };
const limits = limitsWith({ concurrentStreams: 100_000 });
const options = { scheme: 'http', limits, date: () => DATE };
const nothing = (): void => undefined;

function events<Incoming extends RequestHead | ResponseHead>(changes: Partial<H2Events<Incoming>>): H2Events<Incoming> {
  return {
    onHead: nothing,
    onInformational: nothing,
    onData: nothing,
    onEnd: nothing,
    onWritable: nothing,
    onSent: nothing,
    onReset: (_stream, error) => fail(error),
    onInvalid: (_stream, error) => fail(error),
    onError: fail,
    onFault: (_stream, error) => fail(error),
    onGoaway: nothing,
    onPush: nothing,
    onPriority: nothing,
    onPong: nothing,
    ...changes,
  };
}

function fail(error: Error): never {
  throw error;
}

/** All that one engine has to say goes to the other. */
function move(from: H2ClientEngine | H2ServerEngine, to: H2ClientEngine | H2ServerEngine, output: Output): void {
  while (from.hasOutput) {
    from.pull(output, 65_536);
    for (const piece of output.pieces) to.receive(piece as Uint8Array, 0);
    output.clear();
  }
}

interface Shape {
  readonly name: string;
  readonly depth: number;
  readonly request: (index: number) => RequestHead;
  readonly upload?: Uint8Array;
}

function head(path: string, lines: Record<string, string>): RequestHead {
  const headers = Fields.from(lines);
  return {
    method: 'GET',
    scheme: 'http',
    authority: '127.0.0.1:8080',
    path,
    protocol: undefined,
    version: '2.0',
    headers,
  };
}

/** Our client makes the requests; measures how long the server takes to respond. */
function measure({ name, depth, request, upload }: Shape): void {
  let answered = 0;
  const server = createH2Server(
    options,
    events<RequestHead>({
      onHead(stream, _head, end) {
        if (end) server.sendMessage(stream, response, 'Hello, World!');
      },
      onData: (stream, chunk) => server.credit(stream, chunk.length),
      onEnd: (stream) => server.sendMessage(stream, response, 'Hello, World!'),
      onSent: () => answered++,
    }),
  );
  const client = createH2Client(
    options,
    events<ResponseHead>({ onData: (stream, chunk) => client.credit(stream, chunk.length) }),
  );
  const output = new Output();
  move(client, server, output);
  move(server, client, output);
  move(client, server, output);
  let best = Infinity;
  let bestClient = Infinity;
  let made = 0;
  const rounds = Math.ceil(20_000 / depth);
  for (let run = 0; run < 12; run++) {
    let spent = 0n;
    const begun = process.hrtime.bigint();
    for (let round = 0; round < rounds; round++) {
      for (let index = 0; index < depth; index++) {
        const stream = client.open();
        client.sendMessage(stream, request(made++), upload ?? '');
      }
      client.pull(output, 1 << 30);
      const chunk = output.toBytes();
      output.clear();
      const before = process.hrtime.bigint();
      server.receive(chunk, 0);
      server.pull(output, 65_536);
      spent += process.hrtime.bigint() - before;
      const back = output.toBytes();
      output.clear();
      client.receive(back, 0);
      move(server, client, output);
    }
    const all = process.hrtime.bigint() - begun;
    best = Math.min(best, Number(spent) / (rounds * depth));
    bestClient = Math.min(bestClient, Number(all - spent) / (rounds * depth));
  }
  if (answered !== made) throw new Error(`${answered} responses to ${made} requests`);
  const server_ = `server ${best.toFixed(0).padStart(5)} ns`;
  console.log(`${name.padEnd(34)} ${server_}   client ${bestClient.toFixed(0).padStart(5)} ns a request`);
}

const short = head('/', {});
const tool = { 'user-agent': 'curl/8.5.0', accept: '*/*', 'accept-encoding': 'gzip' };
const browser = {
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
  accept: 'text/html,application/xhtml+xml;q=0.9,*/*;q=0.8',
  'accept-language': 'en-US,en;q=0.5',
  'accept-encoding': 'gzip, deflate, br',
  cookie: 'session=0123456789abcdef',
  priority: 'u=0, i',
};

measure({ name: 'GET /, 50 streams', depth: 50, request: () => short });
measure({ name: 'GET /, 1 stream at a time', depth: 1, request: () => short });
measure({ name: 'GET, tool headers, 50 streams', depth: 50, request: () => head('/hello', tool) });
const page = Fields.from(browser);
measure({
  name: 'GET, browser, a path each, 50',
  depth: 50,
  request: (index) => ({ ...short, path: `/some/path?query=${index}`, headers: page }),
});
measure({
  name: 'POST of 16 octets, 50 streams',
  depth: 50,
  request: () => ({ ...short, method: 'POST' }),
  upload: Buffer.alloc(16),
});
measure({ name: 'GET /, 10 streams', depth: 10, request: () => short });
measure({ name: 'GET /, 10000 streams', depth: 10_000, request: () => short });
