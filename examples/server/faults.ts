// The error stream: every error of a handler, a client or a connection is a value of one Observable, which can still respond.
// Here each fault is stored first, which takes time, and then gets a response with the number of its record (RFC 9457).
//   npm run example faults
//   curl -i http://127.0.0.1:8080/thrown
//   curl -i http://127.0.0.1:8080/teapot
//   head -c 2000 /dev/zero | curl -i --data-binary @- http://127.0.0.1:8080/small
import { filter, fromEvent, map, merge, type Observable, take, tap, throwError, timer } from 'rxjs';
import { consume, type HttpRequest, type HttpResponse, serve, type ServerFault, text } from 'rxpaf';

const { HOST = '127.0.0.1', PORT = '8080' } = process.env;

// Ctrl-C or SIGTERM starts a graceful shutdown. A second signal ends the process immediately.
const stop = merge(fromEvent(process, 'SIGINT'), fromEvent(process, 'SIGTERM')).pipe(take(1));

function route(request: HttpRequest): HttpResponse | Observable<HttpResponse> {
  switch (request.path) {
    case '/thrown':
      throw new Error('out of luck');
    case '/teapot':
      // A `status` of 400 to 599 on the error sets the status of the response.
      return throwError(() => Object.assign(new Error('I am short and stout'), { status: 418 }));
    case '/small':
      return request.body.text(1024).pipe(map((content) => text(content)));
    default:
      return text('no error\n');
  }
}

/** Stores a fault, which takes 10 ms, and emits the number of its record. */
let records = 0;
const store = (fault: ServerFault): Observable<number> =>
  timer(10).pipe(
    map(() => ++records),
    tap((record) => console.log(`record ${record}: ${fault.kind} ${fault.code} ${fault.message}`)),
  );

function respond(fault: ServerFault, record: number): void {
  // The client may know what it did wrong, but not what went wrong in the server.
  const detail = fault.status < 500 ? fault.message : 'the server failed';
  const problem = { title: fault.code, status: fault.status, detail, instance: `/records/${record}` };
  fault.respond({ 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
}

serve(
  { host: HOST, port: Number(PORT), stop, listening: ({ url }) => console.log(`listening on ${url}`) },
  {
    request: route,
    error: (faults) =>
      faults.pipe(
        // A fault gets the default response when its delivery ends. `consume` extends the delivery until `store` completes.
        consume(
          (fault) =>
            store(fault).pipe(
              filter(() => fault.answerable),
              tap((record) => respond(fault, record)),
            ),
          { concurrency: 100 },
        ),
      ),
  },
).subscribe({
  error: (error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
});
