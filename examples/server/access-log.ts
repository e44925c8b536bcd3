// An access log is a subscription: `serve` emits every finished exchange, and RxJS operators turn them into lines and summaries.
//   npm run example access-log
//   curl http://127.0.0.1:8080/
// PERIOD=10000 is the time between two summaries, in ms.
import { bufferTime, connect, filter, fromEvent, map, merge, take } from 'rxjs';
import { type NodePeer, serve, type Served, text } from 'rxpaf';

const { HOST = '127.0.0.1', PORT = '8080', PERIOD = '10000' } = process.env;

// Ctrl-C or SIGTERM starts a graceful shutdown. A second signal ends the process immediately.
const stop = merge(fromEvent(process, 'SIGINT'), fromEvent(process, 'SIGTERM')).pipe(take(1));

const line = ({ peer, request, status, sent, duration }: Served<NodePeer>): string =>
  `${String(peer.address)} "${request.method} ${request.path}" ${status ?? '-'} ${sent} ${duration}ms`;

function summary(batch: readonly Served[]): string {
  const failures = batch.filter(({ status = 500 }) => status >= 500).length;
  const slowest = Math.max(...batch.map(({ duration }) => duration));
  return `# ${batch.length} exchanges, ${failures} failed, the slowest took ${slowest} ms`;
}

serve(
  { host: HOST, port: Number(PORT), stop, listening: ({ url }) => console.log(`listening on ${url}`) },
  { request: ({ path }) => (path === '/' ? text('hello\n') : text('not found\n', { status: 404 })) },
)
  .pipe(
    // `connect` shares the exchanges between both logs: subscribing twice would listen twice.
    connect((served) =>
      merge(
        served.pipe(map(line)),
        served.pipe(
          bufferTime(Number(PERIOD)),
          filter((batch) => batch.length > 0),
          map(summary),
        ),
      ),
    ),
  )
  .subscribe({
    next: (entry) => console.log(entry),
    error: (error: Error) => {
      console.error(error.message);
      process.exitCode = 1;
    },
  });
