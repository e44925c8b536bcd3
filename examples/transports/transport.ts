// A transport of your own: HTTP over the standard input and output of a program, as git speaks over ssh.
//   npm run example transport                      (the program is this one)
//   npm run example transport ssh HOST PROGRAM     (or any that speaks HTTP there)
import { spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { map, mergeMap, Observable, of } from 'rxjs';
import {
  ClientError,
  Context,
  type Flow,
  fromDuplex,
  type Info,
  key,
  needs,
  nodeTransports,
  required,
  resolve,
  run,
  service,
  text,
  type Transport,
} from 'rxpaf';

/** What the transport needs to know, under a key of its own: nobody between here and there has to have heard of it. */
const COMMAND = key<readonly string[]>('command');

/** Runs the command: what it reads and writes is the flow. */
const pipes: Transport<{ readonly command: readonly string[] }> = {
  name: 'pipes',
  endpoints: needs({ command: required(COMMAND) }),
  connect: ({ command: [program = '', ...args] }) =>
    new Observable<Flow>((subscriber) => {
      const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
      child.once('error', (error) => subscriber.error(error));
      child.once('spawn', () => {
        // Whoever has left meanwhile does not get it: `resolve` aborts the flow.
        subscriber.next(fromDuplex(Duplex.from({ readable: child.stdout, writable: child.stdin })));
        subscriber.complete();
      });
    }),
};

/** The other end: a service on the standard input and output of this process. */
function serveParent(): void {
  const info: Info<Flow, string> = { alpn: () => undefined, peer: () => 'parent', injection: (flow) => flow };
  of(fromDuplex(Duplex.from({ readable: process.stdin, writable: process.stdout })))
    .pipe(service(info, { request: ({ path }) => text(`${path}, from process ${process.pid}\n`) }))
    .subscribe();
}

function askProgram(command: readonly string[]): void {
  // Before those of Node: where there is a command, nothing else is to be tried.
  const transports = nodeTransports.register(pipes, { priority: 1, exclusive: true });
  resolve(Context.EMPTY.add(COMMAND, command), transports)
    .pipe(
      mergeMap((flow) => run(flow, { url: 'http://program/hello' })),
      mergeMap(({ status, body }) => body.text().pipe(map((said) => `${status} ${said}`))),
    )
    .subscribe({
      next: (said) => process.stdout.write(said),
      error: (error: unknown) => {
        console.error(error instanceof ClientError ? `${error.code}: ${error.message}` : error);
        process.exitCode = 1;
      },
    });
}

const [program, ...args] = process.argv.slice(2);
if (program === '--serve') serveParent();
else
  askProgram(
    program === undefined ? [process.execPath, fileURLToPath(import.meta.url), '--serve'] : [program, ...args],
  );
