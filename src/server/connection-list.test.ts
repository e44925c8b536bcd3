import { fc } from '../../test/kits/properties.js';
import { type Listed, ConnectionList } from './connection-list.js';

describe('a ConnectionList', () => {
  const members = Array.from({ length: 20 }, (_, name) => ({ name, place: 0 }));
  const member = fc.constantFrom(...members);

  it('has the same members as a Set, after any additions and removals', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(member, fc.boolean()), { maxLength: 200 }), (steps) => {
        const list = new ConnectionList<Listed>();
        const set = new Set<Listed>();
        for (const [each, comes] of steps) {
          if (!comes) list.delete(each);
          else if (!set.has(each)) list.add(each);
          if (comes) set.add(each);
          else set.delete(each);
          expect(list.size).toBe(set.size);
          expect(new Set(list.all())).toStrictEqual(set);
        }
      }),
    );
  });

  it('takes no notice of one that is not there, whatever place it has', () => {
    const [a, b, c] = [members[0]!, members[1]!, members[2]!];
    const list = new ConnectionList<Listed>();
    for (const each of [a, b]) list.add(each);
    c.place = 1;
    list.delete(c);
    list.delete(b);
    list.delete(b);
    expect(list.all()).toStrictEqual([a]);
  });

  it('gives a list of its own', () => {
    const [a, b] = [members[0]!, members[1]!];
    const list = new ConnectionList<Listed>();
    for (const each of [a, b]) list.add(each);
    const seen: Listed[] = [];
    for (const each of list.all()) {
      list.delete(each);
      seen.push(each);
    }
    expect(seen).toStrictEqual([a, b]);
    expect(list.size).toBe(0);
  });
});
