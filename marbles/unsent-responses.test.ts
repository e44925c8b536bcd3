/**
 * A response that is not sent lets go of what it holds: its content is cancelled, and its tunnel is aborted. A gateway's upstream would
 * wait for both.
 *
 * ```
 * client    -a------|      a = GET
 * handler    -(rs)         r = the response, s = a second one, with content and a tunnel
 * content    -!            that of s: cancelled at once
 * tunnel     -!
 * ```
 */
import { concat, map, NEVER, of, timer } from 'rxjs';
import { Body, Fields, type Flow, type HttpResponse, memoryPair, text, bytes } from 'rxpaf';
import { type HttpTest, httpTest } from 'rxpaf/testing';

/** A response with content of a peer's kind, and whether that has been cancelled. */
function held(status = 200): { readonly response: HttpResponse; readonly look: () => string } {
  const body = new Body();
  return { response: { status, body }, look: () => (body.cancelled ? 'cancelled' : 'waits') };
}

/** A flow that would be joined, and how it ended. */
function tunnel(): { readonly flow: Flow; readonly look: () => string } {
  const [flow, peer] = memoryPair();
  let end = 'open';
  peer.subscribe({ error: () => (end = 'aborted'), complete: () => (end = 'ended') });
  return { flow, look: () => end };
}

/** Looks when the head of a response no longer waits for content. */
function expectLook({ expectObservable }: HttpTest, look: () => string, expected: string): void {
  expectObservable(timer(60).pipe(map(look))).toBe('60ms (l|)', { l: expected });
}

const SHORTLY = { duration: '10s' };

describe.each(['http/1.1', 'h2'] as const)('%s: a response that is not sent', (alpn) => {
  /** A client that asks once. */
  const asking = ({ flow, h1, h2 }: HttpTest, diagram = '-a----------'): ReturnType<HttpTest['flow']> =>
    flow(diagram, { a: alpn === 'h2' ? [h2.start(), h2.get(1, '/')] : h1.get('/') });

  it('because it is the second one', () =>
    httpTest((words) => {
      const second = held();
      const service = words.serve(asking(words), () => of(bytes(new Body()), second.response), { alpn });
      words.expectFaults(service).toBe('-f', { f: 'second-response' });
      expectLook(words, second.look, 'cancelled');
    }, SHORTLY));

  it('because its status cannot be sent', () =>
    httpTest((words) => {
      const unlawful = held(999);
      const service = words.serve(asking(words), () => unlawful.response, { alpn });
      words.expectFaults(service).toBe('- 50ms f', { f: { code: 'invalid-response', status: 500 } });
      expectLook(words, unlawful.look, 'cancelled');
    }, SHORTLY));

  it('because the request asks for no tunnel', () =>
    httpTest((words) => {
      const { flow, look } = tunnel();
      const service = words.serve(asking(words), () => ({ status: 101, headers: { upgrade: 'echo' }, flow }), { alpn });
      words.expectFaults(service).toBe('-f', { f: { code: 'invalid-response', status: 500 } });
      expectLook(words, look, 'aborted');
    }, SHORTLY));

  it('because its status is not that of a tunnel', () =>
    httpTest((words) => {
      const { flow, look } = tunnel();
      const service = words.serve(asking(words), () => ({ status: 200, flow }), { alpn });
      words.expectFaults(service).toBe('-f', {
        f: { code: 'invalid-response', message: 'a response with a tunnel has the status 101 here' },
      });
      expectLook(words, look, 'aborted');
    }, SHORTLY));
});

describe('HTTP/1.1: a response that is not sent', () => {
  it('because the client disconnects while it waits for its turn', () =>
    httpTest((words) => {
      const waiting = held();
      const client = words.flow('-a----#', { a: [words.h1.get('/1'), words.h1.get('/2')] });
      words.serve(client, ({ path }) => (path === '/1' ? NEVER : waiting.response));
      words.expectWire(client).toBe('');
      expectLook(words, waiting.look, 'cancelled');
    }, SHORTLY));

  it('because its handler fails while it waits for its turn', () =>
    httpTest((words) => {
      const waiting = held();
      const client = words.flow('-a----', { a: [words.h1.get('/1'), words.h1.get('/2')] });
      const failing = concat(
        of(waiting.response),
        timer(2).pipe(
          map((): HttpResponse => {
            throw new Error('boom');
          }),
        ),
      );
      const service = words.serve(client, ({ path }) => (path === '/1' ? NEVER : failing));
      words.expectFaults(service).toBe('---f', { f: 'exception' });
      expectLook(words, waiting.look, 'cancelled');
    }, SHORTLY));
});

describe('HTTP/1.1: 2xx to CONNECT that takes no tunnel (RFC 9110 section 9.3.6)', () => {
  it.each<[string, () => HttpResponse]>([
    ['text', () => text('hello')],
    ['streamed content', () => bytes(new Body())],
    ['no content', () => ({ status: 200 })],
  ])('ends its connection: with %s', (_, respond) =>
    httpTest(({ flow, serve, h1, expectWire, expectServed, expectFaults }) => {
      const client = flow('-a----', { a: h1.requestHead('CONNECT', 'far:70') });
      const service = serve(client, respond);
      const headers = { ...Fields.from(respond().headers).toObject(), connection: 'close' };
      // A client that does not end its side is waited for, as long as the lingering close takes.
      expectWire(client).toBe('-(o|) 4996ms !', { o: h1.responseHead(200, headers) });
      expectServed(service).toBe('-s 4999ms |', { s: { status: 200, outcome: 'complete' } });
      expectFaults(service).toBe('');
    }, SHORTLY),
  );
});
