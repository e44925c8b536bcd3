/** The parts of the site that are written here: the drawing of diagrams, the rewriting of links, the search for broken ones. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The value of an expression in a module of the site: these are ES modules, and the tests are not. */
function from(module: string, expression: string, input: unknown): unknown {
  const code = `import * as module from './${module}'; const input = JSON.parse(process.argv[1]); console.log(JSON.stringify(${expression}))`;
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', code, JSON.stringify(input)], {
      cwd: __dirname,
      encoding: 'utf8',
    }),
  );
}

describe('diagrams', () => {
  const read = (...lines: string[]): string[] =>
    (from('diagrams.mjs', 'module.readDiagram(input)', lines) as { text: string; drawn: boolean }[][]).map((row) =>
      row.map(({ text, drawn }) => (drawn ? `<${text}>` : text)).join(' '),
    );

  it('distinguish drawings from labels and notes', () => {
    expect(
      read(
        'upload, W = 8        client   a--b------|     4 bytes each',
        '                     reader   ----o--o--      has taken one (of two), keep-alive',
        '                     values   abc             as they come',
        'concatMap a--b--c',
        '',
        'client  -a - 10s - (bc)#',
      ),
    ).toEqual([
      'upload, W = 8 client <a--b------|> 4 bytes each',
      'reader <----o--o--> has taken one (of two), keep-alive',
      'values <abc> as they come',
      'concatMap <a--b--c>',
      '',
      'client <-a - 10s - (bc)#>',
    ]);
  });

  it('become a picture with a name, a description, and a mark for each character', () => {
    const draw = `module.drawDiagram(input.source, 'A & B', 'id')`;
    const svg = from('diagrams.mjs', draw, { source: 'client  a-(bc)-|\nserver  ^--#\nwire    x!' }) as string;
    expect(svg).toMatch(
      /^<svg class="marbles" role="img" aria-labelledby="id-title" aria-describedby="id-text" viewBox="[-\d ]+"/,
    );
    expect(svg).toContain('<title id="id-title">A &#38; B</title>');
    expect(svg).toContain('server  ^--#');
    const count = (kind: string): number => svg.split(`class="${kind}"`).length - 1;
    expect(['value', 'name', 'group', 'end', 'error', 'subscription', 'label'].map(count)).toEqual([
      3, 4, 1, 1, 3, 1, 3,
    ]);
  });
});

describe('links', () => {
  const places = [
    ['README.md', 'index.md'],
    ['docs/client.md', 'guides/client.md'],
    ['docs/images/a.svg', 'guides/images/a.svg'],
    ['marbles/README.md', 'specification/index.md'],
  ];
  const rewrite = (text: string, source: string): unknown =>
    from('links.mjs', 'module.rewriteLinks(input.text, input.source, new Map(input.places))', { text, source, places });

  it('lead to the page of a document, with its heading', () => {
    expect(rewrite('See [the `client`](docs/client.md#retries), ![a](docs/images/a.svg).', 'README.md')).toBe(
      'See [the `client`](./guides/client.md#retries), ![a](./guides/images/a.svg).',
    );
    expect(rewrite('[diagrams](../marbles/README.md) <img src="images/a.svg">', 'docs/client.md')).toBe(
      '[diagrams](../specification/index.md) <img src="./images/a.svg">',
    );
  });

  it('become text if the site has no page of the file', () => {
    expect(
      rewrite('The [limits](../src/limits.ts) of [`a`](#a) and [b](https://example.com/).', 'docs/client.md'),
    ).toBe('The limits of [`a`](#a) and [b](https://example.com/).');
  });

  it('stay in code', () => {
    const text = 'A `[link](docs/client.md)`:\n\n```md\n[link](docs/client.md)\n```\n';
    expect(rewrite(text, 'README.md')).toBe(text);
  });

  it('are broken if a page, a heading or a file is missing, or if it is loaded from another host', () => {
    const folder = mkdtempSync(join(tmpdir(), 'rxpaf-site-'));
    try {
      const files = {
        'index.html':
          '<a href="/guides/a.html#b"></a><a href="guides/c.html"></a><a href="guides/a.html#none"></a><a href="#b"></a>',
        'guides/a.html':
          '<h2 id="b"></h2><a href="../"></a><img src="https://example.com/a.png"><a href="https://example.com/"></a>',
      };
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, name)), { recursive: true });
        writeFileSync(join(folder, name), content);
      }
      expect(from('check-links.mjs', 'module.findBrokenLinks(input)', folder)).toEqual([
        'guides/a.html: https://example.com/a.png is on another host',
        'index.html: #b has no such heading',
        'index.html: guides/a.html#none has no such heading',
        'index.html: guides/c.html does not exist',
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
