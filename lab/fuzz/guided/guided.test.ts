/**
 * The short run of every coverage-guided fuzzer, as the command that everybody has: always the same inputs, and no finding
 * among them. And that the guide guides.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

interface Summary {
  readonly target: string;
  readonly executions: number;
  readonly corpus: number;
  readonly branches: readonly [reached: number, all: number];
  readonly findings: readonly { readonly what: string }[];
}

const ROOT = join(__dirname, '../../..');

/** The result of `npm run fuzz -- coverage ...`: a finding is not a failure of the command here. */
async function coverage(...options: string[]): Promise<Summary[]> {
  const args = ['lab/fuzz/run.mjs', 'coverage', ...options, '--json', '--corpus', 'none', '--seconds', 'Infinity'];
  const run = promisify(execFile)(process.execPath, args, { cwd: ROOT, maxBuffer: 1 << 24 });
  const { stdout } = await run.catch((error: unknown) => error as { stdout: string });
  return JSON.parse(stdout) as Summary[];
}

/** Branches that a short run reaches at least, of a hundred: far below what it does, far above what nothing would. */
const LEAST = 40;

/** Patience, for a machine that has other work. */
const MINUTES = 5 * 60_000;

describe('every invariant holds', () => {
  it(
    'of all targets, whatever comes in, and the same comes in with the same seed',
    async () => {
      const summaries = await coverage('all', '--seed', '1', '--cases', '500');
      expect(summaries.map(({ target }) => target)).toEqual([
        ...['h1-server', 'h1-client', 'chunked', 'frames', 'hpack', 'huffman', 'h2-server', 'h2-client'],
      ]);
      for (const { target, executions, corpus, branches, findings } of summaries) {
        expect([target, findings]).toEqual([target, []]);
        expect(executions).toBe(500);
        expect(corpus).toBeGreaterThan(10);
        expect((100 * branches[0]) / branches[1]).toBeGreaterThan(LEAST);
      }
      expect(await coverage('frames', '--seed', '1', '--cases', '500')).toEqual([summaries[3]]);
    },
    MINUTES,
  );
});

describe('the guide', () => {
  const magic = async (...options: string[]): Promise<Summary> =>
    (await coverage('magic', '--seed', '1', '--cases', '100000', ...options))[0]!;

  it(
    'finds a fault after six bytes, which nobody finds by chance',
    async () => {
      expect((await magic()).findings).toEqual([{ what: 'the planted fault', count: expect.any(Number) as number }]);
      const blind = await magic('--unguided');
      expect([blind.findings, blind.corpus]).toEqual([[], 1]);
    },
    MINUTES,
  );
});
