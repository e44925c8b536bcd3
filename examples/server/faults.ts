// The error stream: whatever goes wrong, in a handler or on the wire, is a value of one Observable, and can be answered there.
//   npm run example faults
//   curl -i http://127.0.0.1:8080/thrown
//   curl -i http://127.0.0.1:8080/teapot
//   curl -i --data-binary @package-lock.json http://127.0.0.1:8080/small
import { filter, map, type Observable, tap, throwError, timer } from 'rxjs';
import { consume, type HttpRequest, type HttpResponse, serve, type ServerFault, text } from 'rxpaf';
import { failed, here } from '../support/here.js';

function route(request: HttpRequest): HttpResponse | Observable<HttpResponse> {
  switch (request.path) {
    case '/thrown':
      throw new Error('out of luck');
    case '/teapot':
      return throwError(() => Object.assign(new Error('I am short and stout'), { status: 418 }));
    case '/small':
      return request.body.text(1024).pipe(map((content) => text(content)));
    default:
      return text('nothing went wrong\n');
  }
}

/** Notes a fault somewhere, which takes a while, and gives the number of the note. */
let notes = 0;
const noted = (fault: ServerFault): Observable<number> =>
  timer(10).pipe(
    map(() => ++notes),
    tap((note) => console.log(`note ${note}: ${fault.kind} ${fault.code} ${fault.message}`)),
  );

serve(here, {
  request: route,
  error: (faults) =>
    faults.pipe(
      // A fault that nobody holds gets its default answer at once; `consume` holds it until the inner Observable has ended.
      consume(
        (fault) =>
          noted(fault).pipe(
            filter(() => fault.answerable),
            tap((note) => {
              const detail = fault.status < 500 ? fault.message : 'it is not your fault';
              const problem = { title: fault.code, status: fault.status, detail, instance: `/notes/${note}` };
              fault.respond({ 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
            }),
          ),
        { concurrency: 100 },
      ),
    ),
}).subscribe({ error: failed });
