// Client middleware: a bearer token on each request, renewed when the server responds with 401, and a log of what is sent.
// A small server in the same process accepts a token for two requests.
//   npm run example bearer-token
import { concatMap, defer, finalize, mergeMap, type Observable, of, pipe, range, take, tap } from 'rxjs';
import { client, type ClientMiddleware, type HttpRequest, type HttpResponse, json, serve, text } from 'rxpaf';

/** Adds `Authorization: Bearer` with the current token. After a 401 it gets a new token and sends the request once more. */
function bearer(renew: Observable<string>): ClientMiddleware {
  let token = 'none';
  return (next) => (request) => {
    const send = defer(() => next({ ...request, headers: request.headers.with('authorization', `Bearer ${token}`) }));
    return send.pipe(
      mergeMap((response) => {
        // A body that is sent once cannot be sent again; a function as `body` makes it repeatable.
        if (response.status !== 401 || request.body !== undefined) return of(response);
        response.discard();
        return renew.pipe(
          take(1),
          tap((renewed) => (token = renewed)),
          mergeMap(() => send),
        );
      }),
    );
  };
}

/** Prints each request with the status of its response. */
const logged: ClientMiddleware = (next) => (request) =>
  next(request).pipe(
    tap({
      next: ({ status }) => console.log(`${request.method} ${new URL(request.url).pathname} ${status}`),
      error: (error: unknown) => console.log(`${request.method} ${request.url} failed: ${String(error)}`),
    }),
  );

let tokens = 0;
let uses = 0;

function route({ path, headers }: HttpRequest): HttpResponse {
  if (path === '/token') {
    uses = 0;
    return text(`token-${++tokens}`);
  }
  const accepted = headers.get('authorization') === `Bearer token-${tokens}` && uses++ < 2;
  return accepted ? json({ path }) : text('unauthorized', { status: 401 });
}

function demo(baseUrl: string): Observable<unknown> {
  const plain = client({ baseUrl });
  // The last middleware of a `pipe` is the outermost. The log is inside of `bearer`, so it has both attempts.
  const http = client({ baseUrl, middleware: pipe(logged, bearer(plain.text('/token'))) });
  return range(1, 4).pipe(
    concatMap((row) => http.json(`/rows/${row}`)),
    finalize(() => {
      http.close();
      plain.close();
    }),
  );
}

function fail(error: Error): void {
  console.error(error.message);
  process.exitCode = 1;
}

const server = serve(
  {
    host: '127.0.0.1',
    port: 0,
    listening: ({ url }) => {
      demo(url)
        .pipe(finalize(() => server.unsubscribe()))
        .subscribe({ next: (row) => console.log(row), error: fail });
    },
  },
  route,
).subscribe({ error: fail });
