// A small curl. The content goes to the standard output as fast as that takes it: a slow reader slows the server down.
//   npm run --silent example fetch -- https://example.com/
//   -X METHOD  -H 'Name: value'  -d TEXT (or @FILE, @- for the standard input)  -i: the head, too
//   -x http://PROXY:PORT  -k: any certificate  --http1.1, --http2: that protocol alone  --max-redirects N
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
    // Exclusive: a proxy that does not answer is not gone around.
    ...(proxy === undefined
      ? {}
      : { transports: nodeTransports.register(connectProxy({ url: proxy }), { priority: 1, exclusive: true }) }),
  };
}

/** Made anew for each attempt, so that a redirect can have it, too; what comes from the standard input comes once. */
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

/** Emits when the output has taken it. */
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
  console.error('usage: npm run --silent example fetch -- [options] URL');
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
  // Whoever reads the output may leave: `write` then fails, which cancels the request.
  process.stdout.on('error', () => undefined);
}
