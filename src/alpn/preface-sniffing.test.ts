import { take } from 'rxjs';
import { Reader, utf8 } from '../../test/kits/units/bodies.js';
import type { Flow } from '../flow/flow.js';
import { memoryPair } from '../flow/memory-pair.js';
import { sniff } from './preface-sniffing.js';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** The result of a look at `server`. */
function look(server: Flow): unknown[] {
  const told: unknown[] = [];
  sniff(server).subscribe({
    next: (protocol) => told.push(protocol),
    error: (error: unknown) => told.push(error),
    complete: () => told.push('|'),
  });
  return told;
}

/** All that the next reader of `flow` gets. */
function read(flow: Flow): string {
  const reader = new Reader();
  flow.subscribe(reader);
  return reader.text;
}

describe('a look at the first bytes (RFC 9113 section 3.3)', () => {
  it.each([
    [PREFACE, 'h2'],
    [`${PREFACE}and what is behind it`, 'h2'],
    ['GET / HTTP/1.1\r\n\r\n', 'http/1.1'],
    ['PRI * HTTP/1.1\r\n\r\nSM\r\n\r\n', 'http/1.1'],
    [`${PREFACE.slice(0, -1)}\r`, 'http/1.1'],
    [`X${PREFACE}`, 'http/1.1'],
    ['\r\n', 'http/1.1'],
  ])('reports of %j that it is %s, however it is cut, and gives all of it back', (text, protocol) => {
    for (let size = 1; size <= text.length; size++) {
      const [server, client] = memoryPair();
      const told = look(server);
      for (let at = 0; at < text.length; at += size) client.next(utf8(text.slice(at, at + size)));
      expect(told).toEqual([protocol, '|']);
      expect(read(server)).toBe(text);
    }
  });

  it('does not decide while it may be either, and takes no more than it needs', () => {
    const [server, client] = memoryPair();
    const told = look(server);
    client.next(utf8(PREFACE.slice(0, -1)));
    expect([told, server.observed]).toEqual([[], true]);
    client.next(utf8('\n'));
    expect([told, server.observed]).toEqual([['h2', '|'], false]);
  });

  it.each(['', 'PRI', PREFACE.slice(0, -1)])(
    'takes a flow that ends after %j for HTTP/1.1, whose chain handles the end',
    (text) => {
      const [server, client] = memoryPair();
      const told = look(server);
      client.next(utf8(text));
      client.complete();
      expect([told, read(server)]).toEqual([['http/1.1', '|'], text]);
    },
  );

  it('passes on an error of the flow', () => {
    const [server, client] = memoryPair();
    const told = look(server);
    client.next(utf8('PR'));
    client.error();
    expect(told).toEqual([expect.objectContaining({ code: 'connection-reset' })]);
  });

  it('gives back what it has seen where it is left undecided, once', () => {
    const [server, client] = memoryPair();
    const looking = sniff(server).subscribe();
    client.next(utf8('PR'));
    client.next(utf8('I'));
    looking.unsubscribe();
    looking.unsubscribe();
    expect(server.observed).toBe(false);
    client.next(utf8(' *'));
    expect(read(server)).toBe('PRI *');
  });

  it('has given all back when it emits: its subscriber may read at once', () => {
    const [server, client] = memoryPair();
    const reader = new Reader();
    sniff(server)
      .pipe(take(1))
      .subscribe(() => server.subscribe(reader));
    client.next(utf8('GET'));
    client.next(utf8(' /'));
    expect(reader.text).toBe('GET /');
  });
});
