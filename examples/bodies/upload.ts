// An upload to a disk, at the pace of the disk: `consume` holds each chunk until it is written, and the client waits for it.
//   FOLDER=/tmp npm run example upload
//   curl -T package-lock.json http://127.0.0.1:8080/lock.json
import { open, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  concat,
  concatMap,
  defer,
  finalize,
  from,
  ignoreElements,
  map,
  type Observable,
  reduce,
  switchMap,
  timer,
} from 'rxjs';
import { consume, type HttpRequest, type HttpResponse, serve, text } from 'rxpaf';
import { failed, here } from '../support/here.js';

const FOLDER = process.env['FOLDER'] ?? tmpdir();
/** ms that the disk takes for a chunk, at least: to see what happens. */
const DELAY = Number(process.env['DELAY'] ?? 0);

/** Writes `content` to `file`, and gives the number of bytes. */
function write(content: Observable<Uint8Array>, file: string): Observable<number> {
  return defer(() => open(file, 'wx')).pipe(
    switchMap((handle) =>
      content.pipe(
        consume((chunk) =>
          concat(timer(DELAY).pipe(ignoreElements()), from(handle.appendFile(chunk)).pipe(map(() => chunk.length))),
        ),
        reduce((total, size) => total + size, 0),
        finalize(() => void handle.close()),
      ),
    ),
  );
}

function store(request: HttpRequest): HttpResponse | Observable<HttpResponse> {
  const [, name] = /^\/([\w-][\w.-]*)$/.exec(request.path) ?? [];
  if (name === undefined || request.method !== 'PUT') return text('PUT /NAME\n', { status: 404 });
  const file = join(FOLDER, name);
  const part = `${file}.${process.hrtime.bigint()}.part`;
  return write(request.body, part).pipe(
    concatMap((size) => from(rename(part, file)).pipe(map(() => text(`stored ${size} bytes\n`, { status: 201 })))),
    // An upload that breaks off leaves nothing behind.
    finalize(() => void rm(part, { force: true })),
  );
}

serve(here, { request: store }).subscribe({
  next: ({ request, received, outcome }) =>
    console.log(`${request.method} ${request.path}: ${received} bytes, ${outcome}`),
  error: failed,
});
