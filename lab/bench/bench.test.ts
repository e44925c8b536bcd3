/** The benchmarks run, and report the expected figures: every row, at its smallest size. No test checks speed. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { h2loadMissing } from './load/h2load.js';
import { Latencies } from './load/latencies.js';
import { median, ratioOf, type Result } from './support/contest.js';
import { writeInto } from './support/document.js';
import { DATA, END_STREAM, frame, FrameHeads, PING, SETTINGS } from './support/h2-frames.js';
import { type Measured, merge, parseRecords, serializeRecords } from './support/records.js';
import { digits } from './support/table.js';

const root = join(__dirname, '../..');
const h1Peers = ['rxpaf', 'node:http', 'fastify', '@marblejs/http', 'floor'];
const h1 = ['rxpaf', 'node:http', 'floor'];
const h2 = ['rxpaf', 'node:http2', 'floor'];
const levels = ['rxpaf', 'connections', 'dispatch'];

/** The contestants that are measured in a row. */
const large: Readonly<Record<string, readonly string[]>> = {
  'h1-download': h1Peers,
  'h1-upload': h1Peers,
  'h1-echo': h1Peers,
  'h2-download': h2,
  'h2-upload': h2,
  'h2-echo': h2,
};
const small: Readonly<Record<string, readonly string[]>> = {
  'h1-hello': h1Peers,
  'h1-pipelined': h1,
  'h1-levels': levels,
  'h1-idle': h1,
  'h2-idle': h2,
  'ws-idle': ['rxpaf', 'ws'],
  'h1-allocation': h1Peers,
  'h1-connections-10': h1,
};
const withH2load: Readonly<Record<string, readonly string[]>> = {
  'h2-hello': ['rxpaf', 'node:http2', 'fastify', 'floor'],
  'h2-hello-tls': ['rxpaf', 'node:http2'],
  'h2-levels': levels,
  'h2-allocation': ['rxpaf', 'node:http2', 'fastify', 'floor'],
  'h2-streams-10': h2,
};
const ofTheClient: Readonly<Record<string, readonly string[]>> = {
  'client-h1-get': ['rxpaf', 'undici', 'floor'],
  'client-h2-get': ['rxpaf', 'node:http2'],
  'client-h1-download': ['rxpaf', 'undici', 'floor'],
  'client-h2-download': ['rxpaf', 'node:http2'],
};

function bench(options: readonly string[]): {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
} {
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(root, 'lab/bench/run.mjs'), ...options], {
    encoding: 'utf8',
    timeout: 110_000,
  });
  return { stdout, stderr, status: status ?? -1 };
}

