import { map, NEVER } from 'rxjs';
import { text } from '../index.js';
import { type FlowTrait, httpTest, resetAt, stallAt } from './index.js';
import { mismatchOf } from '../../test/kits/units/http-tests.js';

/** What a reader gets of `flow`, drawn. */
const reading =
  (diagram: string, values: Record<string, string>, trait: (words: Words) => Parameters<Words['flow']>[2]) =>
  (expected: string, drawn: Record<string, string> = {}): void =>
    httpTest((words) => {
      words.expectBody(words.flow(diagram, values, trait(words))).toBe(expected, drawn);
    });
type Words = Parameters<Parameters<typeof httpTest>[0]>[0];

describe('what goes wrong with what the peer sends', () => {
  const values = { a: 'hello', b: 'world' };

  it('delayed: all of it, and its end', () => {
    reading('-a-b|', values, ({ delayed }) => delayed('--'))('---a-b|', values);
    reading('-a-b|', values, ({ delayed }) => delayed(60_000))('60s -a-b|', values);
    reading('-a-b#', values, ({ delayed }) => delayed('1.5s'))('1.5s -a-b#', values);
    httpTest(({ delayed, flow, expectWire }) => {
      expect(() => delayed(-1)).toThrow('delayed: expected 0 ms or more, got -1');
      expectWire(flow('')).toBe('');
    });
  });

  it('dropAt: bytes from an offset on, but not the end', () => {
    reading('-a-b|', values, ({ dropAt }) => dropAt(7))('-a-x|', { ...values, x: 'wo' });
    reading('-a-b|', values, ({ dropAt }) => dropAt(5))('-a--|', values);
    reading('-a-b|', values, ({ dropAt }) => dropAt(3, 4))('-x-y|', { x: 'hel', y: 'rld' });
    reading('-a-b|', values, ({ dropAt }) => dropAt(0, 1))('-x-b|', { ...values, x: 'ello' });
  });

  it('halfCloseAt: a FIN with the last byte, and nothing after it', () => {
    reading('-a-b--|', values, ({ halfCloseAt }) => halfCloseAt(7))('-a-(x|)', { ...values, x: 'wo' });
    reading('-a-b--|', values, ({ halfCloseAt }) => halfCloseAt(5))('-(a|)', values);
    reading('-a-b--|', values, ({ halfCloseAt }) => halfCloseAt(0))('-|');
  });

  it('resetAt: a reset with the last byte, and nothing after it', () => {
    reading('-a-b--|', values, ({ resetAt }) => resetAt(7))('-a-(x#)', { ...values, x: 'wo' });
    reading('-a-b--|', values, ({ resetAt }) => resetAt(10))('-a-(b#)', values);
  });

  it('stallAt: silence', () => {
    reading('-a-b--|', values, ({ stallAt }) => stallAt(7))('-a-x', { ...values, x: 'wo' });
    reading('-a-b--|', values, ({ stallAt }) => stallAt(0))('');
  });

  it('is refused where the peer sends less: the test would not test it', () =>
    httpTest(({ flow, expectWire, ...faults }) => {
      for (const fault of [faults.dropAt, faults.halfCloseAt, faults.resetAt, faults.stallAt]) {
        expect(() => flow('a|', { a: 'hello' }, fault(6))).toThrow(`${fault.name}: the peer sends 5 bytes, and not 6`);
        expect(() => flow('a|', { a: 'hello' }, fault(-1))).toThrow(`${fault.name}: expected an offset, got -1`);
      }
      expectWire(flow('')).toBe('');
    }));

  it('is applied in order, each to the result of the one before it', () =>
    httpTest(({ flow, expectBody, delayed, dropAt, resetAt, fragment }) => {
      const peer = flow('-a---b--|', values, dropAt(2, 2), delayed('--'), resetAt(5), fragment(2));
      expectBody(peer).toBe('---(ab)(c#)', { a: 'he', b: 'o', c: 'wo' });
    }));
});

