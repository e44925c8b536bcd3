/**
 * What comes of a request that is an Observable: it is cold, so that it can be asked for again, and whoever leaves it takes it off
 * the wire (RST_STREAM on HTTP/2, the end of the connection on HTTP/1.1). None of this needs anything but RxJS's operators.
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

/** What is found for what was typed last: the search before is cancelled by the next letter. */
export function typeahead(http: Client, typed: Observable<string>): Observable<unknown> {
  return typed.pipe(
    distinctUntilChanged(),
    switchMap((letters) => http.json(`/search?q=${encodeURIComponent(letters)}`)),
  );
}

/** A page that was got. */
export interface Page {
  readonly path: string;
  readonly size: number;
}

/** All pages as they come, `atOnce` of them under way: the next is asked for when one has come whole. */
export function pages(http: Client, paths: Iterable<string>, atOnce: number): Observable<Page> {
  return from(paths).pipe(
    mergeMap((path) => http.bytes(path).pipe(map(({ length }) => ({ path, size: length }))), atOnce),
  );
}

/** The response of the first that answers: the second is asked only after `patience` ms, and the slower one is cancelled. */
export function hedged(
  first: Observable<ClientResponse>,
  second: Observable<ClientResponse>,
  patience: number,
): Observable<ClientResponse> {
  return race(first, timer(patience).pipe(mergeMap(() => second)));
}

/** Asks again while the answer is none that is good, every `period` ms, `most` times: a policy of one's own, over the client's. */
export function eventually(http: Client, path: string, period: number, most: number): Observable<string> {
  const isNotReady = (error: unknown): boolean => error instanceof ClientError && error.code === 'bad-status';
  return http.text(path).pipe(
    retry({
      count: most,
      delay: (error: unknown) => (isNotReady(error) ? timer(period) : throwError(() => error)),
    }),
  );
}
