// Requests are Observables, and so they compose: see `compose/recipes.ts`. What the server says is what it saw of it.
//   npm run example compose
import {
  concat,
  defer,
  delay,
  EMPTY,
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
import { eventually, hedged, pages, typeahead } from './recipes.js';
import { failed } from '../../support/here.js';

/** An answer that takes its time, and tells if nobody waits for it any more. */
function slowly(path: string, ms: number, response: HttpResponse): Observable<HttpResponse> {
  let answered = false;
  return of(response).pipe(
    delay(ms),
    tap(() => (answered = true)),
    finalize(() => {
      if (!answered) console.log(`  server: ${path} was cancelled`);
    }),
  );
}

let asked = 0;

function answer({ path, url }: HttpRequest, { protocol }: Exchange): Observable<HttpResponse> {
  switch (url.pathname) {
    case '/search':
      return slowly(path, 200, json({ found: url.searchParams.get('q'), over: protocol }));
    case '/replica/slow':
      return slowly(path, 5000, text('slow'));
    case '/report':
      return of(++asked < 3 ? text('not yet', { status: 404 }) : text(`ready when asked ${asked} times`));
    default:
      return slowly(path, 20, text(path));
  }
}

function compose(origin: string): Observable<never> {
  // `h2` alone: on cleartext that is prior knowledge. All of it shares one connection.
  const http = client({ baseUrl: origin, protocols: ['h2'] });
  const section = (title: string, work: Observable<unknown>): Observable<never> =>
    concat(
      defer(() => (console.log(title), EMPTY)),
      work.pipe(tap(console.log), ignoreElements()),
    );

  const letters = ['r', 'rx', 'rxj', 'rxjs'];
  const typed = interval(50).pipe(
    take(letters.length),
    map((index) => letters[index]!),
  );
  const paths = Array.from({ length: 6 }, (_, index) => `/page/${index}`);
  return concat(
    section('typeahead: a letter cancels the search before', typeahead(http, typed)),
    section('pages: two at once', pages(http, paths, 2)),
    section(
      'hedged: the second replica is asked after 100 ms, and the slower one cancelled',
      hedged(http.get('/replica/slow'), http.get('/replica/quick'), 100).pipe(map(({ url }) => new URL(url).pathname)),
    ),
    section('eventually: asked again until it is there', eventually(http, '/report', 50, 5)),
    // The last cancellation is still on its way to the server.
    timer(50).pipe(ignoreElements()),
  ).pipe(finalize(() => http.close()));
}

const serving = serve(
  { host: '127.0.0.1', port: 0, listening: ({ url }) => compose(url).subscribe({ error: failed, complete: end }) },
  { request: answer },
).subscribe({ error: failed });

function end(): void {
  serving.unsubscribe();
}
