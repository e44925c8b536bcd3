import type { ClientResponse } from './response.js';
import { type MemoryFlow, memoryPair } from '../flow/memory-pair.js';
import { run } from './run.js';

const OK = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');

/** A server's end of a pair: what it is sent, and how it ended. */
function peerOf(flow: MemoryFlow): { sent: () => string; ends: string[] } {
  let text = '';
  const ends: string[] = [];
  servers.push(flow);
  flow.subscribe({
    next: (chunk) => (text += Buffer.from(chunk).toString()),
    error: () => ends.push('reset'),
    complete: () => ends.push('end'),
  });
  return { sent: () => text, ends };
}

const servers: MemoryFlow[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.error();
});

describe('run', () => {
  it('sends nothing before it is subscribed to, then its request, and ends the connection after it', () => {
    const [flow, server] = memoryPair();
    const { sent, ends } = peerOf(server);
    const got = run(flow, { url: 'http://test/a' });
    expect(sent()).toBe('');
    const content: string[] = [];
    got.subscribe(({ body }) => body.text().subscribe((each) => content.push(each)));
    expect(sent()).toBe('GET /a HTTP/1.1\r\nhost: test\r\n\r\n');
    expect(ends).toEqual([]);
    server.next(OK);
    expect(content).toEqual(['ok']);
    expect(ends).toEqual(['end']);
  });

  it.each([[undefined], [['h2', 'http/1.1']], [['h2']]] as const)(
    'begins cleartext by the protocols %j',
    (protocols) => {
      const [flow, server] = memoryPair();
      const { sent } = peerOf(server);
      run(flow, { url: 'http://test/a' }, protocols === undefined ? {} : { protocols }).subscribe({
        error: () => undefined,
      });
      expect(sent().slice(0, 6)).toBe(protocols?.length === 1 ? 'PRI * ' : 'GET /a');
    },
  );

  it('is given up with its connection, before the response', () => {
    const [flow, server] = memoryPair();
    const { ends } = peerOf(server);
    run(flow, { url: 'http://test/' }).subscribe().unsubscribe();
    expect(ends).toEqual(['reset']);
  });

  it('does not cancel the body after the response', () => {
    const [flow, server] = memoryPair();
    const { ends } = peerOf(server);
    let response: ClientResponse | undefined;
    const running = run(flow, { url: 'http://test/' }).subscribe((each) => (response = each));
    server.next(OK.subarray(0, -1));
    running.unsubscribe();
    expect(ends).toEqual([]);
    const content = jest.fn();
    response!.body.text().subscribe(content);
    server.next(OK.subarray(-1));
    expect(content).toHaveBeenCalledWith('ok');
    expect(ends).toEqual(['end']);
  });

  it('takes more requests while one is under way', () => {
    const [flow, server] = memoryPair();
    const { sent, ends } = peerOf(server);
    const statuses: number[] = [];
    run(flow, { url: 'http://test/1' }).subscribe(({ connection, body }) => {
      connection.request({ url: 'http://test/2' }).subscribe(({ status, body: second }) => {
        statuses.push(status);
        second.subscribe();
      });
      body.subscribe();
    });
    server.next(OK);
    expect(ends).toEqual([]);
    expect(sent()).toContain('GET /2 ');
    server.next(OK);
    expect(statuses).toEqual([200]);
    expect(ends).toEqual(['end']);
  });

  it('hands the flow over after a switch of protocols, and does not touch it again', () => {
    const [flow, server] = memoryPair();
    const { sent, ends } = peerOf(server);
    let response: ClientResponse | undefined;
    const running = run(flow, { url: 'http://test/', headers: { upgrade: 'echo' } }).subscribe(
      (each) => (response = each),
    );
    server.next(Buffer.from('HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\nconnection: upgrade\r\n\r\nfirst'));
    running.unsubscribe();
    const heard: string[] = [];
    response!.flow!.subscribe((chunk) => heard.push(Buffer.from(chunk).toString()));
    response!.flow!.next(Buffer.from('hello'));
    expect(sent()).toContain('hello');
    expect(heard).toEqual(['first']);
    expect(ends).toEqual([]);
  });
});
