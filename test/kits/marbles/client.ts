/** A pooled client in virtual time: over connections that are drawn, and its outcomes in a word. */
import { asyncScheduler, catchError, map, mergeMap, type Observable, of } from 'rxjs';
import {
  client,
  type Client,
  ClientError,
  type ClientOptions,
  type ClientResponse,
  type Flow,
  Transports,
} from 'rxpaf';

/** What connecting comes to, each time: a flow, at once or later, or an error. */
export type Connections = Flow | Observable<Flow>;

/**
 * A client whose first connection is the first of `connections`, and so on; after the last no connection succeeds. Its waits are as long as
 * they may be.
 */
export function drawnClient(connections: readonly Connections[], options: ClientOptions = {}): Client {
  let made = 0;
  const transports = Transports.EMPTY.register({
    name: 'drawn',
    endpoints: () => [0],
    connect: (): Observable<Flow> => {
      const connection = connections[made++];
      if (connection === undefined) throw new ClientError('connect-failed', 'nobody is there', { retryable: true });
      return isFlow(connection) ? of(connection) : connection;
    },
  });
  return client({
    decompress: false,
    scheduler: asyncScheduler,
    random: () => 1 - Number.EPSILON,
    transports,
    ...options,
  });
}

/** A flow is an Observable, too. */
function isFlow(connection: Connections): connection is Flow {
  return 'alpn' in connection;
}

/** The status of a response, or the code of its error, with `!` if it is safe to send the request again. */
export function outcomeOf(responses: Observable<ClientResponse>): Observable<string> {
  return responses.pipe(
    map(({ status }) => String(status)),
    catchError((error: unknown) => of(codeOf(error))),
  );
}

/** The content of a response, when it is there, or the code of what failed. */
export function contentOf(responses: Observable<ClientResponse>): Observable<string> {
  return responses.pipe(
    mergeMap(({ body }) => body.text()),
    catchError((error: unknown) => of(codeOf(error))),
  );
}

function codeOf(error: unknown): string {
  if (!(error instanceof ClientError)) return String(error);
  return error.retryable ? `${error.code}!` : error.code;
}
