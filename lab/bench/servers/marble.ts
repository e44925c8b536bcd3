/** The peer that is made of RxJS: `@marblejs/http`, effects over `node:http`, used as its documentation shows. */
import { createServer, httpListener, r } from '@marblejs/http';
import { fromEvent, map, mergeMap, reduce, takeUntil } from 'rxjs';
import { bytesAsked, HELLO, readableOf } from '../support/content.js';
import { portOf, ready } from '../support/worker.js';

const plain = { 'Content-Type': 'text/plain' };
const binary = { 'Content-Type': 'application/octet-stream' };

const hello = r.pipe(
  r.matchPath('/'),
  r.matchType('GET'),
  r.useEffect((request$) => request$.pipe(map(() => ({ headers: plain, body: HELLO })))),
);

const download = r.pipe(
  r.matchPath('/bytes/:size'),
  r.matchType('GET'),
  r.useEffect((request$) =>
    request$.pipe(
      map(({ url }) => bytesAsked(url) ?? 0),
      map((size) => ({ headers: { ...binary, 'Content-Length': size }, body: readableOf(size) })),
    ),
  ),
);

const echo = r.pipe(
  r.matchPath('/echo'),
  r.matchType('POST'),
  r.useEffect((request$) => request$.pipe(map((request) => ({ headers: binary, body: request })))),
);

const upload = r.pipe(
  r.matchPath('/upload'),
  r.matchType('POST'),
  r.useEffect((request$) =>
    request$.pipe(
      mergeMap((request) =>
        fromEvent(request, 'data').pipe(
          takeUntil(fromEvent(request, 'end')),
          reduce((count, chunk) => count + (chunk as Buffer).length, 0),
        ),
      ),
      map((count) => ({ headers: plain, body: String(count) })),
    ),
  ),
);

const listen = await createServer({
  hostname: '127.0.0.1',
  port: 0,
  listener: httpListener({ effects: [hello, download, echo, upload] }),
});
const server = await listen();
// As of node:http, here: idle connections are kept, and an upload may take its time.
server.keepAliveTimeout = 65_000;
server.requestTimeout = 0;
ready(portOf(server));
