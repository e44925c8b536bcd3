/**
 * One error stream for any number of services and chains.
 *
 * ```
 * service 1   -x----------        x = a request whose handler fails
 * service 2   ---m--------        m = bytes that are no HTTP
 * chain       -----x------
 * faults      -x-m-x------        all of them, on one stream, which outlives each service
 * ```
 */
import { delay, filter, finalize, map, mergeMap, of, Subject, tap, timer } from 'rxjs';
import { consume, Faults, h1 as h1Chain, h2 as h2Chain, type Service } from 'rxpaf';
import { httpTest, type Wire } from 'rxpaf/testing';

const failing: Service = ({ path }) => {
  throw new Error(path);
};

describe('one error stream', () => {
  it('is shared by two services and by chains of both protocols', () =>
    httpTest(({ flow, faultStream, serve, chain, h1, h2, expectFaults, expectServed }) => {
      const faults = faultStream();
      serve(flow('            -a-------|', { a: h1.get('/1') }), failing, { faults });
      serve(flow('            ---m-----|', { m: 'no HTTP\r\n\r\n' }), failing, { faults });
      const run = [h1Chain, h2Chain].map(
        (of) => (client: Parameters<ReturnType<typeof h1Chain>>[0]) =>
          of({ faults, peer: of.name })(client).pipe(
            mergeMap(({ exchanges }) => exchanges),
            mergeMap((exchange) => exchange.respond(failing)),
          ),
      );
      const first = chain(flow('  -----a---|', { a: h1.get('/3') }), run[0]!);
      const second = chain(flow(' -------(sa)--|', { s: h2.start(), a: h2.get(1, '/4') }), run[1]!);
      expectFaults(faults).toBe('-a-b-c-d', {
        a: { message: '/1', peer: 'flow 1' },
        b: { code: 'malformed-request', peer: 'flow 2' },
        c: { message: '/3', peer: 'h1', protocol: 'http/1.1' },
        d: { message: '/4', peer: 'h2', protocol: 'h2' },
      });
      expectServed(first).toBe(' -----a---|', { a: '500' });
      expectServed(second).toBe('-------d-----|', { d: '500' });
    }));

  it('responds to the faults of each, at once or having retained them', () =>
    httpTest(({ flow, serve, h1, expectWire }) => {
      const faults = new Faults<string>();
      faults
        .pipe(
          consume((fault) =>
            of(fault).pipe(
              delay(3),
              tap((fault) => fault.respond({}, 503).end(fault.message)),
            ),
          ),
        )
        .subscribe();
      const one = flow('      -a-------|', { a: h1.get('/1') });
      const two = flow('      --a------|', { a: h1.get('/2') });
      serve(one, failing, { faults });
      serve(two, failing, { faults });
      const late = (words: string): Wire => [h1.responseHead(503, { 'content-length': words.length }), words];
      expectWire(one).toBe('----x----|', { x: late('/1') });
      expectWire(two).toBe('-------x-|', { x: late('/2') });
    }));

  it('outlives the services: it does not complete with them', () =>
    httpTest(({ flow, serve, h1, probe, expectObservable, expectServed }) => {
      const faults = new Faults<string>();
      const seen = probe<string>();
      faults
        .pipe(
          map(({ message }) => message),
          seen,
        )
        .subscribe();
      const first = serve(flow('-a-|', { a: h1.get('/1') }), failing, { faults });
      serve(flow('-----a-|', { a: h1.get('/2') }), failing, { faults });
      expectServed(first).toBe('-s-|', { s: '500' });
      expectObservable(seen).toBe('-a---b', { a: '/1', b: '/2' });
    }));
});

describe('a subscriber of the error stream that throws', () => {
  // It is printed as well.
  beforeEach(() => jest.spyOn(console, 'error').mockReturnValue(undefined));
  afterEach(() => jest.restoreAllMocks());

  it('does not end the process, nor the other subscribers: it is a fault of its own', () =>
    httpTest(({ flow, serve, h1, probe, expectObservable, expectWire, expectUnhandled }) => {
      const faults = new Faults<string>();
      const seen = probe<string>();
      faults.subscribe(({ code }) => {
        if (code === 'exception') throw new Error('the log is full');
      });
      faults
        .pipe(
          map(({ code }) => code),
          seen,
        )
        .subscribe();
      const client = flow('-a-----b---|', { a: h1.get('/1'), b: h1.get('/2') });
      serve(client, failing, { faults });
      expectObservable(seen).toBe('-(af)--(af)', { a: 'exception', f: 'fault-handler-failed' });
      expectWire(client).toBe('-x-----y---|', {
        x: h1.response(500, '500 exception\n'),
        y: h1.response(500, '500 exception\n'),
      });
      expectUnhandled().toBe('');
    }));

  it('that fails at every fault is reported once for each: its failure at its own failure is only printed', () => {
    const printed = jest.spyOn(console, 'error');
    const seen: string[] = [];
    httpTest(({ flow, serve, h1, expectWire, expectUnhandled }) => {
      const faults = new Faults<string>();
      faults.subscribe(({ code }) => {
        seen.push(code);
        throw new Error('the log is full');
      });
      const client = flow('-a---|', { a: h1.get('/1') });
      serve(client, failing, { faults });
      expectWire(client).toBe('-x---|', { x: h1.response(500, '500 exception\n') });
      expectUnhandled().toBe('');
    });
    expect(seen).toEqual(['exception', 'fault-handler-failed']);
    expect(printed).toHaveBeenCalledTimes(2);
  });

  it('that fails later, outside of a delivery, is a fault of its own, too', () =>
    httpTest(({ flow, serve, h1, probe, expectObservable, expectUnhandled }) => {
      const faults = new Faults<string>();
      const seen = probe<string>();
      faults
        .pipe(
          filter(({ code }) => code === 'exception'),
          mergeMap(() => timer(2)),
          tap(() => {
            throw new Error('the log is full');
          }),
        )
        .subscribe();
      faults
        .pipe(
          map(({ code }) => code),
          seen,
        )
        .subscribe();
      serve(flow('-a-----|', { a: h1.get('/1') }), failing, { faults });
      expectObservable(seen).toBe('-a-f', { a: 'exception', f: 'fault-handler-failed' });
      expectUnhandled().toBe('');
    }));

  it('is unsubscribed from at the end of the pipe, and what it retained gets the default response', () =>
    httpTest(({ flow, serve, h1, expectWire, expectObservable }) => {
      const faults = new Faults<string>();
      const left = new Subject<string>();
      expectObservable(left).toBe('-l', { l: 'left' });
      faults
        .pipe(
          tap(() => {
            throw new Error('boom');
          }),
          finalize(() => left.next('left')),
        )
        .subscribe();
      const client = flow('-a------|', { a: h1.get('/1') });
      serve(client, failing, { faults });
      expectWire(client).toBe('-x------|', { x: h1.response(500, '500 exception\n') });
    }));
});
