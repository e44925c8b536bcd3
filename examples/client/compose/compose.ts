// Requests compose with RxJS operators: typeahead, limited concurrency, hedging and polling. The recipes are in recipes.ts.
// A small server in the same process prints which requests were cancelled.
//   npm run example compose
import {
  concat,
  defer,
  delay,
  finalize,
  ignoreElements,
  interval,
  map,
  type Observable,
  of,
  take,
  tap,
  timer,
} from 'rxjs';
import { client, type Exchange, json, type HttpRequest, type HttpResponse, serve, text } from 'rxpaf';
import { hedged, pages, polled, typeahead } from './recipes.js';

/** Responds after `ms`, and prints if the request was cancelled before that. */
function slow(path: string, ms: number, response: HttpResponse): Observable<HttpResponse> {
  let responded = false;
  return of(response).pipe(
    delay(ms),
    tap(() => (responded = true)),
    finalize(() => {
      if (!responded) console.log(`  server: ${path} was cancelled`);
    }),
  );
}

let polls = 0;

function route({ path, url }: HttpRequest, { protocol }: Exchange): Observable<HttpResponse> {
  switch (url.pathname) {
    case '/search':
      return slow(path, 200, json({ found: url.searchParams.get('q'), protocol }));
    case '/replica/slow':
      return slow(path, 5000, text('slow'));
    case '/report':
      return of(++polls < 3 ? text('not ready', { status: 404 }) : text(`ready after ${polls} requests`));
    default:
      return slow(path, 20, text(path));
  }
}

/** Prints a title and everything that `source` emits. */
function section(title: string, source: Observable<unknown>): Observable<never> {
  return defer(() => {
    console.log(title);
    return source.pipe(tap(console.log), ignoreElements());
  });
}

function demo(baseUrl: string): Observable<never> {
  // HTTP/2 only: without TLS, that is prior knowledge. All requests share one connection.
  const http = client({ baseUrl, protocols: ['h2'] });
  const queries = ['r', 'rx', 'rxj', 'rxjs'];
  const input = interval(50).pipe(
    take(queries.length),
    map((index) => queries[index]!),
  );
  const paths = Array.from({ length: 6 }, (_, index) => `/page/${index}`);
  const replicas = hedged(http.get('/replica/slow'), http.get('/replica/quick'), 100);
  return concat(
    section('typeahead: each letter cancels the last search', typeahead(http, input)),
    section('pages: two at a time', pages(http, paths, 2)),
    section(
      'hedged: the second replica gets the request after 100 ms, and the slower one is cancelled',
      replicas.pipe(map(({ url }) => new URL(url).pathname)),
    ),
    section('polled: every 50 ms until the report is ready', polled(http, '/report', 50, 5)),
    // Lets the last cancellation reach the server.
    timer(50).pipe(ignoreElements()),
  ).pipe(finalize(() => http.close()));
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
        .subscribe({ error: fail });
    },
  },
  { request: route },
).subscribe({ error: fail });
