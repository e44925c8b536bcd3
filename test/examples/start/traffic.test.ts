// The events of a server's traffic, in virtual time.
import { delay, EMPTY, map, NEVER, of, throwError } from 'rxjs';
import { bytes, consume, type Handler, text } from 'rxpaf';
import { httpTest, type HttpTest, type TestFlow } from 'rxpaf/testing';
import { Traffic } from '../../../examples/first-steps/start/traffic.js';
import type { TrafficEvent } from '../../../examples/first-steps/start/traffic-event.js';

interface Peer {
  toString(): string;
}

const traffics = (): Traffic<TestFlow, Peer> =>
  new Traffic({
    info: { alpn: () => 'http/1.1', peer: ({ name }) => ({ toString: () => name }), injection: (flow) => flow },
    ignores: ({ path }) => path === '/live',
    closed: () => NEVER,
  });

/** An event in a few words. */
function words(event: TrafficEvent): string {
  const what = 'exchange' in event ? `exchange ${event.exchange}` : `connection ${event.connection}`;
  if ('count' in event) return `${event.kind} ${event.size}`;
  if (event.kind === 'request') return `${what}: ${event.method} ${event.path}`;
  if (event.kind === 'response' || event.kind === 'end') return `${event.kind} ${event.status}`;
  if (event.kind === 'fault') return `fault ${event.code}`;
  return `${event.kind} ${event.connection}`;
}

/** Events that are not of the wire, as they came, `time: words`. */
function told({ cold }: HttpTest, traffic: Traffic<TestFlow, Peer>): string[] {
  const heard: string[] = [];
  const watching = traffic.events.subscribe((event) => {
    if (!['received', 'sent', 'taken'].includes(event.kind)) heard.push(`${event.at}: ${words(event)}`);
  });
  cold('500ms |').subscribe({ complete: () => watching.unsubscribe() });
  return heard;
}

function serve(words: HttpTest, traffic: Traffic<TestFlow, Peer>, request: string, handler: Handler<Peer>): void {
  const client = words.flow('--a', { a: request });
  of(client).pipe(traffic.service(handler)).subscribe();
}

const POST = 'POST /up?token=secret HTTP/1.1\r\nHost: a\r\nCookie: id=secret\r\nContent-Length: 5\r\n\r\nhello';

describe('traffic', () => {
  it('reports connections, exchanges, bodies and their credit', () => {
    let heard: string[] = [];
    const traffic = traffics();
    httpTest((words) => {
      heard = told(words, traffic);
      const slow = consume((chunk: Uint8Array) => of(chunk).pipe(delay(70)));
      serve(words, traffic, POST, { request: ({ body }) => bytes(body.pipe(slow)) });
      words.expectObservable(EMPTY).toBe('|');
    });
    expect(heard).toEqual([
      ...['0: connection 1', '2: exchange 1: POST /up?…', '2: response 200', '2: in 5'],
      ...['72: out 5', '72: credit 5', '72: end 200'],
    ]);
  });

  it('reports faults, and no secrets', () => {
    const events: TrafficEvent[] = [];
    const traffic = traffics();
    httpTest((words) => {
      const watching = traffic.events.subscribe((event) => events.push(event));
      words.cold('99ms |').subscribe({ complete: () => watching.unsubscribe() });
      serve(words, traffic, POST, { request: () => throwError(() => new Error('broken')) });
      words.expectObservable(EMPTY).toBe('|');
    });
    expect(events.map(({ kind }) => kind)).toContain('fault');
    expect(JSON.stringify(events)).not.toContain('secret');
    expect(JSON.stringify(events)).toContain('["cookie",null]');
  });

  it('does not report the requests of the page', () => {
    let heard: string[] = [];
    const traffic = traffics();
    httpTest((words) => {
      heard = told(words, traffic);
      serve(words, traffic, 'GET /live HTTP/1.1\r\nHost: a\r\n\r\n', { request: () => text('') });
      words.expectObservable(EMPTY).toBe('|');
    });
    expect(heard).toEqual(['0: connection 1', '2: own 1']);
    expect(traffic.open(9).exchanges).toEqual([]);
  });

  it('does not report how the connection of the page ends', () => {
    let heard: string[] = [];
    const traffic = traffics();
    httpTest((words) => {
      heard = told(words, traffic);
      const client = words.flow('--a-#', { a: 'GET /live HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(2) });
      of(client)
        .pipe(traffic.service({ request: () => NEVER }))
        .subscribe();
      words.expectObservable(EMPTY).toBe('|');
    });
    expect(heard).toEqual(['0: connection 1', '2: own 1']);
  });

  it('changes nothing without a subscriber', () => {
    const traffic = traffics();
    httpTest((words) => {
      const seen: unknown[] = [];
      const client = words.flow('--a-|', { a: words.h1.get('/') });
      const handler: Handler<Peer> = {
        request: (request) => {
          // The request itself, without a wrapper.
          seen.push(
            Object.getPrototypeOf(request) === Object.getPrototypeOf(Object.getPrototypeOf(request)),
            request.method,
          );
          return of(text('ok')).pipe(map((response) => response));
        },
      };
      of(client)
        .pipe(traffic.service(handler))
        .subscribe({ complete: () => seen.push('over') });
      words
        .expectWire(client)
        .toBe('--a-|', { a: words.h1.response(200, 'ok', { 'content-type': 'text/plain; charset=utf-8' }) });
      words.cold('99ms |').subscribe({ complete: () => expect(seen).toEqual([false, 'GET', 'over']) });
    });
    expect(traffic.watched).toBe(false);
    expect(traffic.open(9)).toEqual({ connections: [], exchanges: [] });
  });
});