function inTemporary<T>(work: (directory: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), 'rxpaf-bench-test-'));
  try {
    return work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const SMALL = ['--rounds', '1', '--seconds', '0.1', '--mib', '1', '--idle', '100'];

function run(rows: readonly string[], ...options: readonly string[]): readonly Result[] {
  return inTemporary((directory) => {
    const json = join(directory, 'results.json');
    const { stderr } = bench([...rows, ...SMALL, '--json', json, ...options]);
    if (!existsSync(json)) throw new Error(stderr);
    return (JSON.parse(readFileSync(json, 'utf8')) as { results: Result[] }).results;
  });
}

function expectMeasured(rows: Readonly<Record<string, readonly string[]>>, results: readonly Result[]): void {
  expect(results.map(({ row }) => row)).toEqual(Object.keys(rows));
  for (const { row, standings, ratios, asked } of results) {
    expect({ row, names: standings.map(({ name }) => name) }).toEqual({ row, names: rows[row] });
    for (const standing of standings) {
      expect({ row, ...standing }).toMatchObject({ row, kind: 'measured' });
      if (standing.kind !== 'measured') continue;
      expect(standing.rounds).toHaveLength(1);
      expect(standing.median.rss).toBeGreaterThan(0);
      expect(Number.isFinite(standing.median.cost)).toBe(true);
    }
    expect(Object.keys(ratios)).toEqual(rows[row]!.filter((name) => name !== asked.against));
  }
}

/** The tags of an SVG, if each that is opened is closed. */
function tagsOf(svg: string): readonly string[] {
  const open: string[] = [];
  const seen: string[] = [];
  for (const [, close, name, , empty] of svg.matchAll(/<(\/?)([\w:]+)((?:[^<>"]|"[^"]*")*?)(\/?)>/g)) {
    seen.push(name!);
    if (close === '/') expect(open.pop()).toBe(name);
    else if (empty !== '/') open.push(name!);
  }
  expect(open).toEqual([]);
  return seen;
}

/** A directory like docs, with nothing measured. */
function emptyDocs(directory: string): void {
  writeFileSync(
    join(directory, 'performance.md'),
    '# Performance\n\n<!-- measured -->\n\n<!-- end of what was measured -->\n',
  );
}

const missing = process.env['CI'] === 'true' ? undefined : h2loadMissing();
const itWithH2load = missing === undefined ? it : it.skip;

describe('npm run bench', () => {
  it('measures each row of large bodies', () => {
    expectMeasured(large, run(Object.keys(large)));
  });

  it('measures each other row that needs no other program', () => {
    expectMeasured(small, run(Object.keys(small)));
  });

  itWithH2load(
    'measures each row that needs h2load',
    () => {
      expectMeasured(withH2load, run(Object.keys(withH2load)));
    },
    120_000,
  );

  it('measures each row of the client', () => {
    expectMeasured(ofTheClient, run(Object.keys(ofTheClient)));
  });

  it('measures every row here, except for the other points of the curves', () => {
    const tested = Object.keys({ ...large, ...small, ...withH2load, ...ofTheClient }).map((name) =>
      name.replace(/-10$/, ''),
    );
    const { stdout } = bench(['--help']);
    expect(/ROW is one of: (.*);/.exec(stdout)?.[1]?.split(', ').sort()).toEqual(tested.sort());
  });

  it('keeps what it measured, and draws it: a later run of other rows draws both', () => {
    inTemporary((docs) => {
      emptyDocs(docs);
      run(['h1-pipelined'], '--write', '--docs', docs);
      run(['h1-connections-1', 'h1-connections-10'], '--write', '--docs', docs);
      const document = readFileSync(join(docs, 'performance.md'), 'utf8');
      expect(document).toMatch(
        /\| h1-pipelined \| µs CPU\/request \| requests\/s \| p50 ms \| p99 ms \| +RSS \| +busy \| of/,
      );
      expect(document).toMatch(/\| connections \| +rxpaf \| +node:http \| +floor \| rxpaf of node:http \|/);
      for (const file of ['bench-ratios.svg', 'bench-h1-connections.svg']) {
        expect(document).toContain(`](images/${file})`);
        const svg = readFileSync(join(docs, 'images', file), 'utf8');
        expect(tagsOf(svg).slice(0, 3)).toEqual(['svg', 'title', 'title']);
        expect(svg).toMatch(/^<svg role="img" /);
        for (const name of file === 'bench-ratios.svg' ? ['h1-pipelined, of node:http'] : h1)
          expect(svg).toContain(name);
      }
    });
  });

  it('has drawn what stands in docs from the data that are there', () => {
    inTemporary((docs) => {
      cpSync(join(root, 'docs/internals'), docs, { recursive: true });
      expect(bench(['--draw', '--docs', docs])).toMatchObject({ status: 0 });
      const pictures = readdirSync(join(root, 'docs/internals/images')).filter((name) => name.startsWith('bench-'));
      expect(pictures.length).toBeGreaterThan(0);
      for (const file of ['performance.md', 'performance.json', ...pictures.map((name) => `images/${name}`)]) {
        expect(readFileSync(join(docs, file), 'utf8')).toBe(readFileSync(join(root, 'docs/internals', file), 'utf8'));
      }
    });
  });

  it('refuses a row that it does not have', () => {
    const { status, stderr } = bench(['h3-hello']);
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

  const machine = {
    date: '2026-01-02',
    node: '20.0.0',
    cpu: 'a processor',
    cores: 2,
    sizes: { rounds: 1, seconds: 1, bytes: 1, idle: 1 },
  };
  const measured = (row: string, cost: number): Measured => ({
    machine,
    result: {
      row,
      work: 'GET /',
      costUnit: 'µs',
      rateUnit: 'requests/s',
      asked: { of: 'rxpaf', against: 'node:http', ratio: 0.7 },
      standings: [
        { kind: 'measured', name: 'rxpaf', median: { cost, rss: 1 }, rounds: [{ cost, rss: 1 }] },
        { kind: 'failed', name: 'node:http', reason: 'it was not there' },
      ],
      ratios: {},
    },
  });

  it('puts a table in the place of the last one', () => {
    const empty = 'before\n\n<!-- measured -->\n\n<!-- end of what was measured -->\n\nbehind\n';
    const once = writeInto(empty, [measured('h1-hello', 1)], new Map());
    expect(once).toContain('| node:http (failed) |');
    expect(once).toContain('node:http failed: it was not there');
    expect(once).toMatch(/^before\n[^]*\nbehind\n$/);
    expect(writeInto(once, [measured('h1-hello', 1)], new Map())).toBe(once);
  });

  it('puts what is new in the place of what there was, in the order of the rows', () => {
    const merged = merge(
      [measured('b', 1), measured('a', 1), measured('gone', 1)],
      [measured('a', 2)],
      ['a', 'b', 'c'],
    );
    expect(merged).toEqual([measured('a', 2), measured('b', 1)]);
  });

  it('reads what it kept, to four digits', () => {
    expect(parseRecords(serializeRecords([measured('a', 1.23456), measured('b', 123_456)]))).toEqual([
      measured('a', 1.235),
      measured('b', 123_456),
    ]);
  });

  it('reads frames however they are split, and passes over what DATA holds', () => {
    const bytes = Buffer.concat([
      frame(SETTINGS, 0, 0, Buffer.from([0, 4, 0, 0, 1, 0])),
      frame(DATA, END_STREAM, 1, Buffer.alloc(300)),
      frame(PING, 0, 0, Buffer.from('12345678')),
    ]);
    for (const size of [1, 7, 100, bytes.length]) {
      const seen: string[] = [];
      const heads = new FrameHeads(({ type, flags, stream, length }, payload) =>
        seen.push(`${type} ${flags} ${stream} ${length} ${payload.length}`),
      );
      for (let at = 0; at < bytes.length; at += size) heads.receive(bytes.subarray(at, at + size));
      expect(seen).toEqual(['4 0 0 6 6', '0 1 1 300 0', '6 0 0 8 8']);
    }
  });
});
