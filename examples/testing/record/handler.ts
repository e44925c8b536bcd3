/** What the recorded server does: small, and at home in virtual time. */
import { delay, of } from 'rxjs';
import { bytes, type HttpRequest, type HttpResponse, text } from 'rxpaf';
import type { Observable } from 'rxjs';

const SIZED = /^\/bytes\/(\d{1,6})$/;

/** `/` and `/slow`: a text; `/echo`: what was sent; `/bytes/N`: so many; anything else is not found. */
export function handler(request: HttpRequest): HttpResponse | Observable<HttpResponse> {
  const path = request.path.split('?', 1)[0]!;
  if (path === '/') return text('recorded\n', { headers: { 'set-cookie': 'session=secret' } });
  if (path === '/slow') return of(text('at last\n')).pipe(delay(50));
  if (path === '/echo') return bytes(request.body);
  const sized = SIZED.exec(path);
  if (sized !== null) return bytes(Buffer.alloc(Number(sized[1]), 'rxpaf. '));
  return text('not found\n', { status: 404 });
}
