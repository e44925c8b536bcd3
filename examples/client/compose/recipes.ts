/**
 * A request is a cold Observable: every subscription sends it, and unsubscribing cancels it on the wire (RST_STREAM on HTTP/2, a
 * closed connection on HTTP/1.1). That is all that RxJS's own operators need for these recipes.
 */
import {
  distinctUntilChanged,
  from,
  map,
  mergeMap,
  type Observable,
  race,
  retry,
  switchMap,
  throwError,
  timer,
} from 'rxjs';
import { type Client, ClientError, type ClientResponse } from 'rxpaf';

/** Searches for the latest input. New input cancels the search that is still in progress. */
export function typeahead(http: Client, input: Observable<string>): Observable<unknown> {
  return input.pipe(
    distinctUntilChanged(),
    switchMap((query) => http.json(`/search?q=${encodeURIComponent(query)}`)),
  );
}

/** A downloaded page. */
export interface Page {
  readonly path: string;
  readonly size: number;
}

/** Downloads all pages, at most `concurrency` at a time, and emits each when it is complete. */
export function pages(http: Client, paths: Iterable<string>, concurrency: number): Observable<Page> {
  return from(paths).pipe(
    mergeMap((path) => http.bytes(path).pipe(map(({ length }) => ({ path, size: length }))), concurrency),
  );
}

/** Sends `second` if `first` has not responded within `delay` ms. The first response wins; the other request is cancelled. */
export function hedged(
  first: Observable<ClientResponse>,
  second: Observable<ClientResponse>,
  delay: number,
): Observable<ClientResponse> {
  return race(first, timer(delay).pipe(mergeMap(() => second)));
}

/** Polls until the status is 200 to 299: every `period` ms, at most `retries` times. The client's own retries come on top. */
export function polled(http: Client, path: string, period: number, retries: number): Observable<string> {
  const isNotReady = (error: unknown): boolean => error instanceof ClientError && error.code === 'bad-status';
  return http.text(path).pipe(
    retry({
      count: retries,
      delay: (error: unknown) => (isNotReady(error) ? timer(period) : throwError(() => error)),
    }),
  );
}
