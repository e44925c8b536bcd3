// Records connections and prints them as a test that replays them.
//   PORT=8080 npm run --silent example record               records until Ctrl-C, then prints
//   PORT=8080 npm run --silent example record -- --once     prints when the first connection is over, and ends
//             npm run --silent example record -- --replay FILE   runs what was printed, without a socket
// The test is printed to the standard output; with --out FILE, to a file. Secrets are redacted: see docs/recorder.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { merge, Subject, take } from 'rxjs';
import { listen, nodeInfo, service } from 'rxpaf';
import { printTest, record, type Recorder } from 'rxpaf/testing';
import { handler } from './handler.js';
import { runPrinted } from './run-printed.js';
import { failed, here, interrupted } from '../../support/here.js';

const { values: options } = parseArgs({
  options: { once: { type: 'boolean' }, out: { type: 'string' }, replay: { type: 'string' } },
});

/** Connections that are recorded: the first ones. */
const MOST = 100;

function replayFile(file: string): void {
  try {
    for (const title of runPrinted(readFileSync(file, 'utf8'), handler)) console.log(`replayed: ${title}`);
  } catch (error) {
    failed(error);
  }
}

function recordHere(): void {
  const recorders: Recorder[] = [];
  const over = new Subject<void>();
  const tapped: typeof nodeInfo = {
    ...nodeInfo,
    injection: (socket) => {
      const flow = nodeInfo.injection(socket);
      if (recorders.length === MOST) return flow;
      const recorder = record(flow, { ended: () => over.next() });
      recorders.push(recorder);
      return recorder.flow;
    },
  };
  const print = (): void => {
    const recorded = recorders.map((recorder) => recorder.recording()).filter(({ exchanges }) => exchanges.length > 0);
    const text = printTest(recorded, { handler: './record/handler.js' });
    if (options.out === undefined) console.log(text);
    else writeFileSync(options.out, text);
  };
  const stop = options.once === true ? merge(interrupted, over).pipe(take(1)) : interrupted;
  listen({ ...here, listening: ({ url }) => instruct(url) })
    .pipe(service(tapped, { request: handler }, { stop }))
    .subscribe({ error: failed, complete: print });
}

/** The standard output is the test's, unless that has a file of its own. */
function instruct(url: string): void {
  const say = options.out === undefined ? console.error : console.log;
  const when = options.once === true ? 'once that connection is over' : 'on Ctrl-C';
  say(`ask, with "curl ${url}/" say: the test is printed ${when}`);
  say(`listening on ${url}`);
}

if (options.replay === undefined) recordHere();
else replayFile(options.replay);
