/** The words that run a part of a service alone: what they record, and what they say of a test that fails. */
import { map, merge, mergeMap, NEVER, of, tap, throwError, timer } from 'rxjs';
import { type Service, text } from '../index.js';
import { mismatchOf, leavingOf } from '../../test/kits/units/http-tests.js';
import { httpTest } from './index.js';

describe('serveConnections', () => {
  it('records requests as they are emitted, exchanges as they end, and what else comes of them', () =>
    httpTest(({ flow, serveConnections, h1, expectRequests, expectServed, expectObservable }) => {
      const client = flow('-a---|', { a: h1.get('/') });
      const service = serveConnections(
        client,
        (connections) =>
          connections.pipe(
            mergeMap((connection) =>
              merge(
                of(connection.peer),
                connection.exchanges.pipe(
                  mergeMap((exchange) => exchange.respond(() => timer(2).pipe(map(() => text('ok'))))),
                ),
              ),
            ),
          ),
        { alpn: 'http/1.1' },
      );
      expectRequests(service).toBe('  -r', { r: 'GET /' });
      expectServed(service).toBe('    ---s-|', { s: '200' });
      expectObservable(service).toBe('p----|', { p: 'flow 1' });
    }));

  it('reports a request that nobody responds to before the test is over', () => {
    const left = leavingOf(({ flow, serveConnections, h1, expectRequests }) => {
      const client = flow('-a', { a: h1.get('/') });
      const waiting = (): Promise<void> => Promise.resolve();
      const service = serveConnections(client, (connections) =>
        connections.pipe(
          mergeMap(({ exchanges }) => exchanges),
          mergeMap((exchange) => exchange.respond(() => NEVER)),
          tap({ subscribe: () => void waiting() }),
        ),
      );
      expectRequests(service).toBe('-r', { r: 'GET /' });
    });
    expect(left).toContain('GET /, which came at 1 ms, has no response when the test is over');
  });
});

describe('chain', () => {
  it('records how it fails', () =>
    httpTest(({ flow, chain, expectObservable, expectServed }) => {
      const failed = chain(flow('-'), () => throwError(() => new Error('boom')));
      expectObservable(failed).toBe('#', {}, new Error('boom'));
      expectServed(failed).toBe('#');
    }));

  it('takes a chain that throws for one that fails, and says so where the test did not expect it', () => {
    const message = mismatchOf(({ flow, chain, expectWire }) => {
      const client = flow('-');
      chain(client, () => {
        throw new Error('boom');
      });
      expectWire(client).toBe('x');
    });
    expect(message).toContain('The chain failed: Error: boom');
  });

  it('does not take a Promise: it leaves virtual time', () => {
    const left = leavingOf(({ flow, chain, expectWire }) => {
      const client = flow('-');
      chain(client, () => Promise.resolve(1));
      expectWire(client).toBe('');
    });
    expect(left).toContain('what the chain gave for flow 1 is a Promise');
  });
});

describe('call', () => {
  const plain: Service<string> = () => text('ok');

  it('calls when it is drawn', () =>
    httpTest(({ call, expectResponses, expectServed }) => {
      const called = call(plain, { subscription: '--^' });
      expectResponses(called).toBe('--r', { r: '200' });
      expectServed(called).toBe('--s', { s: { begin: 2, firstByte: 0, duration: 0 } });
    }));

  it('has a whole exchange', () =>
    httpTest(({ call, expectBody }) => {
      const seen = call(
        ({ scheme, authority, trailers }, { peer, connection, protocol }) =>
          trailers.pipe(
            map((fields) =>
              text([protocol, peer, scheme, authority, connection.exchangesOpen, fields.get('sum')].join()),
            ),
          ),
        { scheme: 'https', authority: 'host', peer: 'me', trailers: { sum: '1' } },
      );
      expectBody(seen).toBe('(b|)', { b: 'http/1.1,me,https,host,1,1' });
    }));

  it('responds once by respond(): a second one is an error', () =>
    httpTest(({ call, expectResponses }) => {
      const called = call((_request, exchange) => exchange.respond(plain).pipe(map(() => text('never'))));
      expectResponses(called).toBe('e', { e: 'second-response' });
    }));

  it('has a stream on HTTP/2, whose client takes no pushes', () =>
    httpTest(({ call, expectBody, expectServed }) => {
      const called = call(
        (_request, exchange) => {
          if (exchange.protocol !== 'h2') return text('not HTTP/2');
          const pushed = exchange.push({ path: '/style.css' }, text(''));
          exchange.prioritize({ urgency: 0, incremental: false });
          return text([exchange.streamId, pushed, exchange.priority.urgency].join());
        },
        { alpn: 'h2' },
      );
      expectBody(called).toBe('(b|)', { b: '1,false,0' });
      const reset = call(
        (_request, exchange) => {
          if (exchange.protocol === 'h2') exchange.reset();
          return NEVER;
        },
        { alpn: 'h2' },
      );
      expectServed(reset).toBe('s', { s: { outcome: 'aborted', status: undefined } });
    }));

  it('has no tunnel unless it is given a flow', () =>
    httpTest(({ call, expectResponses }) => {
      const called = call((_request, exchange) => exchange.tunnel().pipe(map(() => text(''))));
      expectResponses(called).toBe('e', { e: 'the call has no flow: give it one as `tunnel`' });
    }));

  it('reports a call without a response', () => {
    const left = leavingOf(({ call, expectResponses }) => {
      const waiting = (): Promise<void> => Promise.resolve();
      void waiting();
      expectResponses(call(() => NEVER, { path: '/slow' })).toBe('');
    });
    expect(left).toContain('GET /slow has no response when the test is over');
  });

  it('does not take a Promise: it leaves virtual time', () => {
    const left = leavingOf(({ call, expectResponses }) => {
      expectResponses(call(() => Promise.resolve(text('ok')))).toBe('');
    });
    expect(left).toContain('what the service gave for GET / is a Promise');
  });
});

describe('faultStream', () => {
  it('counts as handled: a recorded fault is not printed as well', () => {
    const printed = jest.spyOn(console, 'error').mockReturnValue(undefined);
    httpTest(({ flow, faultStream, serve, h1, expectFaults }) => {
      const faults = faultStream();
      const boom: Service = () => {
        throw new Error('boom');
      };
      serve(flow('-a|', { a: h1.get('/') }), boom, { faults });
      expectFaults(faults).toBe('-f', { f: { message: 'boom' } });
    });
    expect(printed).not.toHaveBeenCalled();
    printed.mockRestore();
  });
});
