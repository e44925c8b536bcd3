/** The recorded service: small, and it takes its time from RxJS, so that a replay can run it in virtual time. */
import { delay, type Observable, of } from 'rxjs';
import { bytes, type HttpRequest, type HttpResponse, text } from 'rxpaf';

/** `/`, `/slow`: a text; `/echo`: the request body; `/bytes/N`: N bytes. */
export function handler(request: HttpRequest): HttpResponse | Observable<HttpResponse> {
  const path = request.path.split('?', 1)[0]!;
  if (path === '/') return text('recorded\n', { headers: { 'set-cookie': 'session=secret' } });
  if (path === '/slow') return of(text('50 ms later\n')).pipe(delay(50));
  if (path === '/echo') return bytes(request.body);
  const sized = /^\/bytes\/(\d{1,6})$/.exec(path);
  if (sized !== null) return bytes(Buffer.alloc(Number(sized[1]), 'rxpaf. '));
  return text('not found\n', { status: 404 });
}
