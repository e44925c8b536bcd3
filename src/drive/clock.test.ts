/**
 * Deadlines by a clock that is set while they wait. Timers go on as if nothing was: so do deadlines.
 *
 * ```
 * timers    0----1----2----3----4----5 s
 * clock     0----1--5h2----3----4----5        set 5 h forth at 1.5 s, or back
 * deadline  ^----------!                      of 2 s
 * ```
 */
import type { SchedulerAction, SchedulerLike, Subscription } from 'rxjs';
import { VirtualTimeScheduler } from 'rxjs';
import { Clock } from './clock.js';
import { Deadline } from './deadline.js';

const HOUR = 3_600_000;

/** Timers of virtual time, and a clock that can be set. */
class SetClock implements SchedulerLike {
  readonly timers = new VirtualTimeScheduler();
  private ahead = 0;

  now(): number {
    return this.timers.now() + this.ahead;
  }

  set(ms: number): void {
    this.ahead += ms;
  }

  schedule<T>(work: (this: SchedulerAction<T>, state?: T) => void, delay?: number, state?: T): Subscription {
    return this.timers.schedule(work, delay, state);
  }

  at(time: number, work: () => void): void {
    this.timers.schedule(work, time);
  }
}

describe.each([
  ['five hours forth', 5 * HOUR],
  ['five hours back', -5 * HOUR],
  ['a minute forth', 60_000],
  ['a minute back', -60_000],
])('a clock that is set %s', (_, jump) => {
  /** Runs `test`, with the clock set at 1500 ms; what came, and when by the timers. */
  function run(
    test: (clock: Clock, time: SetClock, wait: (name: string, length: number) => Deadline) => void,
  ): string[] {
    const time = new SetClock();
    const clock = new Clock(time);
    const told: string[] = [];
    clock.acquire();
    const wait = (name: string, length: number): Deadline => {
      const deadline = new Deadline({ onDeadline: () => told.push(`${name} ${time.timers.now()}`) });
      clock.deadlines(length).start(deadline, clock.now());
      return deadline;
    };
    time.at(1500, () => time.set(jump));
    test(clock, time, wait);
    time.timers.flush();
    return told;
  }

  it('makes no deadline come earlier, nor later', () => {
    expect(
      run((_clock, _time, wait) => {
        wait('a', 2000);
        wait('b', 10_000);
      }),
    ).toEqual(['a 2000', 'b 10000']);
  });

  it('does not make a deadline that begins later wait for earlier ones', () => {
    const told = run((_clock, time, wait) => {
      wait('a', 2000);
      time.at(1600, () => wait('b', 2000));
    });
    // The one before it comes later by what nobody has seen: from 0 to 1.6 s.
    expect(told).toEqual(['a 3600', 'b 3600']);
  });

  it('does not show: time goes on, and never back', () => {
    const seen: number[] = [];
    run((clock, time, wait) => {
      wait('a', 20_000);
      for (let at = 0; at <= 4000; at += 500) time.at(at, () => seen.push(clock.now()));
    });
    expect(seen.map((now, index) => now - (seen[index - 1] ?? 0)).every((step) => step === 0 || step === 500)).toBe(
      true,
    );
    expect(seen.at(-1)).toBeGreaterThanOrEqual(3500);
  });

  it('shows in a Date field', () => {
    const dates: string[] = [];
    run((clock, time, wait) => {
      wait('a', 20_000);
      for (const at of [1000, 3000]) time.at(at, () => dates.push((clock.now(), clock.date())));
    });
    expect(dates).toEqual([1000, 3000 + jump].map((at) => new Date(at).toUTCString()));
  });
});

it('a timer that is late, as on a busy machine, makes all that is due come', () => {
  const time = new SetClock();
  const clock = new Clock(time);
  const told: string[] = [];
  clock.acquire();
  for (const begin of [0, 100, 200])
    time.at(begin, () =>
      clock
        .deadlines(1000)
        .start(new Deadline({ onDeadline: () => told.push(`${begin} ${clock.now()}`) }), clock.now()),
    );
  // Half a second in which nothing ran, and the clock did.
  time.at(999, () => time.set(500));
  time.timers.flush();
  expect(told).toEqual(['0 1500', '100 1500', '200 1500']);
});
