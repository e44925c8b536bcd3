// Records real connections and prints them as a test that replays them in virtual time.
//   npm run --silent example record                       records until Ctrl-C, then prints the test
//   npm run --silent example record -- --once             prints after the first connection, and ends
//   npm run --silent example record -- --replay FILE      runs a printed test, without a socket
// The test goes to the standard output, or with --out FILE to a file. Secrets are redacted.
// Parts: handler.ts is the recorded service; run-printed.ts runs a printed test.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { fromEvent, merge, Subject, take } from 'rxjs';
import { nodeInfo, listen, service } from 'rxpaf';
import { printTest, record, type Recorder } from 'rxpaf/testing';
import { handler } from './handler.js';
import { runPrinted } from './run-printed.js';

const { HOST = '127.0.0.1', PORT = '8080' } = process.env;

const { values: options } = parseArgs({
  options: { once: { type: 'boolean' }, out: { type: 'string' }, replay: { type: 'string' } },
});

/** Only the first connections are recorded: a recording takes memory. */
const MAX_RECORDINGS = 100;

function fail(error: unknown): void {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

function replay(file: string): void {
  try {
    for (const title of runPrinted(readFileSync(file, 'utf8'), handler)) console.log(`replayed: ${title}`);
  } catch (error) {
    fail(error);
  }
}

/** The standard output belongs to the test, unless it goes to a file. */
function printInstructions(url: string): void {
  const print = options.out === undefined ? console.error : console.log;
  const when = options.once === true ? 'when that connection ends' : 'on Ctrl-C';
  print(`send requests, for example "curl ${url}/": the test is printed ${when}`);
  print(`listening on ${url}`);
}

function recordConnections(): void {
  const recorders: Recorder[] = [];
  const ended = new Subject<void>();
  // `service` takes the bytes of a connection from `injection`: this is the place to record them.
  const info: typeof nodeInfo = {
    ...nodeInfo,
    injection: (socket) => {
      const flow = nodeInfo.injection(socket);
      if (recorders.length === MAX_RECORDINGS) return flow;
      const recorder = record(flow, { ended: () => ended.next() });
      recorders.push(recorder);
      return recorder.flow;
    },
  };
  const print = (): void => {
    const recordings = recorders.map((recorder) => recorder.recording());
    const test = printTest(
      recordings.filter(({ exchanges }) => exchanges.length > 0),
      { handler: './handler.js' },
    );
    if (options.out === undefined) console.log(test);
    else writeFileSync(options.out, test);
  };
  // Ctrl-C or SIGTERM starts a graceful shutdown. A second signal ends the process immediately.
  const interrupted = merge(fromEvent(process, 'SIGINT'), fromEvent(process, 'SIGTERM'));
  const stop = merge(interrupted, options.once === true ? ended : []).pipe(take(1));
  listen({ host: HOST, port: Number(PORT), listening: ({ url }) => printInstructions(url) })
    .pipe(service(info, { request: handler }, { stop }))
    .subscribe({ error: fail, complete: print });
}

if (options.replay === undefined) recordConnections();
else replay(options.replay);
