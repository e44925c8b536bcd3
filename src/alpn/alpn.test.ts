import { map, of } from 'rxjs';
import { Reader, utf8 } from '../../test/kits/units/bodies.js';
import { memoryPair } from '../flow/memory-pair.js';
import { alpn, type Chains } from './alpn.js';

const chains: Chains<string> = {
  'http/1.1': (flow) => flow.pipe(map((chunk) => `h1 ${Buffer.from(chunk).toString()}`)),
  h2: (flow) => flow.pipe(map((chunk) => `h2 ${Buffer.from(chunk).toString()}`)),
};

/** What comes of a flow for which ALPN chose `id`, and whether it was closed. */
function told(id: string, served: Chains<string> = chains): { values: string[]; errors: unknown[]; closed: boolean } {
  const [server, client] = memoryPair();
  const values: string[] = [];
  const errors: unknown[] = [];
  const peer = new Reader();
  client.subscribe(peer);
  of(id)
    .pipe(alpn(server, served))
    .subscribe({ next: (value) => values.push(value), error: (error: unknown) => errors.push(error) });
  client.next(utf8('a'));
  return { values, errors, closed: peer.ends.length > 0 };
}

describe('ALPN protocol ids (RFC 7301 section 6)', () => {
  it.each([
    ['http/1.0', 'h1 a'],
    ['http/1.1', 'h1 a'],
    ['h2', 'h2 a'],
    ['h2c', 'h2 a'],
  ])('%s', (id, value) => {
    expect(told(id)).toEqual({ values: [value], errors: [], closed: false });
  });

  it.each(['', 'h3', 'H2', 'http/1.2', 'spdy/3.1', 'constructor', '__proto__'])('%j is refused', (id) => {
    const unknown = expect.objectContaining({ code: 'unknown-protocol', scope: 'connection' }) as unknown;
    expect(told(id)).toEqual({ values: [], errors: [unknown], closed: true });
  });

  it('of a protocol that is not served are refused', () => {
    const unserved = expect.objectContaining({ code: 'unknown-protocol', scope: 'connection' }) as unknown;
    expect(told('h2', { 'http/1.1': chains['http/1.1'] })).toEqual({ values: [], errors: [unserved], closed: true });
  });
});
