import { config, firstValueFrom } from 'rxjs';
import { type MemoryFlow, memoryPair } from '../flow/memory-pair.js';
import type { ClientConnection } from './response.js';
import { connect, type ConnectOptions } from './connect.js';

const answer = (content: string): Buffer =>
  Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${content.length}\r\n\r\n${content}`);

function connected(options: ConnectOptions = {}): [ClientConnection, MemoryFlow, () => string] {
  const [flow, server] = memoryPair();
  let sent = '';
  server.subscribe({ next: (chunk) => (sent += Buffer.from(chunk).toString()), error: () => undefined });
  let connection: ClientConnection | undefined;
  connect(flow, options).subscribe((each) => (connection = each));
  opened.push(connection!);
  return [connection!, server, () => sent];
}

const opened: ClientConnection[] = [];
afterEach(() => {
  for (const connection of opened.splice(0)) connection.close();
});

describe('a connection', () => {
  it('counts what is under way, and what there is room for', () => {
    const [connection, server] = connected({ pipelining: 2 });
    const ask = (): void => void connection.request({ url: 'http://test/' }).subscribe(({ body }) => body.subscribe());
    expect([connection.exchangesOpen, connection.capacity]).toEqual([0, 2]);
    ask();
    expect([connection.exchangesOpen, connection.capacity]).toEqual([1, 1]);
    ask();
    ask();
    expect([connection.exchangesOpen, connection.capacity]).toEqual([2, 0]);
    server.next(Buffer.concat([answer('a'), answer('b')]));
    expect([connection.exchangesOpen, connection.capacity]).toEqual([1, 1]);
    server.next(answer('c'));
    expect([connection.exchangesOpen, connection.capacity]).toEqual([0, 2]);
  });

  it('begins what is asked for within a response in its turn, a thousand times, without growing the stack', () => {
    const [connection, server, sent] = connected();
    let count = 0;
    const ask = (): void =>
      void connection.request({ url: `http://test/${count}` }).subscribe(({ body }) =>
        body.subscribe({
          complete: () => {
            if (++count < 1000) ask();
          },
        }),
      );
    ask();
    for (let each = 0; each < 1000; each++) server.next(answer('x'));
    expect(count).toBe(1000);
    expect(sent().split('GET ').length - 1).toBe(1000);
  });

  it('whose subscriber throws goes on: the error is RxJS’s to report, and the next request has its response', async () => {
    const [connection, server] = connected();
    const { onUnhandledError } = config;
    const reported = jest.fn();
    config.onUnhandledError = reported;
    try {
      connection.request({ url: 'http://test/' }).subscribe(() => {
        throw new Error('mine');
      });
      server.next(answer(''));
      const second = firstValueFrom(connection.request({ url: 'http://test/' }));
      server.next(answer(''));
      await expect(second).resolves.toMatchObject({ status: 200 });
      await new Promise((resolve) => setTimeout(resolve, 1));
      expect(reported).toHaveBeenCalledWith(expect.objectContaining({ message: 'mine' }));
    } finally {
      config.onUnhandledError = onUnhandledError;
    }
  });
});
