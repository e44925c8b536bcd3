// The sidebar of the API reference: a chapter an entry point, with its categories.
import { existsSync, readFileSync } from 'node:fs';

const ENTRIES = ['rxpaf', 'rxpaf/engine', 'rxpaf/middleware', 'rxpaf/ws', 'rxpaf/sse', 'rxpaf/testing', 'rxpaf/eslint'];

/** Reads the indexes that typedoc wrote below `pages`. */
export function apiSidebar(pages) {
  return ENTRIES.filter((entry) => existsSync(`${pages}/api/${entry}/index.md`)).map((entry) => ({
    text: entry,
    link: `/api/${entry}/`,
    items: categoriesIn(readFileSync(`${pages}/api/${entry}/index.md`, 'utf8'), entry),
  }));
}

function categoriesIn(index, entry) {
  const categories = [];
  for (const line of index.split('\n')) {
    const [, heading] = /^## (.*)$/.exec(line) ?? [];
    if (heading !== undefined) categories.push({ text: heading, collapsed: true, items: [] });
    const [, name, target] = /^\| \[([^\]]+)\]\(([^)]+)\.md\)/.exec(line) ?? [];
    if (name !== undefined)
      categories.at(-1)?.items.push({ text: name.replaceAll('\\', ''), link: `/api/${entry}/${target}` });
  }
  return categories;
}
