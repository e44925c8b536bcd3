// An access log is a subscription: each exchange that ends is a value, and the log is what operators make of them.
//   npm run example access-log
//   curl http://127.0.0.1:8080/
import { bufferTime, connect, filter, map, merge } from 'rxjs';
import { type NodePeer, serve, type Served, text } from 'rxpaf';
import { failed, here } from '../support/here.js';

const PERIOD = Number(process.env['PERIOD'] ?? 10_000);

const line = ({ peer, request, status, sent, duration }: Served<NodePeer>): string =>
  `${String(peer.address)} "${request.method} ${request.path}" ${status ?? '-'} ${sent} ${duration}ms`;

const summary = (batch: readonly Served[]): string => {
  const failures = batch.filter(({ status = 500 }) => status >= 500).length;
  const slowest = Math.max(...batch.map(({ duration }) => duration));
  return `# ${batch.length} exchanges, ${failures} failed, the slowest took ${slowest} ms`;
};

serve(here, { request: ({ path }) => (path === '/' ? text('hello\n') : text('not found\n', { status: 404 })) })
  .pipe(
    connect((served) =>
      merge(
        served.pipe(map(line)),
        served.pipe(
          bufferTime(PERIOD),
          filter((batch) => batch.length > 0),
          map(summary),
        ),
      ),
    ),
  )
  .subscribe({ next: (entry) => console.log(entry), error: failed });
