// A small curl. It writes the content to the standard output with backpressure: a slow reader slows the server down.
//   npm run --silent example fetch -- https://example.com/
//   -X METHOD   -H 'Name: value'   -d TEXT, @FILE, or @- for the standard input
//   -i: print the response head, too   -x http://PROXY:PORT   -k: accept any certificate
//   --http1.1, --http2: use only that protocol   --max-redirects N
import { createReadStream } from 'node:fs';
import { parseArgs } from 'node:util';
import { bindNodeCallback, ignoreElements, mergeMap, type Observable } from 'rxjs';
import {
  client,
  ClientError,
  type ClientOptions,
  type ClientRequestInit,
  type ClientResponse,
  connectProxy,
  consume,
  type Content,
  fromPull,
  nodeTransports,
} from 'rxpaf';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    request: { type: 'string', short: 'X' },
    header: { type: 'string', short: 'H', multiple: true, default: [] },
    data: { type: 'string', short: 'd' },
    include: { type: 'boolean', short: 'i', default: false },
    proxy: { type: 'string', short: 'x' },
    insecure: { type: 'boolean', short: 'k', default: false },
    'http1.1': { type: 'boolean', default: false },
    http2: { type: 'boolean', default: false },
    'max-redirects': { type: 'string', default: '10' },
  },
});

function clientOptions(): ClientOptions {
  const { proxy, insecure, http2, 'http1.1': http1, 'max-redirects': redirects } = values;
  return {
    redirects: Number(redirects),
    ...(insecure ? { tls: { rejectUnauthorized: false } } : {}),
    ...(http1 || http2 ? { protocols: [http2 ? 'h2' : 'http/1.1'] } : {}),
    // Exclusive: if the proxy fails, the request fails. It never bypasses the proxy.
    ...(proxy === undefined
      ? {}
      : { transports: nodeTransports.register(connectProxy({ url: proxy }), { priority: 1, exclusive: true }) }),
  };
}

/** A function is called once per attempt, so the client can repeat the body after a redirect. It can read the standard input only once. */
function contentOf(data: string): Content | (() => Content) {
  if (data === '@-') return fromPull(process.stdin);
  return data.startsWith('@') ? () => fromPull(createReadStream(data.slice(1))) : data;
}

function requestInit(): ClientRequestInit {
  const { data, header } = values;
  const headers = header.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const { request: method = data === undefined ? 'GET' : 'POST' } = values;
  return { method, headers, body: data === undefined ? undefined : contentOf(data) };
}

/** Completes when the standard output has accepted the chunk. */
const write = bindNodeCallback((chunk: string | Uint8Array, done: (error?: Error | null) => void) => {
  process.stdout.write(chunk, done);
});

function headOf({ status, protocol, headers, url }: ClientResponse): string {
  const lines = [...headers].map(([name, value]) => `${name}: ${value}\n`);
  return `${protocol} ${status} ${url}\n${lines.join('')}\n`;
}

function print(response: ClientResponse): Observable<never> {
  const content = response.body.pipe(
    consume((chunk) => write(chunk)),
    ignoreElements(),
  );
  if (!values.include) return content;
  return write(headOf(response)).pipe(mergeMap(() => content));
}

const [url] = positionals;
if (url === undefined) {
  console.error('usage: fetch [options] URL');
  process.exitCode = 2;
} else {
  const http = client(clientOptions());
  http
    .request(url, requestInit())
    .pipe(mergeMap(print))
    .subscribe({
      error: (error: unknown) => {
        console.error(error instanceof ClientError ? `${error.code}: ${error.message}` : String(error));
        process.exitCode = 1;
        http.close();
      },
      complete: () => http.close(),
    });
  // If the reader closes the pipe, `write` fails, and that cancels the request.
  process.stdout.on('error', () => undefined);
}
