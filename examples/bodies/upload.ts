// Uploads at the pace of the disk: `consume` holds each chunk until it is written, and the client waits for it.
//   FOLDER=/tmp npm run example upload
//   curl -T package.json http://127.0.0.1:8080/copy.json
// DELAY=100 makes every write take 100 ms longer, which slows the client down.
import { open, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  concat,
  concatMap,
  defer,
  finalize,
  from,
  fromEvent,
  ignoreElements,
  map,
  merge,
  type Observable,
  reduce,
  switchMap,
  take,
  timer,
} from 'rxjs';
import { consume, type HttpRequest, type HttpResponse, serve, text } from 'rxpaf';

const { HOST = '127.0.0.1', PORT = '8080', FOLDER = tmpdir(), DELAY = '0' } = process.env;

// Ctrl-C or SIGTERM starts a graceful shutdown. A second signal ends the process immediately.
const stop = merge(fromEvent(process, 'SIGINT'), fromEvent(process, 'SIGTERM')).pipe(take(1));

/** Writes `content` to a new file and emits its size. */
function write(content: Observable<Uint8Array>, file: string): Observable<number> {
  return defer(() => open(file, 'wx')).pipe(
    switchMap((handle) =>
      content.pipe(
        consume((chunk) =>
          concat(
            timer(Number(DELAY)).pipe(ignoreElements()),
            from(handle.appendFile(chunk)).pipe(map(() => chunk.length)),
          ),
        ),
        reduce((total, size) => total + size, 0),
        finalize(() => void handle.close()),
      ),
    ),
  );
}

function store(request: HttpRequest): HttpResponse | Observable<HttpResponse> {
  // One plain name: no folders, no `..`, no hidden files.
  const [, name] = /^\/([\w-][\w.-]*)$/.exec(request.path) ?? [];
  if (name === undefined || request.method !== 'PUT') return text('use PUT /NAME\n', { status: 404 });
  const file = join(FOLDER, name);
  const part = `${file}.${process.hrtime.bigint()}.part`;
  return write(request.body, part).pipe(
    concatMap((size) => from(rename(part, file)).pipe(map(() => text(`stored ${size} bytes\n`, { status: 201 })))),
    // Deletes the part of an upload that was cut off.
    finalize(() => void rm(part, { force: true })),
  );
}

serve(
  { host: HOST, port: Number(PORT), stop, listening: ({ url }) => console.log(`listening on ${url}`) },
  { request: store },
).subscribe({
  next: ({ request, received, outcome }) =>
    console.log(`${request.method} ${request.path}: ${received} bytes, ${outcome}`),
  error: (error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
});
