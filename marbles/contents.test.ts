/**
 * The table of contents, checked: README.md names what there is, and there is nothing that it does not name.
 *
 * ```
 * README.md          - a claim
 *                      - [dispatch](dispatch.test.ts): “fail alone”
 *                                        |                  |
 * dispatch.test.ts   <-------------------+    it('fail alone', ...
 *
 * limits.ts          handshakeTimeout ...     each is there, at it and past it
 * *.test.ts          each is there, and opens with a picture
 * ```
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_LIMITS } from 'rxpaf';

const FILES = readdirSync(__dirname).filter((name) => name.endsWith('.test.ts') && name !== 'contents.test.ts');

/** A line below a claim: a file and titles in it, or neither where there is no diagram yet. */
interface Reference {
  readonly line: string;
  readonly file: string | undefined;
  readonly titles: readonly string[];
}

interface Claim {
  readonly section: string;
  readonly text: string;
  readonly references: Reference[];
}

function claimsIn(readme: string): Claim[] {
  const claims: Claim[] = [];
  let section = '';
  for (const line of readme.split('\n')) {
    if (line.startsWith('## ')) section = line.slice(3);
    else if (line.startsWith('- ')) claims.push({ section, text: line.slice(2), references: [] });
    else if (line.startsWith('  - ')) {
      const [, file] = /\[[^\]]+\]\(([^)]+\.test\.ts)\): /.exec(line) ?? [];
      const titles = Array.from(line.matchAll(/“([^”]+)”/g), ([, title]) => title!);
      claims.at(-1)!.references.push({ line: line.slice(4), file, titles });
    }
  }
  return claims;
}

const CLAIMS = claimsIn(readFileSync(join(__dirname, 'README.md'), 'utf8'));
const REFERENCES = CLAIMS.flatMap(({ references }) => references);
const NAMED = [...new Set(REFERENCES.flatMap(({ file }) => file ?? []))];

function sourceOf(file: string): string {
  const path = join(__dirname, file);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** Whether a whole string of the source is `title`: of a test, of a group, or of a row of a table of tests. */
function hasTitle(source: string, title: string): boolean {
  return ["'", '"', '`'].some((quote) => source.includes(`${quote}${title}${quote}`));
}

describe('README.md', () => {
  it('has a diagram for each claim, but for some of the client', () => {
    expect(CLAIMS.length).toBeGreaterThan(100);
    const undrawn = CLAIMS.filter(({ references }) => !references.some(({ titles }) => titles.length > 0));
    expect(undrawn.filter(({ section }) => section !== "The client's face").map(({ text }) => text)).toEqual([]);
  });

  it.each(NAMED)('names what is in %s', (file) => {
    const source = sourceOf(file);
    const titles = REFERENCES.filter((reference) => reference.file === file).flatMap(({ titles }) => titles);
    expect(titles.filter((title) => !hasTitle(source, title))).toEqual([]);
    expect(titles).not.toEqual([]);
  });

  it.each(FILES)('names %s', (name) => {
    expect(NAMED).toContain(name);
  });

  it.each(Object.keys(DEFAULT_LIMITS))('draws the limit %s, at it and past it', (name) => {
    const drawn = CLAIMS.filter(({ text }) => text === `\`${name}\``).flatMap(({ references }) => references);
    const lines = drawn.filter(({ titles }) => titles.length > 0).map(({ line }) => line);
    expect(lines).toContainEqual(expect.stringMatching(/^at it: /));
    expect(lines).toContainEqual(expect.stringMatching(/^past it: /));
  });
});

describe('a file opens with a picture', () => {
  /** Which has none yet. */
  const without = ['resolve.test.ts'];

  it.each(FILES.filter((name) => !without.includes(name)))('%s', (name) => {
    const [comment = ''] = /^\/\*\*[^]*?\*\//.exec(sourceOf(name)) ?? [];
    // Rows below each other: what they are of, and marks.
    expect(comment).toMatch(/^ \* ```$[^]+^ \* +\S.*[-|^!()].*$[^]+^ \* ```$/m);
  });
});
