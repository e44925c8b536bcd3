// Gathers the pages of the site into a folder: documents with their links rewritten, diagrams as pictures, examples as code, the API.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeApi } from './api.mjs';
import { drawDiagram } from './diagrams.mjs';
import { rewriteLinks } from './links.mjs';
import { placesOf } from './pages.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const SITE = `${root}lab/build/site`;
export const PAGES = `${SITE}/pages`;

const read = (path) => readFileSync(join(root, path), 'utf8');

function write(page, text) {
  mkdirSync(dirname(`${PAGES}/${page}`), { recursive: true });
  writeFileSync(`${PAGES}/${page}`, text);
}

/** The comment at the top of a program, without its marks; '' without one. */
function topComment(code) {
  const block = /^\/\*\*([^]*?)\*\//.exec(code);
  if (block !== null) return block[1].replace(/^ *\* ?/gm, '').trim();
  const [lines] = /^(?:\/\/.*\n)+/.exec(code) ?? [''];
  return lines.replace(/^\/\/ ?/gm, '').trim();
}

/** The first sentence up to its colon is the title, if it is short enough. */
function titleOf(comment, fallback) {
  const [start] = /^[^]*?(?=[:.] |\.?$|\.\n|:\n| \()/.exec(comment) ?? [''];
  const title = start.replaceAll('`', '').trim();
  return title !== '' && title.length <= 48 && !title.includes('\n') ? title : fallback;
}

const wordsOf = (name) => {
  const words = name.replaceAll('-', ' ').replace(/\bh([12])\b/g, 'HTTP/$1');
  return words[0].toUpperCase() + words.slice(1);
};

/** A comment as Markdown, whose blocks are drawn: those of the diagrams, not those of a language. */
function drawn(comment, title, name) {
  let count = 0;
  return comment.replace(/^```\n([^]*?)\n```$/gm, (_, source) => {
    const svg = drawDiagram(source, `Marble diagram: ${title}`, `${name}-${++count}`);
    return `<div class="marbles" tabindex="0" role="group" aria-label="Marble diagram">${svg}</div>`;
  });
}

/** The claims of marbles/README.md by file: the text of each, and the titles of the tests that show it. */
function claimsByFile(readme) {
  const claims = new Map();
  let claim = '';
  for (const line of readme.split('\n')) {
    if (line.startsWith('- ')) claim = line.slice(2);
    for (const [, file, titles] of line.matchAll(/\]\(([\w-]+\.test\.ts)\): ([^[]*)/g)) {
      if (!claims.has(file)) claims.set(file, []);
      claims.get(file).push({ claim, titles: titles.replace(/,? *$/, '') });
    }
  }
  return claims;
}

function specificationPage(path, claims) {
  const code = read(path);
  const name = basename(path, '.test.ts');
  const comment = topComment(code);
  const title = titleOf(comment, wordsOf(name));
  const rows = (claims.get(basename(path)) ?? []).map(({ claim, titles }) => `- ${claim}\n  - ${titles}`);
  return [
    `# ${title}`,
    drawn(comment, title, name),
    ...(rows.length > 0 ? ['## What it shows', rows.join('\n')] : []),
    `## ${path}`,
    `\`\`\`ts\n${code.trimEnd()}\n\`\`\`\n`,
  ].join('\n\n');
}

function examplePage(path) {
  const code = read(path);
  const comment = topComment(code);
  const name = basename(path, '.ts');
  // A comment of lines has commands to try in lines of their own.
  const prose = comment.replace(/^( {2,}\S.*|\$ .*)$/gm, '    $1').replace(/</g, '&lt;');
  return `# ${name}\n\n${prose}\n\n## ${path}\n\n\`\`\`ts\n${code.trimEnd()}\n\`\`\`\n`;
}

/** Writes all pages, and returns the title of each by its path. */
export async function assemble() {
  rmSync(PAGES, { recursive: true, force: true });
  const places = placesOf(root);
  const claims = claimsByFile(read('marbles/README.md'));
  for (const [path, page] of places) {
    if (path.endsWith('.md')) write(page, rewriteLinks(read(path), path, places));
    else if (path.startsWith('marbles/')) write(page, specificationPage(path, claims));
    else if (path.endsWith('.ts')) write(page, examplePage(path));
    else if (/\.\w+$/.test(path)) {
      mkdirSync(dirname(`${PAGES}/${page}`), { recursive: true });
      cpSync(join(root, path), `${PAGES}/${page}`);
    }
  }
  mkdirSync(`${PAGES}/public`, { recursive: true });
  cpSync(`${root}examples/first-steps/start/page/icon.svg`, `${PAGES}/public/icon.svg`);
  await writeApi(`${PAGES}/api`);
  return titlesIn(PAGES);
}

/** The title of each page, which is its first heading. */
export function titlesIn(folder) {
  const titles = new Map();
  for (const entry of readdirSync(folder, { recursive: true }).sort()) {
    if (!entry.endsWith('.md')) continue;
    const [, title] = /^# (.*)$/m.exec(readFileSync(`${folder}/${entry}`, 'utf8')) ?? [];
    titles.set(entry.replaceAll('\\', '/'), (title ?? entry).replace(/[`\\]/g, ''));
  }
  return titles;
}
