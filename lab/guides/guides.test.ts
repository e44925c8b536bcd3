/**
 * The guides are true: their tests run, the failures that they quote are the real ones, and their tables and pictures match the
 * measurements. `node lab/guides/run.mjs` writes the measurements again.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as rxjs from 'rxjs';
import * as rxjsOperators from 'rxjs/operators';
import { ENDING_OPERATORS, LEAKING_OPERATORS } from '../../src/eslint/leaking-operators.js';
import type { Row, Rows } from './measure.js';
import { CHUNK, draw, STAGES, TOTAL, waitingIn } from './picture.js';
import { tables } from './tables.js';
import { filesIn, textBelow } from '../../test/kits/docs/document.js';
import { run } from '../../test/kits/example.js';

const root = join(__dirname, '../..');
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Where the guides' files are written to be run: under the root, for the names of the package to be its sources. */
const folder = join(root, 'build/guides', String(process.pid));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes the files of a guide, and gives the paths of those that hold tests. */
function written(guide: string): readonly string[] {
  const own = join(folder, guide);
  mkdirSync(own, { recursive: true });
  const files = filesIn(textOf(guide === 'README' ? 'README.md' : `docs/${guide}.md`)).filter(({ name }) =>
    name.endsWith('.ts'),
  );
  // The names that a file imports from the framework are global in jest.
  for (const { name, code } of files) {
    writeFileSync(join(own, name), code.replace("import { test } from 'vitest';\n", ''));
  }
  return files.filter(({ code }) => /^test\(/m.test(code)).map(({ name }) => join(own, name));
}

const WITH_TESTS = ['README', 'getting-started', 'testing', 'backpressure', 'operators', 'recipes'];

describe.each(WITH_TESTS)('the tests of the guide %s', (guide) => {
  const paths = written(guide);
  for (const path of paths) jest.requireActual(path);
  it('are there', () => expect(paths).not.toEqual([]));
});

describe('docs/testing.md', () => {
  it('quotes what a failure says', () => {
    const guide = textOf('docs/testing.md');
    const message = textBelow(guide, 'The test prints:');
    expect(message).toContain('expected');
    const failing = filesIn(guide).find(({ code }) => /^httpTest\(/m.test(code))!;
    expect(() => void jest.requireActual(join(folder, 'testing', failing.name))).toThrow(message);
  });
});

describe('the picture of docs/backpressure.md', () => {
  const stock = waitingIn(STAGES.concatMap);
  const lease = waitingIn(STAGES.consume);

  it('is what is counted: 2 MB that wait in concatMap, 80 KB with consume', () => {
    expect(stock.peak).toBe(TOTAL);
    // W, and the chunk that passed it.
    expect(lease.peak).toBe(80_000);
    expect(lease.peak).toBeLessThan(64 * 1024 + CHUNK);
    expect(stock.waiting.length).toBe(lease.waiting.length);
    expect([stock.waiting.at(-1), lease.waiting.at(-1)]).toEqual([0, 0]);
  });

  it('is drawn as it is counted', () => {
    expect(textOf('docs/images/backpressure.svg')).toBe(draw(stock, lease));
  });
});

/** Functions in lower case that RxJS exports and that are not operators. */
const NO_OPERATORS = [
  ...['animationFrames', 'bindCallback', 'bindNodeCallback', 'connectable', 'defer', 'empty', 'firstValueFrom'],
  ...['forkJoin', 'from', 'fromEvent', 'fromEventPattern', 'generate', 'identity', 'iif', 'interval', 'isObservable'],
  ...['lastValueFrom', 'never', 'noop', 'of', 'pairs', 'pipe', 'range', 'scheduled', 'throwError', 'timer', 'using'],
];

describe('the tables of docs/operators.md', () => {
  let rows: Rows;
  beforeAll(async () => {
    const { status, stdout, stderr } = await run(
      process.execPath,
      ['lab/guides/run.mjs', '--print'],
      undefined,
      170_000,
    );
    if (status !== 0) throw new Error(stderr);
    rows = JSON.parse(stdout.toString()) as Rows;
  });

  const names = (kind: Row['class']): string[] =>
    [...new Set(rows.operators.filter((row) => row.class === kind).map(({ operator }) => operator))].sort();

  it('have all operators of RxJS', () => {
    const exported = Object.entries(rxjs as object).flatMap(([name, value]) =>
      typeof value === 'function' && /^[a-z]/.test(name) && !NO_OPERATORS.includes(name) ? [name] : [],
    );
    const measured = new Set(rows.operators.map(({ operator }) => operator));
    expect([...measured].sort()).toEqual([...new Set([...exported, ...Object.keys(rxjsOperators)])].sort());
    expect(measured.size).toBeGreaterThan(110);
  });

  it('have what is measured', () => {
    const guide = textOf('docs/operators.md');
    // The collector may find one chunk more, or one less, on another machine.
    const amounts = (text: string): number[] =>
      [...text.matchAll(/\| ([\d.]+)( KB| MB)? +(?=\|)/g)].map(
        ([, number, unit]) => Number(number) * (unit === ' MB' ? 1_000_000 : unit === ' KB' ? 1000 : 1),
      );
    const plain = (text: string): string =>
      text
        .replace(/\| [\d.]+( KB| MB)? +(?=\|)/g, '| N ')
        .replace(/-+/g, '-')
        .replace(/ +/g, ' ')
        .trim();
    for (const [name, table] of Object.entries(tables(rows))) {
      const [, told = ''] = new RegExp(`<!-- ${name}: measured -->(.*?)<!-- end -->`, 's').exec(guide) ?? [];
      expect(plain(told)).toBe(plain(table));
      const expected = amounts(table);
      amounts(told).forEach((amount, index) => {
        expect(Math.abs(amount - expected[index]!)).toBeLessThanOrEqual(2 * CHUNK);
      });
    }
  });

  it('call safe what holds a window and little more, and leaking what holds all', () => {
    const few = (row: Row): boolean => !['bufferCount', 'rechunk', 'bufferBytes'].includes(row.operator);
    for (const row of rows.operators) {
      if (row.class === 'leaking') expect([row.text, row.peak > 0.9 * TOTAL]).toEqual([row.text, true]);
      else if (few(row)) expect([row.text, row.peak <= 8 * CHUNK]).toEqual([row.text, true]);
    }
    for (const row of rows.replacements) {
      expect([row.text, row.class]).toEqual([row.text, 'safe']);
      if (row.operator === 'consume' || row.operator === 'hold') expect(row.peak).toBeLessThanOrEqual(6 * CHUNK);
    }
  });

  it('are what the rule knows', () => {
    expect(names('leaking')).toEqual(Object.keys(LEAKING_OPERATORS).sort());
    for (const name of names('lossy')) expect([name, ENDING_OPERATORS.has(name)]).toEqual([name, true]);
  });
});
