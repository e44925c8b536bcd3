import { firstValueFrom, VirtualTimeScheduler } from 'rxjs';
import { memoryPair } from '../flow/memory-pair.js';
import type { ClientConnection } from './response.js';
import { connect } from './connect.js';
import { run } from './run.js';

describe('connect', () => {
  it.each([
    [{ pipelining: 0 }, 'pipelining'],
    [{ pipelining: 1.5 }, 'pipelining'],
    [{ queue: -1 }, 'queue'],
    [{ queue: Number.NaN }, 'queue'],
    [{ limits: { headTimeout: 0 } }, 'headTimeout'],
  ])('refuses %j at once', (options, named) => {
    const [flow] = memoryPair();
    expect(() => connect(flow, options)).toThrow(RangeError);
    expect(() => run(flow, { url: 'http://test/' }, options)).toThrow(named);
  });

  it('reads nothing before it is subscribed to', () => {
    const [flow, peer] = memoryPair();
    connect(flow, { alpn: 'h2' });
    const received: Uint8Array[] = [];
    peer.subscribe((chunk) => received.push(chunk));
    expect(received).toEqual([]);
  });

  it('is the life of the connection: unsubscribing ends it', () => {
    const [flow, peer] = memoryPair();
    const ended = jest.fn();
    peer.subscribe({ error: ended });
    let connection: ClientConnection | undefined;
    const life = connect(flow).subscribe((each) => (connection = each));
    expect(connection).toMatchObject({ protocol: 'http/1.1', exchangesOpen: 0, capacity: 1 });
    const closed = jest.fn();
    connection!.closed.subscribe({ complete: closed });
    life.unsubscribe();
    expect(ended).toHaveBeenCalledTimes(1);
    expect(closed).toHaveBeenCalledTimes(1);
    expect(connection!.capacity).toBe(0);
  });

  it('refuses a request on a connection that has ended, which is safe to send elsewhere', async () => {
    const [flow] = memoryPair();
    const connection = await firstValueFrom(connect(flow));
    connection.close();
    await expect(firstValueFrom(connection.request({ url: 'http://test/' }))).rejects.toMatchObject({
      ...{ code: 'closed', retryable: true },
    });
    const late = jest.fn();
    connection.closed.subscribe({ complete: late });
    expect(late).toHaveBeenCalledTimes(1);
  });

  it('shows what the connection is and does, and how it ended', () => {
    const [flow, peer] = memoryPair();
    let connection: ClientConnection | undefined;
    connect(flow, { scheme: 'https', scheduler: new VirtualTimeScheduler() }).subscribe({
      next: (each) => (connection = each),
      error: () => undefined,
    });
    expect(connection).toMatchObject({ scheme: 'https', opened: 0, received: 0, sent: 0, exchangesBegun: 0 });
    let sent = 0;
    peer.subscribe((chunk) => (sent += chunk.length));
    const ends: unknown[] = [];
    connection!.closed.subscribe((end) => ends.push(end));
    connection!.request({ url: 'http://test/' }).subscribe(({ body }) => body.subscribe());
    const response = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi');
    peer.next(response);
    expect(connection).toMatchObject({ received: response.length, sent, exchangesBegun: 1, exchangesOpen: 0 });
    connection!.request({ url: 'http://test/' }).subscribe({ error: () => undefined });
    expect([connection!.exchangesBegun, connection!.exchangesOpen, ends]).toEqual([2, 1, []]);
    peer.error();
    const told = { error: { code: 'connection-reset' }, goaway: undefined };
    connection!.closed.subscribe((end) => ends.push(end));
    expect(ends).toMatchObject([told, told]);
  });
});
