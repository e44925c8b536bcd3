// A transport of your own: HTTP over the standard input and output of another program, the way git works over ssh.
//   npm run example transport                         (runs this program a second time, as the server)
//   npm run example transport -- ssh HOST PROGRAM     (runs any program that serves HTTP on its standard input and output)
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

/** The transport's own key in the context: the layers between do not need to know it. */
const COMMAND = key<readonly string[]>('command');

/** Starts the command; the flow is what it reads and writes. */
const pipes: Transport<{ readonly command: readonly string[] }> = {
  name: 'pipes',
  endpoints: needs({ command: required(COMMAND) }),
  connect: ({ command: [program = '', ...args] }) =>
    new Observable<Flow>((subscriber) => {
      const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
      child.once('error', (error) => subscriber.error(error));
      child.once('spawn', () => {
        // If the subscriber has unsubscribed by now, `resolve` aborts the flow.
        subscriber.next(fromDuplex(Duplex.from({ readable: child.stdout, writable: child.stdin })));
        subscriber.complete();
      });
    }),
};

/** The server: a service on the standard input and output of this process. */
function serveParent(): void {
  const info: Info<Flow, string> = { alpn: () => undefined, peer: () => 'parent', injection: (flow) => flow };
  of(fromDuplex(Duplex.from({ readable: process.stdin, writable: process.stdout })))
    .pipe(service(info, { request: ({ path }) => text(`${path}, from process ${process.pid}\n`) }))
    .subscribe();
}

function requestFrom(command: readonly string[]): void {
  // Higher priority than TCP and TLS, and exclusive: with a command in the context, no other transport is tried.
  const transports = nodeTransports.register(pipes, { priority: 1, exclusive: true });
  resolve(Context.EMPTY.add(COMMAND, command), transports)
    .pipe(
      mergeMap((flow) => run(flow, { url: 'http://program/hello' })),
      mergeMap(({ status, body }) => body.text().pipe(map((content) => `${status} ${content}`))),
    )
    .subscribe({
      next: (line) => process.stdout.write(line),
      error: (error: unknown) => {
        console.error(error instanceof ClientError ? `${error.code}: ${error.message}` : error);
        process.exitCode = 1;
      },
    });
}

const [program, ...args] = process.argv.slice(2);
if (program === '--serve') serveParent();
else
  requestFrom(
    program === undefined ? [process.execPath, fileURLToPath(import.meta.url), '--serve'] : [program, ...args],
  );
