import { fc } from '../../test/kits/properties.js';
import { type Listed, ConnectionList } from './connection-list.js';

describe('a Roster', () => {
  const members = Array.from({ length: 20 }, (_, name) => ({ name, place: 0 }));
  const member = fc.constantFrom(...members);

  it('has what a Set would have, whoever comes and goes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(member, fc.boolean()), { maxLength: 200 }), (steps) => {
        const roster = new ConnectionList<Listed>();
        const set = new Set<Listed>();
        for (const [each, comes] of steps) {
          if (!comes) roster.delete(each);
          else if (!set.has(each)) roster.add(each);
          if (comes) set.add(each);
          else set.delete(each);
          expect(roster.size).toBe(set.size);
          expect(new Set(roster.all())).toStrictEqual(set);
        }
      }),
    );
  });

  it('takes no notice of one that is not there, whatever place it has', () => {
    const [a, b, c] = [members[0]!, members[1]!, members[2]!];
    const roster = new ConnectionList<Listed>();
    for (const each of [a, b]) roster.add(each);
    c.place = 1;
    roster.delete(c);
    roster.delete(b);
    roster.delete(b);
    expect(roster.all()).toStrictEqual([a]);
  });

  it('gives a list of its own', () => {
    const [a, b] = [members[0]!, members[1]!];
    const roster = new ConnectionList<Listed>();
    for (const each of [a, b]) roster.add(each);
    const seen: Listed[] = [];
    for (const each of roster.all()) {
      roster.delete(each);
      seen.push(each);
    }
    expect(seen).toStrictEqual([a, b]);
    expect(roster.size).toBe(0);
  });
});
