/** The short run of every fuzzer: always the same cases, and no finding among them. `npm run fuzz` goes on where it ends. */
import { run } from './campaign.js';
import { TARGETS } from './targets.js';

/** So many that each row of the tables that is not rare is hit; in all they take a few seconds. */
const CASES: Readonly<Record<string, number>> = { h1: 2000, 'h1-client': 2000, hpack: 500, h2: 500, ws: 3000 };

describe.each(TARGETS)('$name', (target) => {
  it('differs from its oracle only in lawful ways', async () => {
    const cases = CASES[target.name]!;
    const report = await run(target, { seed: 1, from: 0, cases, seconds: Infinity, shrinks: true });
    expect([...report.findings.values()]).toEqual([]);
    expect(report.cases).toBe(cases);
    // Most inputs are understood, by both and in the same way; were they not, nothing would be compared.
    expect(report.agreed).toBeGreaterThan(cases / 2);
    expect(report.lawful.size).toBeGreaterThan(1);
  });

  it('makes the same cases of the same seed', async () => {
    const options = { seed: 7, from: 3, cases: 50, seconds: Infinity, shrinks: false };
    const [first, second] = [await run(target, options), await run(target, options)];
    expect(second).toEqual(first);
  });
});
