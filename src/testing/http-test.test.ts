import { timer } from 'rxjs';
import { retain, text } from '../index.js';
import { DiagramMismatch, httpTest } from './index.js';

/** What a failing test says. */
function messageOf(test: Parameters<typeof httpTest>[0]): string {
  try {
    httpTest(test);
  } catch (error) {
    if (error instanceof DiagramMismatch) return error.message;
    throw error;
  }
  throw new Error('the test did not fail');
}

describe('httpTest', () => {
  it('passes where everything is as drawn', () =>
    httpTest((words) => {
      const { h1 } = words;
      const client = words.flow('-a--|', { a: h1.get('/') });
      const service = words.serve(client, () => text('ok'));
      words.expectWire(client).toBe('   -x--|', { x: h1.response(200, 'ok') });
      words.expectRequests(service).toBe('-a', { a: 'GET /' });
      words.expectServed(service).toBe('  -a--|', { a: { status: 200, sent: 2 } });
      words.expectFaults(service).toBe('');
      words.expectSubscriptions(client).toBe(['^!', '-^--!']);
    }));

  it('dates what is written by virtual time', () =>
    httpTest(({ flow, serve, h1, expectWire }) => {
      const client = flow('a 2s b|', { a: h1.get('/'), b: h1.get('/') });
      serve(client, () => text('ok'));
      expectWire(client).toBe('x 2s y|', {
        x: { at: () => Buffer.from(EPOCH) },
        y: EPOCH.replace('00:00:00', '00:00:02'),
      });
    }));

  it('joins what is written in one frame, and keeps frames apart', () =>
    httpTest(({ flow, expectWire }) => {
      const peer = flow('');
      peer.next(Buffer.from('a'));
      peer.next(Buffer.from('b'));
      timer(2).subscribe(() => {
        peer.next(Buffer.from('c'));
        peer.complete();
      });
      expectWire(peer).toBe('x-(y|)', { x: 'ab', y: 'c' });
    }));

  it('keeps writes apart, if that is asked for', () =>
    httpTest(({ flow, expectWire }) => {
      const peer = flow('');
      peer.next(Buffer.from('a'));
      peer.write(['b', Buffer.from('c')]);
      peer.complete();
      expectWire(peer).toBe('(x|)', { x: 'abc' });
      expectWire(peer, { coalesce: false }).toBe('(xy|)', { x: 'a', y: 'bc' });
    }));

  it('lasts for the configured time', () => {
    const ticks: number[] = [];
    httpTest(
      ({ flow, expectWire }) => {
        timer(0, 1000).subscribe((tick) => ticks.push(tick));
        expectWire(flow('')).toBe('');
      },
      { duration: '2s' },
    );
    expect(ticks).toEqual([0, 1, 2]);
  });

  it('is not ready while a slow peer has something to take', () =>
    httpTest(({ flow, slowPeer, expectObservable }) => {
      const peer = flow('', {}, slowPeer('--a--b', { a: 2 }));
      expect(peer.next(Buffer.from('abc'))).toBe(false);
      expectObservable(peer.drained).toBe('-----d', { d: undefined });
    }));

  it('delivers in fragments, all at once', () =>
    httpTest(({ flow, fragment, expectBody }) => {
      expectBody(flow('-a-----|', { a: 'hello' }, fragment(2))).toBe('-(xyz)-|', { x: 'he', y: 'll', z: 'o' });
    }));

  it('shows credit going back through a probe, downstream of which a stage retains', () =>
    httpTest(({ flow, probe, expectCredit, expectBody }) => {
      const peer = flow('-a-bc|', { a: 'hello' });
      const read = probe();
      peer.pipe(read).subscribe(() => {
        const release = retain();
        timer(3).subscribe(() => release?.());
      });
      expectBody(read).toBe('  -a-bc|', { a: 'hello' });
      expectCredit(read).toBe('----a-bc', { a: 5, b: 1, c: 1 });
      expectCredit(peer).toBe('----a-bc', { a: 5, b: 1, c: 1 });
    }));
});

