/**
 * A handler of faults that fails: its failure is a fault itself, on the shared error stream, and never an unhandled error. The fault that
 * it failed at gets the default response, and the next one subscribes the handler again.
 *
 * ```
 * client   -a---b--|
 * handler  ^#            throws at the fault of a
 *               ^#       and again at that of b
 * faults   -(ef)(ef)     e = fault-handler-failed, f = the fault
 * wire     -x---x--|     x = 500
 * ```
 */
import { map, mergeMap, tap, throwError, timer } from 'rxjs';
import { type FaultHandler, retain } from 'rxpaf';
import { httpTest } from 'rxpaf/testing';

const boom = new Error('boom');
const throwing = (): never => {
  throw boom;
};

describe('a handler of faults that fails', () => {
  it('may fail: that is a fault itself, and the next fault reaches it again', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults, expectUnhandled }) => {
      const client = flow('-a----b-|', { a: h1.get('/'), b: h1.get('/') });
      const service = serve(client, {
        request: throwing,
        error: (faults) =>
          faults.pipe(
            tap(() => {
              throw new Error('no log');
            }),
          ),
      });
      expectFaults(service).toBe('-(ef)-(ef)', {
        f: { code: 'exception', message: 'boom' },
        e: {
          kind: 'exception',
          code: 'fault-handler-failed',
          message: 'the handler of faults failed: no log',
          initiator: 'local',
          answerable: false,
        },
      });
      expectWire(client).toBe('   -x----x-|', { x: h1.response(500, '500 exception\n') });
      expectUnhandled().toBe('');
    }));

  it('may fail at once: with each fault, and not without end', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults, expectUnhandled }) => {
      const client = flow('-a----b-|', { a: h1.get('/'), b: h1.get('/') });
      const service = serve(client, { request: throwing, error: () => throwError(() => new Error('no log')) });
      expectWire(client).toBe('   -x----x-|', { x: h1.response(500, '500 exception\n') });
      // When it is first subscribed to, and then for each.
      const e = {
        code: 'fault-handler-failed',
        message: 'the handler of faults failed: no log',
        scope: 'connection',
      } as const;
      expectFaults(service).toBe('e(ef)-(ef)', { e, f: { message: 'boom' } });
      expectUnhandled().toBe('');
    }));

  it('may fail while it retains one: that gets the default response', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults, expectUnhandled }) => {
      const client = flow('-a----|', { a: h1.get('/') });
      const service = serve(client, {
        request: throwing,
        error: (faults) => faults.pipe(mergeMap(() => (retain(), timer(3).pipe(map(throwing))))),
      });
      expectWire(client).toBe('   ----x-|', { x: h1.response(500, '500 exception\n') });
      expectFaults(service).toBe('-f--e', { f: { message: 'boom' }, e: { code: 'fault-handler-failed' } });
      expectUnhandled().toBe('');
    }));

  it('may return nothing: that is a failure, too', () =>
    httpTest(({ flow, serve, h1, expectWire, expectFaults, expectUnhandled }) => {
      const client = flow('-a---|', { a: h1.get('/') });
      const service = serve(client, { request: throwing, error: (() => undefined) as unknown as FaultHandler<string> });
      const e = {
        code: 'fault-handler-failed',
        message:
          'the handler of faults failed: it returned nothing: return an Observable, such as faults.pipe(tap(...))',
      };
      expectFaults(service).toBe('e(ef)', { e, f: { message: 'boom' } });
      expectWire(client).toBe('   -x---|', { x: h1.response(500, '500 exception\n') });
      expectUnhandled().toBe('');
    }));
});
