/** The benchmarks run, and tell what they should: every row, as small as it goes. How fast anything is, is no test's matter. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { h2loadMissing } from './load/h2load.js';
import { Latencies } from './load/latencies.js';
import { median, ratioOf, type Result } from './support/contest.js';
import { digits, table, writeInto } from './support/table.js';

const root = join(__dirname, '..');
const h1 = ['h1-hello', 'h1-pipelined', 'h1-download', 'h1-upload', 'h1-echo', 'h1-idle'];
const h2 = ['h2-hello', 'h2-hello-tls', 'h2-download', 'h2-upload', 'h2-echo'];
const clientH1 = ['client-h1-get', 'client-h1-download'];
const clientH2 = ['client-h2-get', 'client-h2-download'];

function run(rows: readonly string[]): { readonly results: readonly Result[]; readonly text: string } {
  const directory = mkdtempSync(join(tmpdir(), 'rxpaf-bench-test-'));
  try {
    const json = join(directory, 'results.json');
    const sizes = ['--rounds', '1', '--seconds', '0.1', '--mib', '1', '--idle', '100'];
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [join(root, 'scripts/bench.mjs'), ...rows, ...sizes, '--json', json],
      { encoding: 'utf8', timeout: 90_000 },
    );
    if (!existsSync(json)) throw new Error(stderr);
    const { results } = JSON.parse(readFileSync(json, 'utf8')) as { results: Result[] };
    return { results, text: stdout };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function expectMeasured(result: Result, names: readonly string[]): void {
  expect(result.standings.map(({ name }) => name)).toEqual(expect.arrayContaining([...names]));
  for (const standing of result.standings) {
    if (!names.includes(standing.name)) continue;
    expect(standing).toMatchObject({ kind: 'measured' });
    if (standing.kind !== 'measured') continue;
    expect(standing.rounds).toHaveLength(1);
    expect(standing.median.rss).toBeGreaterThan(0);
    expect(Number.isFinite(standing.median.cost)).toBe(true);
  }
}

describe('npm run bench', () => {
  it('measures each HTTP/1.1 row', () => {
    const { results, text } = run(h1);
    expect(results.map(({ row }) => row)).toEqual(h1);
    for (const result of results) {
      expectMeasured(result, ['rxpaf', 'node:http', 'floor']);
      expect(Object.keys(result.ratios)).toEqual(['rxpaf', 'floor']);
      expect(text).toContain(`| ${result.row}`);
    }
    expect(text).toMatch(
      /\| h1-hello +\| µs CPU\/request \| requests\/s \| p50 ms \| p99 ms \| +RSS \| +busy \| of node:http \|/,
    );
  }, 120_000);

  const missing = process.env['CI'] === 'true' ? undefined : h2loadMissing();
  (missing === undefined ? it : it.skip)(
    'measures each HTTP/2 row',
    () => {
      const { results } = run(h2);
      expect(results.map(({ row }) => row)).toEqual(h2);
      for (const result of results) {
        expectMeasured(result, ['rxpaf', 'node:http2']);
        expect(Object.keys(result.ratios)[0]).toBe('rxpaf');
      }
    },
    120_000,
  );

  it('measures each row of the client', () => {
    const { results } = run([...clientH1, ...clientH2]);
    for (const result of results) {
      expectMeasured(result, clientH1.includes(result.row) ? ['rxpaf', 'undici', 'floor'] : ['rxpaf', 'node:http2']);
      expect(Object.keys(result.ratios)[0]).toBe('rxpaf');
    }
  }, 120_000);

  it('refuses a row that it does not have', () => {
    const { status, stderr } = spawnSync(process.execPath, [join(root, 'scripts/bench.mjs'), 'h3-hello'], {
      encoding: 'utf8',
    });
    expect(status).toBe(2);
    expect(stderr).toContain('there is no row h3-hello');
  });
});

describe('the arithmetic of the benchmarks', () => {
  it('takes the median of an odd and of an even number', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });

  it('pairs costs round by round', () => {
    const samples = (costs: readonly number[]): { cost: number; rss: number }[] =>
      costs.map((cost) => ({ cost, rss: 1 }));
    // The machine was half as fast in the second round: the ratio does not see it.
    expect(ratioOf(samples([1, 2, 1]), samples([2, 4, 4]))).toEqual({ median: 0.5, least: 0.25, most: 0.5 });
  });

  it('finds percentiles to within 5 %', () => {
    const latencies = new Latencies();
    for (let ms = 1; ms <= 1000; ms++) latencies.add(ms);
    expect(latencies.percentile(0.5)).toBeCloseTo(500, -1.7);
    expect(latencies.percentile(0.99) / 990).toBeCloseTo(1, 1);
    expect(new Latencies().percentile(0.5)).toBeNaN();
  });

  it('writes three digits', () => {
    expect([0.6863, 18.04, 97657.2, undefined].map(digits)).toEqual(['0.686', '18.0', '97,657', '–']);
  });

  it('puts a table in the place of the last one', () => {
    const result: Result = {
      row: 'h1-hello',
      work: 'GET /',
      costUnit: 'µs',
      rateUnit: 'requests/s',
      asked: { of: 'rxpaf', against: 'node:http', ratio: 0.7 },
      standings: [
        { kind: 'measured', name: 'rxpaf', median: { cost: 1, rss: 1 }, rounds: [{ cost: 1, rss: 1 }] },
        { kind: 'failed', name: 'node:http', reason: 'it was not there' },
      ],
      ratios: {},
    };
    const machine = {
      date: '2026-01-02',
      node: '20.0.0',
      cpu: 'a processor',
      cores: 2,
      sizes: { rounds: 1, seconds: 1, bytes: 1, idle: 1 },
    };
    const once = writeInto('before\n\n<!-- end of the tables -->\n', [result], machine);
    expect(once).toContain('node:http failed: it was not there');
    expect(writeInto(once, [result], machine)).toBe(once);
    expect(table(result)).toContain('| node:http (failed) |');
  });
});
