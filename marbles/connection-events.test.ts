/**
 * What happens to connections, as a stream: enough for a gauge and a log.
 *
 * ```
 * client 1  -a------|         a = a request
 * client 2  ---x              x = bytes that are no HTTP
 * events    o-p-------c       opened (open: 1), protocol chosen, closed (open: 0)
 * ```
 */
import { map, NEVER, Subject } from 'rxjs';
import { type ConnectionEvent, text } from 'rxpaf';
import { httpTest } from 'rxpaf/testing';

/** An event in a line. */
function line(event: ConnectionEvent<string>): string {
  const { type, peer, open, accepted } = event;
  const detail =
    type === 'protocol'
      ? `, ${event.protocol}`
      : type === 'closed' && event.error !== undefined
        ? ', with an error'
        : '';
  return `${type} ${peer}${detail}: ${open} of ${accepted}`;
}

describe('connection events', () => {
  it('say when each opens, has its protocol, and closes, with counts', () =>
    httpTest(({ flow, hot, serve, h1, h2, expectObservable }) => {
      const first = flow('---a-----------|', { a: h1.get('/') });
      const second = flow('-------(sb)--|', { s: h2.start(), b: h2.get(1, '/') });
      const events = new Subject<ConnectionEvent<string>>();
      expectObservable(events.pipe(map(line))).toBe('-o-(pO)P-----C-c', {
        o: 'opened flow 1: 1 of 1',
        p: 'protocol flow 1, http/1.1: 1 of 1',
        O: 'opened flow 2: 2 of 2',
        P: 'protocol flow 2, h2: 2 of 2',
        C: 'closed flow 2: 1 of 2',
        c: 'closed flow 1: 0 of 2',
      });
      serve(hot('-a-b|', { a: first, b: second }), () => text('ok'), { connectionEvents: events });
    }));

  it('have the connection itself, from the choice of its protocol on', () =>
    httpTest(({ flow, hot, serve, h1, expectObservable }) => {
      const client = flow('--a----|', { a: h1.get('/') });
      const events = new Subject<ConnectionEvent<string>>();
      const exchanges = map((event: ConnectionEvent<string>) =>
        event.type === 'opened' ? 'none' : event.connection?.exchangesBegun,
      );
      expectObservable(events.pipe(exchanges)).toBe('-on----c', { o: 'none', n: 0, c: 1 });
      serve(hot('-a', { a: client }), () => text('ok'), { connectionEvents: events });
    }));

  it('say of a connection that broke why it did', () =>
    httpTest(({ flow, hot, serve, h1, expectObservable }) => {
      const client = flow('--a---#', { a: h1.get('/') });
      const events = new Subject<ConnectionEvent<string>>();
      expectObservable(events.pipe(map(line))).toBe('-(op)-c', {
        o: 'opened flow 1: 1 of 1',
        p: 'protocol flow 1, http/1.1: 1 of 1',
        c: 'closed flow 1, with an error: 0 of 1',
      });
      serve(hot('-a', { a: client }), () => NEVER, { connectionEvents: events, alpn: 'http/1.1' });
    }));

  it('come of an id without a chain as well: it never has a protocol', () =>
    httpTest(({ flow, hot, serve, expectObservable }) => {
      const events = new Subject<ConnectionEvent<string>>();
      expectObservable(events.pipe(map(line))).toBe('-(oc)', {
        o: 'opened flow 1: 1 of 1',
        c: 'closed flow 1, with an error: 0 of 1',
      });
      serve(hot('-a', { a: flow('--') }), () => NEVER, { connectionEvents: events, alpn: 'gopher' });
    }));

  it('come of a protocol of your own, and of a service that is unsubscribed from', () =>
    httpTest(({ flow, hot, serve, expectObservable }) => {
      const events = new Subject<ConnectionEvent<string>>();
      expectObservable(events.pipe(map(line))).toBe('-(op)-c', {
        o: 'opened flow 1: 1 of 1',
        p: 'protocol flow 1, mine/1: 1 of 1',
        c: 'closed flow 1: 0 of 1',
      });
      const options = { alpn: 'mine/1', protocols: { 'mine/1': () => NEVER }, unsubscribe: '------!' };
      serve(hot('-a', { a: flow('--') }), () => NEVER, { connectionEvents: events, ...options });
    }));
});
