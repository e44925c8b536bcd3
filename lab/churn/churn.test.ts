// The shorter run of churn-client: its long one is `npm run churn -- PROTOCOL 100000 40`.
import { start } from '../../test/kits/example.js';

interface Holdings {
  readonly descriptors: number;
  readonly subscriptions: number;
  readonly heap: number;
}

interface Figures {
  readonly values: number;
  readonly cancelled: number;
  readonly missing: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly wrong: number;
  readonly before: Holdings;
  readonly after: Holdings;
}

// Longer than both runs take on a busy machine.
/** The errors that a server which goes away may cause. */
const OF_RESTARTS = ['body-timeout', 'closed', 'connect-failed', 'connection-reset', 'refused', 'truncated'];

describe('requests to a server that is killed and restarted', () => {
  it.each(['http/1.1', 'h2'])('%s: each ends once, and nothing is left', async (protocol) => {
    const requests = 2500;
    const program = start('lab/churn/churn-client.ts', {}, [protocol, String(requests), '4']);
    expect((await program.exit).code).toBe(0);
    const lines = program.output.trim().split('\n');
    const figures = Object.assign({}, ...lines.map((line) => JSON.parse(line) as unknown)) as Figures;
    const { values, cancelled, missing, errors, wrong, before, after } = figures;
    const failed = Object.values(errors).reduce((sum, count) => sum + count, 0);
    expect({ missing, wrong, sum: values + cancelled + failed }).toEqual({ missing: 0, wrong: 0, sum: requests });
    expect(OF_RESTARTS).toEqual(expect.arrayContaining(Object.keys(errors)));
    // That they were under way at all, and that there was something to survive.
    expect(Math.min(values - requests / 5, cancelled, failed)).toBeGreaterThan(0);
    expect(after.descriptors).toBe(before.descriptors);
    expect(after.subscriptions).toBe(before.subscriptions);
    expect(after.heap - before.heap).toBeLessThan(8 * 1024 * 1024);
  });
});
