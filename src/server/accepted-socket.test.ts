/** A socket before and without HTTP: what it leaves on the clock, and how a peer that disconnects early is reported. */
import { ignoreElements, Subject, Subscription, VirtualTimeScheduler } from 'rxjs';
import { h2 } from '../testing/index.js';
import { memoryPair, type MemoryFlow } from '../flow/index.js';
import { ProtocolError } from '../errors.js';
import { Faults } from './error-stream.js';
import { service } from './service.js';
import type { ServiceOptions } from './service.js';
import { text } from '../drive/response-builders.js';

describe('an accepted socket', () => {
  const timers = new VirtualTimeScheduler();
  let codes: string[];
  let sockets: Subject<MemoryFlow>;
  let running: Subscription;

  function begin(alpn: string | undefined, options: ServiceOptions = {}): void {
    codes = [];
    sockets = new Subject();
    const faults = new Faults<string>();
    faults.subscribe(({ code }) => codes.push(code));
    running = sockets
      .pipe(
        service({ alpn: () => alpn, peer: () => 'peer', injection: (flow) => flow }, () => text('ok'), {
          scheduler: timers,
          faults,
          ...options,
        }),
      )
      .subscribe();
  }

  function accept(): MemoryFlow {
    const [near, far] = memoryPair();
    sockets.next(near);
    return far;
  }

  afterEach(() => running.unsubscribe());

  it('leaves no timer after a protocol of the program’s own has ended in its drain time', () => {
    const stop = new Subject<void>();
    begin('echo/1', {
      stop,
      protocols: {
        'echo/1': (flow) => {
          flow.subscribe(flow);
          return flow.drained.pipe(ignoreElements());
        },
      },
    });
    const peer = accept();
    stop.next();
    expect(timers.actions.length).toBe(1);
    peer.complete();
    expect(timers.actions).toEqual([]);
  });

  it('leaves no timer after an HTTP/2 connection with a response that is complete before its request', () => {
    begin('h2');
    const peer = accept();
    const start = [h2.start(), h2.requestHead(1, 'POST', '/')];
    for (const bytes of start) peer.next(bytes);
    peer.subscribe({ error: () => undefined });
    expect(timers.actions.length).toBeGreaterThan(0);
    peer.error(new ProtocolError('connection-reset', 'gone', { scope: 'connection' }));
    expect(timers.actions).toEqual([]);
  });

  it.each(['h2', undefined])('whose peer resets before its first byte is not a fault (ALPN: %s)', (alpn) => {
    begin(alpn);
    const peer = accept();
    peer.error(new ProtocolError('connection-reset', 'gone', { scope: 'connection' }));
    expect(codes).toEqual([]);
  });
});
