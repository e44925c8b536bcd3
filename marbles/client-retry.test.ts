/**
 * When a request is sent again, and where to: attempts and redirects, up to the response that is emitted.
 *
 * ```
 * wire 1     x-|                     x = GET
 * server 1   -u|                     u = 503
 *              100 ms                at most; twice as long before the next
 * wire 2     -------x-|
 * server 2   --------a|              a = 200
 * response   --------o
 *
 * server     -r--a                   r = 302, Location: /there
 * wire       xy                      y = GET /there, on the connection that is there
 * response   ----o
 * ```
 */
import { retry, throwError } from 'rxjs';
import { ClientError } from 'rxpaf';
import { httpTest } from 'rxpaf/testing';
import { drawnClient, outcomeOf } from '../test/kits/marbles/client.js';

const URL = 'http://test/';
/** No connection is idle for so long that it would end. */
const SHORTLY = { duration: '29s' };
const RETRY = { retry: { attempts: 2, base: 100 } } as const;

describe('a retry', () => {
  it('waits longer each time, and gives up after its last attempt, with the outcome of that', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const values = { u: h1.response(503) };
      const one = flow('-u 100ms u 200ms u', values);
      const http = drawnClient([one], RETRY);
      expectObservable(outcomeOf(http.get(URL))).toBe('303ms (e|)', { e: '503' });
      expectWire(one).toBe('x 99ms x 200ms x', { x: h1.get('/') });
    }, SHORTLY));

  it('has waits at random, between nothing and that', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('-u 50ms -a', { u: h1.response(503), a: h1.response(200) });
      const http = drawnClient([one], { ...RETRY, random: () => 0.5 });
      expectObservable(outcomeOf(http.get(URL))).toBe('53ms (o|)', { o: '200' });
      expectWire(one).toBe('x 50ms x', { x: h1.get('/') });
    }, SHORTLY));

  it('waits as long as the server asks for (Retry-After), in seconds', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('-u 3s a', { u: h1.response(429, '', { 'retry-after': 3 }), a: h1.response(200) });
      expectObservable(outcomeOf(drawnClient([one]).get(URL))).toBe('3002ms (o|)', { o: '200' });
      expectWire(one).toBe('x 3s x', { x: h1.get('/') });
    }, SHORTLY));

  it('... or until a date', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const date = 'Thu, 01 Jan 1970 00:00:04 GMT';
      const one = flow('-u 4s a', { u: h1.response(503, '', { 'retry-after': date }), a: h1.response(200) });
      expectObservable(outcomeOf(drawnClient([one]).get(URL))).toBe('4002ms (o|)', { o: '200' });
      expectWire(one).toBe('x 3999ms x', { x: h1.get('/') });
    }, SHORTLY));

  it('... but no longer than the policy’s limit: then the response is emitted', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('-u', { u: h1.response(503, '', { 'retry-after': 11 }) });
      expectObservable(outcomeOf(drawnClient([one]).get(URL))).toBe('-(e|)', { e: '503' });
      expectWire(one).toBe('x', { x: h1.get('/') });
    }, SHORTLY));

  it.each(['404', '500', '501'])('is not made for %s', (status) =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('-u', { u: h1.response(Number(status)) });
      expectObservable(outcomeOf(drawnClient([one], RETRY).get(URL))).toBe('-(e|)', { e: status });
      expectWire(one).toBe('x', { x: h1.get('/') });
    }, SHORTLY),
  );

  it.each(['POST', 'PATCH'])('is not made of %s, which may have been acted on', (method) =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('-u', { u: h1.response(503) });
      const lost = flow('-#');
      const http = drawnClient([one, lost], { ...RETRY, connections: 2 });
      expectObservable(outcomeOf(http.request(URL, { method, body: 'x' }))).toBe('-(e|)', { e: '503' });
      expectObservable(outcomeOf(http.request(URL, { method, body: 'x' }))).toBe('-(e|)', { e: 'connection-reset' });
      expectWire(one).toBe('x', { x: h1.request(method, '/', 'x') });
    }, SHORTLY),
  );

  it('is made of any method where the server has refused it (REFUSED_STREAM)', () =>
    httpTest(({ flow, h2, expectFrames, expectObservable }) => {
      const one = flow('s-r 100ms a', { s: h2.startServer(), r: h2.rst(1, 'REFUSED_STREAM'), a: h2.response(3, 201) });
      const http = drawnClient([one], { ...RETRY, protocols: ['h2'] });
      expectObservable(outcomeOf(http.post(URL, 'x')), '-^').toBe('103ms (o|)', { o: '201' });
      expectFrames(one).toBe('-(ab) 96ms (cd)', {
        a: 'HEADERS 1 POST /',
        b: 'DATA 1 "x" END_STREAM',
        c: 'HEADERS 3 POST /',
        d: 'DATA 3 "x" END_STREAM',
      });
    }, SHORTLY));

  it('is not counted if more streams were begun than the server turns out to accept (RFC 9113 section 5.1.2)', () =>
    httpTest(({ flow, h2, expectFrames, expectObservable }) => {
      const one = flow('--(srt)-a----b----c', {
        s: h2.startServer({ MAX_CONCURRENT_STREAMS: 1 }),
        r: h2.rst(3, 'REFUSED_STREAM'),
        t: h2.rst(5, 'REFUSED_STREAM'),
        a: h2.response(1, 201),
        b: h2.response(7, 202),
        c: h2.rst(9, 'REFUSED_STREAM'),
      });
      const http = drawnClient([one], { retry: false, protocols: ['h2'] });
      expectObservable(outcomeOf(http.post(URL, 'x'))).toBe('--------(o|)', { o: '201' });
      expectObservable(outcomeOf(http.post(URL, 'y'))).toBe('-------------(o|)', { o: '202' });
      // A refusal is, although there was room.
      expectObservable(outcomeOf(http.post(URL, 'z'))).toBe('------------------(e|)', { e: 'refused!' });
      expectFrames(one).toBe('(abcdef)(gh)-(ij)', {
        a: 'HEADERS 1 POST /',
        b: 'DATA 1 "x" END_STREAM',
        c: 'HEADERS 3 POST /',
        d: 'DATA 3 "y" END_STREAM',
        e: 'HEADERS 5 POST /',
        f: 'DATA 5 "z" END_STREAM',
        g: 'HEADERS 7 POST /',
        h: 'DATA 7 "y" END_STREAM',
        i: 'HEADERS 9 POST /',
        j: 'DATA 9 "z" END_STREAM',
      });
    }, SHORTLY));

  it('is made of any method where the connection was never there', () =>
    httpTest(({ flow, h1, expectObservable, expectWire }) => {
      const refused = throwError(() => new ClientError('connect-failed', 'ECONNREFUSED', { retryable: true }));
      const two = flow('100ms a', { a: h1.response(201) });
      const http = drawnClient([refused, two], RETRY);
      expectObservable(outcomeOf(http.post(URL, 'x'))).toBe('100ms (o|)', { o: '201' });
      expectWire(two).toBe('99ms x', { x: h1.post('/', 'x') });
    }, SHORTLY));

  it('is not made of what cannot succeed: a certificate that is wrong', () =>
    httpTest(({ expectObservable }) => {
      const wrong = throwError(() => new ClientError('handshake-failed', 'self-signed', { retryable: true }));
      expectObservable(outcomeOf(drawnClient([wrong], RETRY).get(URL))).toBe('(e|)', { e: 'handshake-failed!' });
    }));

  it('is not made of content that can be sent once only', () =>
    httpTest(({ flow, h1, cold, expectObservable, expectSubscriptions }) => {
      const one = flow('--u', { u: h1.response(503) });
      const content = cold('a|');
      expectObservable(outcomeOf(drawnClient([one], RETRY).put(URL, content))).toBe('--(e|)', { e: '503' });
      expectSubscriptions(content).toBe('^!');
    }, SHORTLY));

  it('... but is if a function makes the content, called once per attempt', () =>
    httpTest(({ flow, h1, cold, expectObservable, expectSubscriptions }) => {
      const one = flow('--u 100ms -a', { u: h1.response(503), a: h1.response(200) });
      const content = cold('a|');
      expectObservable(outcomeOf(drawnClient([one], RETRY).put(URL, () => content))).toBe('104ms (o|)', { o: '200' });
      expectSubscriptions(content).toBe(['^!', '101ms ^!']);
    }, SHORTLY));

  it('of the program’s own, at once, is an attempt of its own', () =>
    httpTest(({ flow, h1, cold, expectObservable, expectWire }) => {
      const refused = cold<never>(
        '--#',
        undefined,
        new ClientError('connect-failed', 'ECONNREFUSED', { retryable: true }),
      );
      const two = flow('---a', { a: h1.response(200) });
      const http = drawnClient([refused, two], { retry: false });
      expectObservable(outcomeOf(http.get(URL).pipe(retry(1)))).toBe('---(o|)', { o: '200' });
      expectWire(two).toBe('--x', { x: h1.get('/') });
    }, SHORTLY));

  it('is not made where the program wants none', () =>
    httpTest(({ flow, h1, expectObservable }) => {
      const one = flow('-u', { u: h1.response(503) });
      expectObservable(outcomeOf(drawnClient([one], { retry: false }).get(URL))).toBe('-(e|)', { e: '503' });
    }, SHORTLY));
});

