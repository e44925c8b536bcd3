// A chat is a Subject: what one client posts, all who listen get, as server-sent events.
//   npm run example chat
//   curl -N http://127.0.0.1:8080/
//   curl -d 'hello all' http://127.0.0.1:8080/
import { map, type Observable, Subject, startWith, takeUntil, tap } from 'rxjs';
import { bytes, empty, type HttpRequest, type HttpResponse, serve } from 'rxpaf';
import { failed, here } from '../support/here.js';

const said = new Subject<string>();

function say(request: HttpRequest): Observable<HttpResponse> {
  return request.body.text(4096).pipe(
    tap((words) => said.next(words)),
    map(() => empty()),
  );
}

function hear(): HttpResponse {
  const events = said.pipe(
    map((words) => `data: ${words.replaceAll('\n', '\ndata: ')}\n\n`),
    startWith(': welcome\n\n'),
    takeUntil(here.stop),
  );
  return bytes(events, { headers: { 'content-type': 'text/event-stream' } });
}

serve(here, { request: (request) => (request.method === 'POST' ? say(request) : hear()) }).subscribe({ error: failed });