describe('a failure', () => {
  it('draws both rows on one time axis, and marks the first difference in them and in the values', () => {
    const message = messageOf(({ flow, serve, h1, expectWire }) => {
      const client = flow('-a-b-|', { a: h1.get('/'), b: h1.get('/') });
      serve(client, () => text('ok'));
      expectWire(client).toBe('-x-y-|', { x: h1.response(200, 'ok'), y: h1.response(200, 'no') });
    });
    expect(message).toBe(`\
wire of flow 1: y was expected at 3 ms, but x came

  expected  -x-y-|
  actual    -x-x-|
               ^ 3 ms

  - expected y, + actual x: the first difference is byte 117 of 118: "n" 0x6e expected, "o" 0x6f came

      HTTP/1.1 200 OK
      ... 1 more line
      content-length: 2
      date: Thu, 01 Jan 1970 00:00:00 GMT

    - no
    + ok
      ^`);
  });

  it('shows what came too late, too early, or not at all', () => {
    const wire = (sent: string, diagram: string): string =>
      messageOf(({ flow, cold, expectWire }) => {
        const peer = flow('');
        cold(sent).subscribe((letter) => peer.next(Buffer.from(letter)));
        expectWire(peer).toBe(diagram);
      });
    expect(wire('--a', '-a')).toContain(
      'a was expected at 1 ms, but it came at 2 ms\n\n  expected  -a-\n  actual    --a\n             ^ 1 ms',
    );
    expect(wire('a-b', 'a')).toContain('nothing more was expected, but A came at 2 ms');
    expect(wire('a', 'a-b')).toContain('b was expected at 2 ms, but nothing more came');
  });

  it('shows an exchange by the properties that were expected', () => {
    const message = messageOf(({ flow, serve, h1, expectServed }) => {
      const client = flow('a|', { a: h1.get('/') });
      expectServed(serve(client, () => text('ok'))).toBe('a|', { a: { status: 201, sent: 2 } });
    });
    expect(message).toContain('    - status: 201\n    + status: 200\n');
  });

  it('draws subscriptions', () => {
    const message = messageOf(({ cold, expectSubscriptions }) => {
      const source = cold('--a|');
      source.subscribe();
      expectSubscriptions(source).toBe('^----!');
    });
    expect(message).toContain('  expected  ^----!\n  actual    ^--!--\n');
  });

  it('names all rows that differ, and stands where the first was drawn', () => {
    try {
      httpTest(({ cold, expectObservable }) => {
        expectObservable(cold('a')).toBe('-a');
        expectObservable(cold('b')).toBe('-b');
      });
    } catch (error) {
      expect(String(error)).toMatch(/a was expected at 1 ms[^]*b was expected at 1 ms/);
      expect((error as Error).stack).toMatch(/\n {4}at .*http-test\.test\.ts/);
      return;
    }
    throw new Error('the test did not fail');
  });

  it('is a test that expects nothing, or an expectation without a diagram', () => {
    expect(() => httpTest(() => undefined)).toThrow('the test expects nothing');
    expect(messageOf(({ flow, expectWire }) => void expectWire(flow('')))).toContain('without toBe()');
  });

  it('is an error that nobody handled, unless it was expected', () => {
    const failing = (words: Parameters<Parameters<typeof httpTest>[0]>[0]): void => {
      timer(2).subscribe(() => {
        throw new Error('unseen');
      });
      words.expectObservable(words.cold('a')).toBe('a');
    };
    expect(() => httpTest(failing)).toThrow('unseen');
    httpTest((words) => {
      failing(words);
      words.expectUnhandled().toBe('--e', { e: new Error('unseen') });
    });
  });
});

const EPOCH =
  'HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: 2\r\ndate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\nok';