describe('a redirect (RFC 9110 section 15.4)', () => {
  const to = (location: string): { location: string } => ({ location });

  it('is followed, on the connection that is there; the content of the response is read over', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('-a--b--c', {
        a: h1.response(301, 'moved', to('/b')),
        b: h1.response(302, '', to('c?d')),
        c: h1.response(200),
      });
      expectObservable(outcomeOf(drawnClient([one]).get(URL + 'a'))).toBe('-------(o|)', { o: '200' });
      expectWire(one).toBe('xy--z', { x: h1.get('/a'), y: h1.get('/b'), z: h1.get('/c?d') });
    }, SHORTLY));

  it('makes a GET of a POST (303), without its content', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('-a-b', { a: h1.response(303, '', to('/done')), b: h1.response(200) });
      expectObservable(outcomeOf(drawnClient([one]).post(URL, 'rows'))).toBe('---(o|)', { o: '200' });
      expectWire(one).toBe('xy', { x: h1.post('/', 'rows'), y: h1.get('/done') });
    }, SHORTLY));

  it('sends the content again (307), where it can be', () =>
    httpTest(({ flow, h1, cold, expectWire, expectObservable }) => {
      const one = flow('-a-b', { a: h1.response(307, '', to('/b')), b: h1.response(200) });
      expectObservable(outcomeOf(drawnClient([one]).post(URL, 'rows'))).toBe('---(o|)', { o: '200' });
      expectWire(one).toBe('xy', { x: h1.post('/', 'rows'), y: h1.post('/b', 'rows') });
      const two = flow('--a', { a: h1.response(307, '', to('/b')) });
      const once = drawnClient([two]).post(URL, cold('a|'));
      expectObservable(outcomeOf(once)).toBe('--(e|)', { e: 'body-not-repeatable' });
    }, SHORTLY));

  it('to another origin has a connection of its own, and no credentials', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('-a', { a: h1.response(302, '', to('http://other/')) });
      const two = flow('---b', { b: h1.response(200) });
      const get = drawnClient([one, two]).get(URL, { headers: { authorization: 'secret', accept: 'text/plain' } });
      expectObservable(outcomeOf(get)).toBe('---(o|)', { o: '200' });
      expectWire(one).toBe('x', { x: h1.get('/', { authorization: 'secret', accept: 'text/plain' }) });
      expectWire(two).toBe('-y', { y: h1.get('/', { host: 'other', accept: 'text/plain' }) });
    }, SHORTLY));

  it('too many of them are an error', () =>
    httpTest(({ flow, h1, expectWire, expectObservable }) => {
      const one = flow('-aaa', { a: h1.response(302, '', to('/')) });
      expectObservable(outcomeOf(drawnClient([one], { redirects: 2 }).get(URL))).toBe('---(e|)', {
        e: 'too-many-redirects',
      });
      expectWire(one).toBe('xxx', { x: h1.get('/') });
    }, SHORTLY));

  it('to something that is not a URL is an error, and redirects can be turned off', () =>
    httpTest(({ flow, h1, expectObservable }) => {
      const one = flow('-a', { a: h1.response(302, '', to('ftp://test/')) });
      expectObservable(outcomeOf(drawnClient([one]).get(URL))).toBe('-(e|)', { e: 'invalid-redirect' });
      const two = flow('-a', { a: h1.response(302, '', to('/')) });
      expectObservable(outcomeOf(drawnClient([two]).get(URL, { redirects: 0 }))).toBe('-(o|)', { o: '302' });
    }, SHORTLY));
});
