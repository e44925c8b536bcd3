// HTTP over a unix socket: `path` replaces the port on the server, and UNIX_PATH in the context replaces the address on the client.
//   npm run example unix-socket
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finalize, type Observable } from 'rxjs';
import { client, Context, serve, text, UNIX_PATH } from 'rxpaf';

const folder = mkdtempSync(join(tmpdir(), 'unix-socket-'));
const path = join(folder, 'http.sock');

function get(): Observable<string> {
  const http = client({ context: Context.EMPTY.add(UNIX_PATH, path) });
  // The host of the URL goes into the Host header only.
  return http.text('http://localhost/hello').pipe(finalize(() => http.close()));
}

function fail(error: Error): void {
  console.error(error.message);
  process.exitCode = 1;
}

const server = serve(
  {
    path,
    listening: ({ url }) => {
      console.log(`listening on ${url}`);
      get()
        .pipe(finalize(() => server.unsubscribe()))
        .subscribe({ next: (content) => console.log(content), error: fail });
    },
  },
  { request: (request, { peer }) => text(`${request.path} over a ${peer.toString()} socket`) },
)
  .pipe(finalize(() => rmSync(folder, { recursive: true })))
  .subscribe({ error: fail });
