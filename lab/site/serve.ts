/** Serves the built site on 127.0.0.1, with rxpaf itself. */
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { catchError, defer, from, map, type Observable, of } from 'rxjs';
import { type HttpResponse, type ListenAddress, serve, response, text } from 'rxpaf';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
};

/** Everything that a page loads is from its own host: a browser would refuse anything else. */
const POLICY =
  "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:";

/** The file of a path below `folder`; a path that ends with a slash is that of its index. */
function fileOf(folder: string, path: string): string {
  // The leading slash keeps `..` inside the folder.
  const inside = normalize(`/${path}`);
  const named = inside.endsWith('/') ? `${inside}index.html` : inside;
  return join(folder, extname(named) === '' ? `${named}.html` : named);
}

function page(folder: string, path: string): Observable<HttpResponse> {
  return defer(() => {
    const file = fileOf(folder, decodeURIComponent(path));
    return from(readFile(file)).pipe(map((content) => ({ file, content })));
  }).pipe(
    map(({ file, content }) => {
      const type = TYPES[extname(file)] ?? 'application/octet-stream';
      return response(200, { 'content-type': type, 'content-security-policy': POLICY }, content);
    }),
    catchError(() => of(text('no such page\n', { status: 404 }))),
  );
}

/** The site in `folder`, until unsubscribed from. `port`: 0 is any free port. */
export function serveSite(
  folder: string,
  port: number,
  listening: (address: ListenAddress) => void,
): Observable<unknown> {
  return serve({ host: '127.0.0.1', port, listening }, ({ url }) => page(folder, url.pathname));
}
