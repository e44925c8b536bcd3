import { map, type Observable } from 'rxjs';
import { Body } from '../body/body.js';
import { memoryPair } from '../flow/memory-pair.js';
import type { Flow } from '../flow/flow.js';
import { httpTest, type PairFlow, type TestFlow } from '../testing/index.js';
import type { ByteChannel, ByteSource } from './byte-source.js';
import { retain } from './lease.js';

/** An operator for all of them: it holds what it gets, and shows how much that is. */
const held = (source: ByteSource): Observable<string> =>
  source.pipe(
    map((chunk) => {
      retain();
      return `${chunk.length}: ${source.unacked} of ${source.window}, ${source.observed}`;
    }),
  );

function through(source: ByteSource, send: (chunk: Uint8Array) => void): readonly string[] {
  const told: string[] = [];
  held(source).subscribe((each) => told.push(each));
  send(Buffer.from('abc'));
  send(Buffer.from('de'));
  return told;
}

describe('a ByteSource', () => {
  it('is a Body', () => {
    const body = new Body({ window: 10 });
    expect(through(body, (chunk) => body.next(chunk))).toEqual(['3: 3 of 10, true', '2: 5 of 10, true']);
  });

  it('is a Flow', () => {
    const [flow, peer] = memoryPair();
    expect(through(flow, (chunk) => peer.next(chunk))).toEqual(['3: 3 of 65536, true', '2: 5 of 65536, true']);
  });

  it('is a flow of the testing kit, drawn or of a pair', () =>
    httpTest(({ flow, pair, expectObservable, expectCredit }) => {
      const drawn = flow('-a-b|', { a: 'abc', b: 'de' });
      const { client, server } = pair();
      server.next(Buffer.from('abc'));
      server.complete();
      expectObservable(held(drawn)).toBe('-a-b|', { a: '3: 3 of 65536, true', b: '2: 5 of 65536, true' });
      expectObservable(held(client)).toBe('(a|)', { a: '3: 3 of 65536, true' });
      expectCredit(drawn).toBe('');
    }));

  it('that is written to as well is a ByteChannel: each of them', () => {
    type Each = Body | Flow | TestFlow | PairFlow;
    const write = (channel: ByteChannel, chunk: Uint8Array): boolean => channel.next(chunk) && channel.ready;
    const each: readonly Each[] = [new Body(), memoryPair()[0]];
    expect(each.map((channel) => write(channel, Buffer.from('x')))).toEqual([true, true]);
  });
});
