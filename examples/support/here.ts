/** What the servers of all examples have in common: where they listen, when they end, and how they fail. */
import { fromEvent, merge, take } from 'rxjs';
import { ListenError, type ServeOptions } from 'rxpaf';

/** SIGINT or SIGTERM, once: nobody listens for the second one, so it ends the process at once. */
export const interrupted = merge(fromEvent(process, 'SIGINT'), fromEvent(process, 'SIGTERM')).pipe(take(1));

/** PORT and HOST from the environment; one line once connections are accepted; a graceful end on SIGINT or SIGTERM. */
export const here = {
  port: Number(process.env['PORT'] ?? 8080),
  host: process.env['HOST'] ?? '127.0.0.1',
  stop: interrupted,
  listening: ({ url }) => console.log(`listening on ${url}`),
} satisfies ServeOptions;

/** What goes wrong before anything is served: a line for what can be helped, all of it for what cannot. */
export function failed(error: unknown): void {
  console.error(error instanceof ListenError || error instanceof RangeError ? error.message : error);
  process.exitCode = 1;
}
