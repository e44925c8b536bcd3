/** The time that a server has for the head of its response, from the end of the request on. */
import { Subject } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import type { MemoryFlow } from '../flow/memory-pair.js';
import { memoryTransport } from '../flow/memory-transport.js';
import { Transports } from '../flow/transports.js';
import { client } from './client.js';

/** The outcome of a POST of `size` bytes, and its time, with a server that reads from 500 ms on, and responds at `answers` ms. */
function posted(size: number, answers: number): string {
  let told = 'nothing';
  const scheduler = new TestScheduler(() => undefined);
  scheduler.run(() => {
    const accepted = new Subject<MemoryFlow>();
    accepted.subscribe((flow) => {
      scheduler.schedule(() => flow.subscribe({ error: () => undefined }), 500);
      scheduler.schedule(() => flow.next(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')), answers);
    });
    const transports = Transports.EMPTY.register(memoryTransport(accepted));
    client({ transports, retry: false, limits: { headTimeout: 100, writeTimeout: 2000 } })
      .post('http://a/', Buffer.alloc(size))
      .subscribe({
        next: ({ status }) => (told = `${status} at ${scheduler.now()}`),
        error: ({ code }: { code: string }) => (told = `${code} at ${scheduler.now()}`),
      });
  });
  return told;
}

describe('the head time', () => {
  it('begins when the server has taken the request', () => {
    // Content in one piece has left the engine at once, and is on its way for as long as the server takes.
    expect(posted(1_000_000, 550)).toBe('200 at 550');
  });

  it('ends once the server has taken it, and says nothing', () => {
    expect(posted(1_000_000, 1_000)).toBe('headers-timeout at 600');
  });

  it('ends in time where little is on its way', () => {
    expect(posted(10, 550)).toBe('headers-timeout at 100');
  });
});