describe('what goes wrong with what is written to the peer', () => {
  it('resetAt: when it has taken so much', () =>
    httpTest(({ flow, serve, h1, resetAt, expectWire, expectFaults, expectServed }) => {
      const client = flow('-a-----', { a: h1.get('/') }, resetAt(40, 'out'));
      const service = serve(client, () => text('hello'));
      expectWire(client).toBe('-x', { x: h1.response(200, 'hello') });
      expectServed(service).toBe('-(s|)', { s: '200' });
      expectFaults(service).toBe('');
    }));

  it('resetAt: in the midst of a response that goes on', () =>
    httpTest(({ flow, serve, h1, cold, resetAt, expectWire, expectFaults, expectServed }) => {
      const head = h1.responseHead(200, { 'content-length': 6 });
      const client = flow('-a-----', { a: h1.get('/') }, resetAt(77, 'out'));
      const service = serve(client, () => ({ status: 200, headers: { 'content-length': 6 }, body: cold('-b-c-d|') }));
      expectWire(client).toBe('--x-c', { x: [head, 'b'] });
      expectFaults(service).toBe('');
      expectServed(service).toBe('----(s|)', { s: { outcome: 'aborted', error: 'connection-reset' } });
    }));

  it('stallAt: it takes no more', () =>
    httpTest(({ flow, stallAt, slowPeer, expectObservable, expectWire }) => {
      const stalled = flow('', {}, stallAt(4, 'out'));
      expect([stalled.next(Buffer.from('abcd')), stalled.ready]).toEqual([true, true]);
      expect([stalled.next(Buffer.from('e')), stalled.progress]).toEqual([false, 4]);
      expectObservable(stalled.drained).toBe('');
      expectWire(stalled).toBe('a', { a: 'abcde' });
      // It has not taken what it was slow to take.
      const slow = flow('', {}, slowPeer('-t-t', { t: 2 }), stallAt(3, 'out'));
      expect(slow.next(Buffer.from('abcd'))).toBe(false);
      expectObservable(slow.drained).toBe('');
    }));
});

describe('a fault under a server', () => {
  const upload = 'POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 4\r\n\r\n';

  it.each([
    ['halfCloseAt', { outcome: 'complete', status: 400, error: 'truncated' }],
    ['resetAt', { outcome: 'aborted', status: undefined, error: 'connection-reset' }],
  ] as const)(
    '%s at any offset of an upload ends it, whatever has come: a disconnect, and no fault',
    (fault, record) => {
      for (let offset = upload.length; offset < upload.length + 4; offset++) {
        httpTest((words) => {
          const { flow, serve, expectFaults, expectRequests, expectServed } = words;
          const client = flow('-a-|', { a: `${upload}body` }, words[fault](offset));
          const service = serve(client, ({ body }) => body.text().pipe(() => NEVER));
          expectRequests(service).toBe('-r', { r: 'POST /' });
          expectFaults(service).toBe('');
          expectServed(service).toBe('-(s|)', { s: record });
        });
      }
    },
  );

  it('stallAt is what its time limits are for', () =>
    httpTest(({ flow, serve, stallAt, h1, expectWire, expectFaults }) => {
      const client = flow('-a--|', { a: upload }, stallAt(20));
      const service = serve(client, () => text('ok'), { limits: { headTimeout: 30_000 } });
      expectWire(client).toBe('- 30s (x|) 4996ms !', {
        x: h1.response(408, '408 the head did not come in time: headTimeout is 30000 ms\n', { connection: 'close' }),
      });
      expectFaults(service).toBe('- 30s f', { f: 'head-timeout' });
    }));

  it('is seen, where it was not expected', () => {
    const served = (...traits: FlowTrait[]): string =>
      mismatchOf(({ flow, serve, h1, expectServed }) => {
        const client = flow('-a--|', { a: h1.post('/', 'body') }, ...traits);
        expectServed(
          serve(client, ({ body }) => body.text().pipe(map((content) => text(content))), {
            limits: { bodyTimeout: 10 },
          }),
        ).toBe('-s|', { s: '200' });
      });
    expect(served(resetAt(50))).toContain(
      'outcome: "aborted", error: ProtocolError [connection-reset]: the peer reset',
    );
    expect(served(stallAt(50))).toMatch(/The service reported:\n {2}at 11 ms: body-timeout \(POST \/\): the body does/);
  });
});
