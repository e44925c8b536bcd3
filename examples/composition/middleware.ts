// Middleware: a function from a service to a service, composed by the `pipe` of RxJS. The last one is the outermost.
//   npm run example middleware
//   curl -i http://127.0.0.1:8080/                          (401)
//   curl -i -u me:secret http://127.0.0.1:8080/
//   curl -i -u me:secret http://127.0.0.1:8080/slow         (503 after a second)
import { fromEvent, map, merge, NEVER, pipe, take } from 'rxjs';
import { Fields, type HttpRequest, type Middleware, responses, serve, type Service, text } from 'rxpaf';
import { accessLog, guard, responseTimeout } from 'rxpaf/middleware';

const { HOST = '127.0.0.1', PORT = '8080' } = process.env;

// Ctrl-C or SIGTERM starts a graceful shutdown. A second signal ends the process immediately.
const stop = merge(fromEvent(process, 'SIGINT'), fromEvent(process, 'SIGTERM')).pipe(take(1));

const EXPECTED = `Basic ${Buffer.from('me:secret').toString('base64')}`;
const isKnown = ({ headers }: HttpRequest): boolean => headers.get('authorization') === EXPECTED;

/** A middleware of your own: `responses` makes an Observable of whatever the service returns. */
const versioned: Middleware = (next) => (request, exchange) =>
  responses(next(request, exchange)).pipe(
    map((response) => ({ ...response, headers: Fields.from(response.headers).with('x-version', '1') })),
  );

const app: Service = ({ path }) => (path === '/slow' ? NEVER : text('hello\n'));

const composed = pipe(
  versioned,
  responseTimeout(1000),
  guard('Basic realm="example"', isKnown),
  accessLog(({ request, status, duration }) => console.log(`${request.path} ${status ?? 'aborted'} ${duration} ms`)),
);

serve(
  { host: HOST, port: Number(PORT), stop, listening: ({ url }) => console.log(`listening on ${url}`) },
  composed(app),
).subscribe({
  error: (error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
});
