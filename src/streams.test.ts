import { fc } from '../test/kits/properties.js';
import { StreamTable } from './streams.js';

/** Streams come and go in both; `what` says what is done with the stream of that number. */
function both(
  work: readonly (readonly [id: number, what: 'begin' | 'end'])[],
): [StreamTable<string>, Map<number, string>] {
  const table = new StreamTable<string>();
  const map = new Map<number, string>();
  for (const [id, what] of work) {
    if (what === 'end') expect(table.delete(id)).toBe(map.delete(id));
    else if (!map.has(id)) {
      table.add(id, `stream ${id}`);
      map.set(id, `stream ${id}`);
    }
    expect(table.size).toBe(map.size);
  }
  return [table, map];
}

/** The slots that it takes: a private matter, but of everyone's memory. */
function slotsOf(table: StreamTable<number>): number {
  return (Reflect.get(table, 'others') as { readonly capacity: number } | undefined)?.capacity ?? 0;
}

describe('StreamTable', () => {
  test('has what a Map would have, whatever comes and goes', () => {
    // Few identifiers, so that most that end were there; many have the same home, and others stand at both ends of the table.
    const id = fc.constantFrom(1, 17, 33, 49, 65, 81, 97, 113, 3, 5, 7, 11, 13, 15, 31, 47, 63);
    const step = fc.tuple(id, fc.constantFrom('begin' as const, 'end' as const));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (work) => {
        const [table, map] = both(work);
        for (const [number] of work) {
          expect(table.has(number)).toBe(map.has(number));
          expect(table.get(number)).toBe(map.get(number));
        }
        expect(table.all()).toStrictEqual([...map].sort(([a], [b]) => a - b).map(([, value]) => value));
      }),
    );
  });

  test('nothing is there of stream 0, nor of one that has gone', () => {
    const table = new StreamTable<string>();
    expect([table.get(0), table.has(0), table.delete(0), table.size, table.all()]).toStrictEqual([
      undefined,
      false,
      false,
      0,
      [],
    ]);
    table.add(1, 'a');
    table.delete(1);
    expect([table.get(1), table.has(1), table.delete(1), table.size]).toStrictEqual([undefined, false, false, 0]);
  });

  test('one stream that stays does not make the table grow under all that pass', () => {
    const table = new StreamTable<number>();
    table.add(1, 1);
    for (let id = 3; id < 200_000; id += 2) {
      table.add(id, id);
      if (id > 20) table.delete(id - 16);
    }
    expect(table.get(1)).toBe(1);
    expect(slotsOf(table)).toBe(32);
  });

  test('a small table is kept when the last stream ends, and a large one is not', () => {
    const table = new StreamTable<number>();
    for (let id = 1; id < 4000; id += 2) table.add(id, id);
    expect(slotsOf(table)).toBe(4096);
    for (let id = 1; id < 4000; id += 2) expect(table.delete(id)).toBe(true);
    expect(table.size).toBe(0);
    expect(slotsOf(table)).toBe(0);
    for (let id = 1; id < 258; id += 2) table.add(id, id);
    for (let id = 1; id < 258; id += 2) expect(table.delete(id)).toBe(true);
    expect(slotsOf(table)).toBe(256);
    table.add(4001, 1);
    table.add(4003, 3);
    expect(table.all()).toStrictEqual([1, 3]);
  });
});
