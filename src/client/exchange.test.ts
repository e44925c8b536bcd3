import { Subject } from 'rxjs';
import { type MemoryFlow, memoryPair } from '../flow/memory-pair.js';
import type { ClientConnection, ClientResponse } from './response.js';
import { connect, type ConnectOptions } from './connect.js';
import type { ClientRequest } from './request.js';

/** One request on one connection, and what becomes of it, within `subscribe`. */
class Asked {
  readonly told: string[] = [];
  readonly server: MemoryFlow;
  readonly connection: ClientConnection;
  sent = '';

  constructor(request: Partial<ClientRequest> = {}, options: ConnectOptions = {}) {
    const [near, far] = memoryPair();
    this.server = far;
    far.subscribe({
      next: (chunk) => (this.sent += Buffer.from(chunk).toString()),
      error: () => this.told.push('cut'),
    });
    let connection: ClientConnection | undefined;
    connect(near, options).subscribe({ next: (each) => (connection = each), error: () => undefined });
    this.connection = connection!;
    opened.push(this.connection);
    this.connection.request({ url: 'http://test/', ...request }).subscribe({
      next: (response) => this.take(response),
      error: (error: { code: string }) => this.told.push(error.code),
    });
  }

  say(text: string): this {
    this.server.next(Buffer.from(text));
    return this;
  }

  private take({ status, body }: ClientResponse): void {
    this.told.push(String(status));
    if (status < 200) return;
    body.subscribe({
      next: (chunk) => this.told.push(Buffer.from(chunk).toString()),
      error: (error: { code: string }) => this.told.push(error.code),
      complete: () => this.told.push('end'),
    });
  }
}

const opened: ClientConnection[] = [];
afterEach(() => {
  for (const connection of opened.splice(0)) connection.close();
});

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n';
const EXPECTING = { method: 'POST', headers: { expect: '100-continue' }, body: 'content' } as const;

describe('an exchange', () => {
  it('reports its error once: before the head to the subscriber, after it to the reader', () => {
    expect(new Asked().say('garbage\r\n\r\n').told).toEqual(['malformed-response', 'cut']);
    const behind = new Asked().say(`${HEAD}ab`);
    behind.server.complete();
    expect(behind.told.slice(0, 3)).toEqual(['200', 'ab', 'truncated']);
    expect(behind.told).not.toContain('end');
  });

  it('is over with the response and the request, and lets go of the connection', () => {
    const content = new Subject<Uint8Array>();
    const asked = new Asked({ method: 'POST', body: content });
    asked.say(`${HEAD}abcd`);
    expect([asked.told, asked.connection.exchangesOpen]).toEqual([['200', 'abcd', 'end'], 1]);
    content.complete();
    expect(asked.connection.exchangesOpen).toBe(0);
  });

  it('withholds its content until 100 (Continue), and gives interim responses only to who wants them', () => {
    const asked = new Asked(EXPECTING);
    expect(asked.sent.endsWith('\r\n\r\n')).toBe(true);
    asked.say('HTTP/1.1 100 Continue\r\n\r\n');
    expect(asked.sent.endsWith('\r\n\r\ncontent')).toBe(true);
    asked.say(`${HEAD}abcd`);
    expect(asked.told).toEqual(['200', 'abcd', 'end']);
    const curious = new Asked({ interim: true }).say(`HTTP/1.1 103 Early Hints\r\n\r\n${HEAD}abcd`);
    expect(curious.told).toEqual(['103', '200', 'abcd', 'end']);
  });

  it('never sends content that a final response makes unwanted; the connection ends with it', () => {
    const asked = new Asked(EXPECTING).say('HTTP/1.1 417 Expectation Failed\r\ncontent-length: 0\r\n\r\n');
    expect(asked.told.slice(0, 2)).toEqual(['417', 'end']);
    expect([asked.sent.endsWith('\r\n\r\n'), asked.connection.capacity]).toEqual([true, 0]);
  });

  it('that fails with its content is an exception, and cancels what it waited for', () => {
    const content = new Subject<Uint8Array>();
    const asked = new Asked({ method: 'PUT', body: content });
    content.error(new Error('disk'));
    expect(asked.told).toContain('exception');
    expect([asked.connection.exchangesOpen, asked.connection.capacity]).toEqual([0, 0]);
  });

  it('that its connection takes along is `closed`', () => {
    const asked = new Asked();
    asked.connection.close();
    expect(asked.told).toContain('closed');
    expect(asked.connection.exchangesOpen).toBe(0);
  });
});
