/** What becomes of the content of a response that nobody gets. */
import { Subject } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import type { MemoryFlow } from '../flow/memory-pair.js';
import { memoryTransport } from '../flow/memory-transport.js';
import { Transports } from '../flow/transports.js';
import { client } from './client.js';

/** The ms at which the connection ends whose redirect has `size` bytes of content, one each 100 ms. */
function redirected(size: number): number | 'open' {
  let ended: number | 'open' = 'open';
  const scheduler = new TestScheduler(() => undefined);
  scheduler.run(() => {
    const accepted = new Subject<MemoryFlow>();
    const say = (flow: MemoryFlow, text: string): unknown => flow.next(Buffer.from(text));
    const end = (head: string): void => {
      if (head.startsWith('GET /first')) ended = scheduler.now();
    };
    accepted.subscribe((flow) => {
      let head = '';
      flow.subscribe({
        next: (chunk) => {
          head = Buffer.from(chunk).toString('latin1');
          if (!head.startsWith('GET /first')) return void say(flow, 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
          say(flow, `HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: ${size}\r\n\r\n`);
          for (let byte = 1; byte <= size; byte++) scheduler.schedule(() => say(flow, 'x'), byte * 100);
        },
        error: () => end(head),
        complete: () => end(head),
      });
    });
    const http = client({ transports: Transports.EMPTY.register(memoryTransport(accepted)), scheduler });
    http.get('http://a/first').subscribe();
  });
  return ended;
}

describe('the content of a redirect', () => {
  it('that ends soon keeps its connection, up to the idle time', () => {
    expect(redirected(40)).toBe(34_000);
  });

  it('that comes by the byte is given up after the linger time, and its connection with it', () => {
    expect(redirected(60)).toBe(5_000);
    expect(redirected(600)).toBe(5_000);
  });
});
