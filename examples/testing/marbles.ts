// Tests in virtual time: marble diagrams draw what a client sends and what the server must send back. No socket, no waiting.
// These are ordinary tests of `node:test`; `httpTest` works with any test runner.
//   npm run example marbles
import { test } from 'node:test';
import { delay, map, type Observable, of } from 'rxjs';
import { type HttpRequest, type HttpResponse, text } from 'rxpaf';
import { httpTest } from 'rxpaf/testing';

/** The handler under test: it responds to GET after 2 ms, and sends the text of a POST back in upper case. */
function handler(request: HttpRequest): Observable<HttpResponse> {
  if (request.method === 'GET') return of(text('hello')).pipe(delay(2));
  return request.body.text(1024).pipe(map((content) => text(content.toUpperCase())));
}

test('responds to GET after 2 ms', () =>
  httpTest(({ flow, serve, h1, expectWire, expectServed }) => {
    // One character is one millisecond: the request arrives at 1 ms, and the client ends the connection at 6 ms.
    const client = flow('   -a----|', { a: h1.get('/') });
    const service = serve(client, handler);
    expectWire(client).toBe('   ---x--|', { x: h1.response(200, 'hello') });
    expectServed(service).toBe('---s--|', { s: { status: 200, duration: 2 } });
  }));

test('waits for the whole body of a POST, however slowly it arrives', () =>
  httpTest(({ flow, serve, h1, expectWire }) => {
    const head = h1.requestHead('POST', '/', { 'content-length': 4 });
    const client = flow('     h 10s a 10s b-|', { h: head, a: 'ab', b: 'cd' });
    serve(client, handler);
    expectWire(client).toBe('- 10s - 10s x-|', { x: h1.response(200, 'ABCD') });
  }));

test('is cancelled when the client resets the connection', () =>
  httpTest(({ flow, serve, h1, expectServed }) => {
    const client = flow('-a#', { a: h1.get('/') });
    const service = serve(client, handler);
    expectServed(service).toBe('--(s|)', { s: { status: undefined, outcome: 'aborted' } });
  }));
