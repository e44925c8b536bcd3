import { fc } from '../../../test/kits/properties.js';
import { HpackDecoder } from './decoder.js';
import { HpackEncoder } from './encoder.js';
import { dynamicTable, encode, NO_LIMITS, pairs } from '../../../test/kits/units/hpack.js';
import type { HeaderList } from '../../../test/kits/units/hpack.js';

/** The table of a peer after it has read `lists`. */
function tableAfter(...lists: HeaderList[]): [string, string][] {
  const encoder = new HpackEncoder();
  const decoder = new HpackDecoder(NO_LIMITS);
  for (const list of lists) expect(pairs(decoder.decode(encode(encoder, list)))).toEqual(list);
  return dynamicTable(decoder);
}

describe('the encoder (RFC 7541 section 6)', () => {
  it('sends what repeats as an index', () => {
    const encoder = new HpackEncoder();
    const list: HeaderList = [
      [':status', '200'],
      ['content-type', 'text/plain'],
      ['server', 'rxpaf'],
    ];
    encode(encoder, list);
    expect(encode(encoder, list).toString('hex')).toBe('88bfbe');
  });

  it('does not fill the table with what varies', () => {
    const lists = Array.from({ length: 50 }, (_, at): HeaderList => [['x-request-id', `id-${at}`]]);
    expect(tableAfter(...lists)).toEqual([['x-request-id', 'id-0']]);
  });

  it('indexes a value that comes back, as a date does within its second', () => {
    expect(tableAfter([['date', 'one']], [['date', 'two']], [['date', 'two']])).toEqual([
      ['date', 'two'],
      ['date', 'one'],
    ]);
  });

  it.each([
    ['authorization', 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=='],
    ['proxy-authorization', 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=='],
    ['set-cookie', 'session=0123456789abcdef; HttpOnly'],
    ['cookie', 'a=short'],
  ])('never indexes %s: %s (RFC 7541 section 7.1.3)', (name, value) => {
    const encoder = new HpackEncoder();
    for (let time = 0; time < 3; time++) expect(encode(encoder, [[name, value]])[0]! & 0xf0).toBe(0x10);
    expect(encoder.generation).toBe(0);
  });

  it('indexes a cookie that is too long to be guessed', () => {
    expect(tableAfter([['cookie', 'session=0123456789abcdef']])).toHaveLength(1);
  });

  it('forgets what was evicted', () => {
    const encoder = new HpackEncoder();
    const decoder = new HpackDecoder(NO_LIMITS);
    for (let round = 0; round < 3; round++) {
      for (let at = 0; at < 100; at++) {
        const list: HeaderList = [[`name-${at}`, 'v'.repeat(100)]];
        expect(pairs(decoder.decode(encode(encoder, list)))).toEqual(list);
      }
    }
    expect(decoder.tableSize).toBeLessThanOrEqual(4096);
  });

  it('remembers a bounded number of names', () => {
    const lists = Array.from({ length: 600 }, (_, at): HeaderList => [[`n${at}`, 'v']]);
    expect(tableAfter(...lists, [['n500', 'v']], [['n500', 'v']])[0]).not.toEqual(['n500', 'v']);
  });
});

describe('the size of the encoder table (RFC 7541 section 4.2)', () => {
  it('announces a reduction before the next block', () => {
    const encoder = new HpackEncoder();
    encoder.setTableLimit(0);
    expect(encode(encoder, [[':status', '200']]).toString('hex')).toBe('2088');
    expect(encode(encoder, [[':status', '200']]).toString('hex')).toBe('88');
  });

  it('announces the smallest and then the last of several changes', () => {
    const encoder = new HpackEncoder();
    for (const size of [100, 0, 200]) encoder.setTableLimit(size);
    expect(encode(encoder, [[':status', '200']]).toString('hex')).toBe('203fa90188');
  });

  it('never exceeds 4096 octets, however many the peer allows', () => {
    const encoder = new HpackEncoder();
    encoder.setTableLimit(1 << 20);
    expect(encode(encoder, [[':status', '200']]).toString('hex')).toBe('88');
  });
});

const name = fc.constantFrom(':path', ':status', 'cookie', 'date', 'etag', 'x-a', 'x-b', 'authorization', 'server');
const value = fc.oneof(
  fc.constantFrom('', '/', '200', 'gzip, deflate', 'b'.repeat(40), 'c'.repeat(3000)),
  fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
);
const step = fc.oneof(
  { weight: 5, arbitrary: fc.array(fc.tuple(name, value), { maxLength: 8 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 60, 150, 1000, 4096, 100_000) },
);

describe('an encoder and a decoder', () => {
  it('stay in step over any lists and any changes of the table size', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (script) => {
        const encoder = new HpackEncoder();
        const decoder = new HpackDecoder(NO_LIMITS);
        for (const action of script) {
          if (typeof action === 'number') {
            encoder.setTableLimit(action);
            decoder.setTableLimit(action);
          } else {
            expect(pairs(decoder.decode(encode(encoder, action)))).toEqual(action);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
