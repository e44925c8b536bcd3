import { fc } from '../../test/kits/properties.js';
import { OUT, SendScheduler } from './send-scheduler.js';
import type { Schedulable } from './send-scheduler.js';

function stream(id: number, urgency = 3, incremental = false): Schedulable {
  return { id, urgency, incremental, place: OUT, previous: undefined, following: undefined };
}

/** The streams that are picked in so many turns. */
function picks(scheduler: SendScheduler<Schedulable>, turns: number): number[] {
  return Array.from({ length: turns }, () => scheduler.next()?.id ?? 0);
}

function scheduled(...streams: Schedulable[]): SendScheduler<Schedulable> {
  const scheduler = new SendScheduler();
  for (const one of streams) scheduler.add(one);
  return scheduler;
}

describe('the scheduler (RFC 9218 section 10)', () => {
  it('serves the most urgent first', () => {
    expect(picks(scheduled(stream(1, 5), stream(3, 0), stream(5, 3)), 2)).toEqual([3, 3]);
  });

  it('serves streams that are not incremental in the order of their identifiers', () => {
    const first = stream(1);
    const scheduler = scheduled(stream(5), first, stream(3));
    expect(picks(scheduler, 3)).toEqual([1, 1, 1]);
    scheduler.remove(first);
    expect(picks(scheduler, 2)).toEqual([3, 3]);
  });

  it('lets incremental streams take turns', () => {
    const scheduler = scheduled(stream(1, 3, true), stream(3, 3, true), stream(5, 3, true));
    expect(picks(scheduler, 7)).toEqual([1, 3, 5, 1, 3, 5, 1]);
  });

  it('takes no turn from the others when one is removed', () => {
    const [first, second, third] = [stream(1, 3, true), stream(3, 3, true), stream(5, 3, true)];
    const scheduler = scheduled(first, second, third);
    expect(picks(scheduler, 1)).toEqual([1]);
    scheduler.remove(third);
    expect(picks(scheduler, 3)).toEqual([3, 1, 3]);
    scheduler.remove(first);
    expect(picks(scheduler, 2)).toEqual([3, 3]);
  });

  it('lets the two kinds of one urgency alternate', () => {
    const scheduler = scheduled(stream(1), stream(3, 3, true), stream(5, 3, true), stream(7));
    expect(picks(scheduler, 6)).toEqual([1, 3, 1, 5, 1, 3]);
  });

  it('follows a change of priority', () => {
    const late = stream(7, 6);
    const scheduler = scheduled(stream(1), late);
    scheduler.reprioritize(late, 1, true);
    expect(picks(scheduler, 2)).toEqual([7, 7]);
    scheduler.remove(late);
    scheduler.reprioritize(late, 0, false);
    expect(late.place).toBe(OUT);
    expect(picks(scheduler, 2)).toEqual([1, 1]);
  });

  it('picks nothing once all are removed', () => {
    const only = stream(1, 0, true);
    const scheduler = scheduled(only);
    scheduler.remove(only);
    expect(scheduler.empty).toBe(true);
    expect(scheduler.next()).toBeUndefined();
  });

  it('always picks the same stream as a plain list', () => {
    const action = fc.tuple(
      fc.nat({ max: 20 }),
      fc.constantFrom(0, 3, 3, 7),
      fc.boolean(),
      fc.constantFrom('add', 'remove', 'change'),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 100 }), (script) => {
        const streams = Array.from({ length: 21 }, (_, index) => stream(index + 1));
        const scheduler = new SendScheduler<Schedulable>();
        const waiting = new Set<Schedulable>();
        const wrong: number[][] = [];
        for (const [index, urgency, incremental, what] of script) {
          const one = streams[index]!;
          if (what === 'add') {
            scheduler.add(one);
            waiting.add(one);
          } else if (what === 'remove') {
            scheduler.remove(one);
            waiting.delete(one);
          } else scheduler.reprioritize(one, urgency, incremental);
          const most = Math.min(...[...waiting].map((each) => each.urgency));
          const level = [...waiting].filter((each) => each.urgency === most);
          const queued = level.filter((each) => !each.incremental).map((each) => each.id);
          const expected = new Set(level.filter((each) => each.incremental).map((each) => each.id));
          if (queued.length > 0) expected.add(Math.min(...queued));
          const picked = new Set(picks(scheduler, expected.size * 2));
          if (picked.size !== expected.size || ![...picked].every((id) => expected.has(id))) wrong.push([...picked]);
          const shared = queued.length > 0 ? 2 * (expected.size - 1) : expected.size;
          const round = picks(scheduler, shared).filter((id) => !queued.includes(id));
          if (new Set(round).size < round.length) wrong.push(round); // somebody twice before everybody once
        }
        expect(wrong).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
