// An HTTP server engine, driven by hand: bytes in, events and bytes out. No RxJS, no socket, no clock of its own.
//   npm run example engine
import { createH1Server, DEFAULT_LIMITS, Fields, Output, type RequestHead } from 'rxpaf/engine';

/** Nothing goes wrong here. A server would end its connection. */
const failed = (error: Error): never => {
  throw error;
};

/** What the client sends, cut as a network might cut it. */
const CHUNKS = [
  'POST /sum HTTP/1.1\r\nHost: exam',
  'ple.com\r\nContent-Length: 5\r\n\r\n1 2',
  ' 3',
  'GET / HTTP/1.1\r\nHost: example.com\r\n\r\n',
];

const contents = new Map<number, string>();

/** The whole response to a request whose content is there. */
function respond(stream: number, content: string): void {
  const sum = content.split(' ').reduce((total, number) => total + Number(number), 0);
  engine.sendMessage(stream, { status: 200, headers: Fields.from({ 'content-type': 'text/plain' }) }, `${sum}\n`);
}

const engine = createH1Server(
  { scheme: 'http', limits: DEFAULT_LIMITS, date: () => undefined },
  {
    onHead(stream: number, head: RequestHead, end: boolean) {
      console.log(`request ${stream}: ${head.method} ${head.path}`);
      contents.set(stream, '');
      if (end) respond(stream, '0');
    },
    onData(stream, chunk) {
      contents.set(stream, contents.get(stream)! + Buffer.from(chunk).toString());
      // The bytes are taken: this is all that backpressure is to an engine.
      engine.credit(stream, chunk.length);
    },
    onEnd: (stream) => respond(stream, contents.get(stream)!),
    onSent: (stream) => contents.delete(stream),
    onWritable: () => undefined,
    onInformational: () => undefined,
    onReset: (_stream, error) => failed(error),
    onInvalid: (_stream, error) => failed(error),
    onError: failed,
  },
);

/** What goes out after a turn: a server would write it to its socket. */
function flush(): void {
  const output = new Output();
  while (engine.hasOutput) engine.pull(output, 64 * 1024);
  for (const piece of output.pieces) console.log(JSON.stringify(Buffer.from(piece as Uint8Array).toString('latin1')));
}

for (const chunk of CHUNKS) {
  engine.receive(Buffer.from(chunk), 0);
  flush();
}
engine.receiveEof(0);
console.log(`the engine is ${engine.state}`);
