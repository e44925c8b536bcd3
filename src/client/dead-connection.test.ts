/** A connection that says nothing any more, and a name of the program's own. */
import { Subject } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { Context } from '../flow/context.js';
import type { MemoryFlow } from '../flow/memory-pair.js';
import { memoryTransport } from '../flow/memory-transport.js';
import { Transports } from '../flow/transports.js';
import { client, type Client } from './client.js';

/** A client in virtual time, and what the servers at the other ends of its connections are sent. */
function silent(test: (http: Client, sent: string[]) => void): void {
  new TestScheduler(() => undefined).run(() => {
    const accepted = new Subject<MemoryFlow>();
    const sent: string[] = [];
    accepted.subscribe((flow) => {
      const index = sent.push('') - 1;
      flow.subscribe({
        next: (chunk) => (sent[index] = `${sent[index]}${Buffer.from(chunk).toString('latin1')}`),
        complete: () => flow.complete(),
        error: () => undefined,
      });
    });
    const transports = Transports.EMPTY.register(memoryTransport(accepted));
    const options = {
      protocols: ['h2'],
      transports,
      context: Context.EMPTY,
      retry: false,
      limits: { headTimeout: 100, settingsTimeout: 100_000 },
    } as const;
    test(client(options), sent);
  });
}

describe('a connection on which nothing comes for the time of a response', () => {
  it('is not tried with the next request', () => {
    const codes: unknown[] = [];
    const connections: number[] = [];
    silent((http, sent) => {
      const ask = (then: () => void): void => {
        http.get('http://a/').subscribe({
          error: (error: { code: string }) => {
            codes.push(error.code);
            then();
          },
        });
        connections.push(sent.length);
      };
      ask(() => ask(() => undefined));
    });
    expect(codes).toEqual(['headers-timeout', 'headers-timeout']);
    expect(connections).toEqual([1, 2]);
  });
});

describe('a Host of the program’s own', () => {
  it('is the target of the request, over the connection of the URL (RFC 9110 section 7.2)', () => {
    let head = '';
    new TestScheduler(() => undefined).run(() => {
      const accepted = new Subject<MemoryFlow>();
      accepted.subscribe((flow) => void flow.subscribe((chunk) => (head += Buffer.from(chunk).toString('latin1'))));
      const http = client({ transports: Transports.EMPTY.register(memoryTransport(accepted)), decompress: false });
      const subscription = http.get('http://127.0.0.1:8080/x', { headers: { Host: 'example.com' } }).subscribe();
      subscription.unsubscribe();
    });
    expect(head).toBe('GET /x HTTP/1.1\r\nhost: example.com\r\n\r\n');
  });
});
