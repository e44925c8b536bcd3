/**
 * A request that its program observes: an AbortSignal ends it, and the progress of its content is reported.
 *
 * ```
 * signal         ----!             aborted before the response
 * wire (h2)      h---r             h = HEADERS, r = RST_STREAM CANCEL: the connection goes on
 * wire (h1)      x---!             the connection ends
 * request        ----#             `aborted`
 *
 * signal         -------!          aborted after the head
 * response       ---o
 * body           ---^-a-#          some content, then `aborted`
 *
 * content        --a----b--|       an upload
 * progress       0-a----b          bytes that the connection has accepted
 * ```
 */
import { catchError, map, mergeMap, of, Subject, timer } from 'rxjs';
import type { ClientError, Progress } from 'rxpaf';
import { httpTest } from 'rxpaf/testing';
import { drawnClient, outcomeOf } from '../test/kits/marbles/client.js';

const URL = 'http://test/';
const SHORTLY = { duration: '20s' };

/** A signal that is aborted after so many ms. */
function abortedAt(ms: number): AbortSignal {
  const controller = new AbortController();
  timer(ms).subscribe(() => controller.abort());
  return controller.signal;
}

describe('an AbortSignal', () => {
  it('resets the stream on HTTP/2, and the connection goes on', () =>
    httpTest(({ flow, h2, expectFrames, expectObservable }) => {
      const one = flow('s------b', { s: h2.startServer(), b: h2.response(3, 204) });
      const http = drawnClient([one], { protocols: ['h2'] });
      expectObservable(outcomeOf(http.get(URL, { signal: abortedAt(4) }))).toBe('----(o|)', { o: 'aborted' });
      expectObservable(outcomeOf(http.get(URL))).toBe('-------(o|)', { o: '204' });
      expectFrames(one).toBe('(ab)r', { a: { stream: 1 }, b: { stream: 3 }, r: 'RST_STREAM 1 CANCEL' });
    }, SHORTLY));

  it('ends the connection on HTTP/1.1', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('');
      const http = drawnClient([one]);
      expectObservable(outcomeOf(http.get(URL, { signal: abortedAt(4) }))).toBe('----(o|)', { o: 'aborted' });
      expectWire(one).toBe('x---!', { x: h1.get('/') });
    }, SHORTLY));

  it('takes a request out of the queue, which is then never sent', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('-----a', { a: h1.response(200) });
      const http = drawnClient([one], { connections: 1 });
      expectObservable(outcomeOf(http.get(URL))).toBe('-----(o|)', { o: '200' });
      expectObservable(outcomeOf(http.get(URL, { signal: abortedAt(3) }))).toBe('---(o|)', { o: 'aborted' });
      expectWire(one).toBe('x', { x: h1.get('/') });
    }, SHORTLY));

  it('ends the wait for the next attempt', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('--a', { a: h1.response(503) });
      const http = drawnClient([one]);
      expectObservable(outcomeOf(http.get(URL, { signal: abortedAt(30) }))).toBe('30ms (o|)', { o: 'aborted' });
      expectWire(one).toBe('x', { x: h1.get('/') });
    }, SHORTLY));

  it('ends the body of a response that goes on', () =>
    httpTest(({ flow, h1, expectObservable, expectWire }) => {
      const one = flow('---a-b---c', {
        a: 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n',
        b: 'abc',
        c: 'def',
      });
      const http = drawnClient([one]);
      const content = http.get(URL, { signal: abortedAt(7) }).pipe(
        mergeMap(({ body }) => body),
        map((chunk) => Buffer.from(chunk).toString()),
        catchError((error: unknown) => of((error as ClientError).code)),
      );
      expectObservable(content).toBe('-----b-(e|)', { b: 'abc', e: 'aborted' });
      expectWire(one).toBe('x------!', { x: h1.get('/') });
    }, SHORTLY));

  it('does nothing after the content has come', () =>
    httpTest(({ flow, h1, expectObservable, expectWire }) => {
      const one = flow('---a', { a: h1.response(200, 'abc') });
      const http = drawnClient([one]);
      const content = http.get(URL, { signal: abortedAt(7) }).pipe(mergeMap(({ body }) => body.text()));
      expectObservable(content).toBe('---(o|)', { o: 'abc' });
      expectWire(one).toBe('x', { x: h1.get('/') });
    }, SHORTLY));
});

describe('progress', () => {
  const loaded = (subject: Subject<Progress>) => subject.pipe(map((progress) => String(progress.loaded)));

  it('of an upload is reported as the connection accepts each chunk', () =>
    httpTest(({ flow, h1, cold, expectObservable }) => {
      const one = flow('----------a', { a: h1.response(200) });
      const uploadProgress = new Subject<Progress>();
      const http = drawnClient([one]);
      const content = cold('--a----b--|', { a: 'abc', b: 'defg' });
      expectObservable(loaded(uploadProgress)).toBe('0-a----b', { 0: '0', a: '3', b: '7' });
      expectObservable(outcomeOf(http.post(URL, content, { uploadProgress }))).toBe('----------(o|)', { o: '200' });
    }, SHORTLY));

  it('of a download is reported as it arrives', () =>
    httpTest(({ flow, expectObservable }) => {
      const one = flow('---a-b---c', {
        a: 'HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n',
        b: 'abc',
        c: 'defg',
      });
      const downloadProgress = new Subject<Progress>();
      const http = drawnClient([one]);
      expectObservable(loaded(downloadProgress)).toBe('---0-b---c', { 0: '0', b: '3', c: '7' });
      expectObservable(http.text(URL, { downloadProgress })).toBe('---------(o|)', { o: 'abcdefg' });
    }, SHORTLY));

  it('of an upload begins again for each attempt', () =>
    httpTest(({ flow, h1, expectObservable }) => {
      const one = flow('--a 100ms b', { a: h1.response(503), b: h1.response(200) });
      const uploadProgress = new Subject<Progress>();
      const http = drawnClient([one]);
      expectObservable(loaded(uploadProgress)).toBe('(ab) 97ms (ab)', { a: '0', b: '3' });
      expectObservable(outcomeOf(http.put(URL, 'abc', { uploadProgress }))).toBe('103ms (o|)', { o: '200' });
    }, SHORTLY));
});
