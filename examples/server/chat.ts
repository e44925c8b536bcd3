// A chat is a Subject: every message that a client posts goes to all listeners as a server-sent event.
//   npm run example chat
//   curl -N http://127.0.0.1:8080/
//   curl -d 'hello all' http://127.0.0.1:8080/
import { fromEvent, map, merge, type Observable, shareReplay, startWith, Subject, take, takeUntil, tap } from 'rxjs';
import { bytes, empty, type HttpRequest, type HttpResponse, serve } from 'rxpaf';

const { HOST = '127.0.0.1', PORT = '8080' } = process.env;

// Ctrl-C or SIGTERM starts a graceful shutdown. A second signal ends the process immediately.
// Every listener subscribes to it, so it is shared: the process gets one handler per signal.
const stop = merge(fromEvent(process, 'SIGINT'), fromEvent(process, 'SIGTERM')).pipe(take(1), shareReplay(1));

const messages = new Subject<string>();

/** Reads a message of up to 4096 bytes, sends it to all listeners, and responds with 204. */
function post(request: HttpRequest): Observable<HttpResponse> {
  return request.body.text(4096).pipe(
    tap((message) => messages.next(message)),
    map(() => empty()),
  );
}

/** A stream without an end. It ends on shutdown, because a graceful shutdown waits for all responses. */
function listen(): HttpResponse {
  const events = messages.pipe(
    map((message) => `data: ${message.replaceAll('\n', '\ndata: ')}\n\n`),
    startWith(': welcome\n\n'),
    takeUntil(stop),
  );
  return bytes(events, { headers: { 'content-type': 'text/event-stream' } });
}

serve(
  { host: HOST, port: Number(PORT), stop, listening: ({ url }) => console.log(`listening on ${url}`) },
  { request: (request) => (request.method === 'POST' ? post(request) : listen()) },
).subscribe({
  error: (error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  },
});
