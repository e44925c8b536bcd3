// node lab/site/search.mjs [WORDS]: the pages of the built site that a search finds, best first.
// Without words: searches for the words of search-words.json, prints those whose page is not the first, and fails on one of `found`.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import MiniSearch from 'minisearch';
import { FIELDS, INDEX_OPTIONS, SEARCH_OPTIONS } from './search-options.mjs';

const chunks = fileURLToPath(new URL('../build/site/dist/assets/chunks', import.meta.url));
const name = readdirSync(chunks).find((file) => file.startsWith('@localSearchIndex'));
const { default: index } = await import(pathToFileURL(`${chunks}/${name}`).href);
const search = MiniSearch.loadJSON(index, { ...FIELDS, ...INDEX_OPTIONS, searchOptions: SEARCH_OPTIONS });

/** The pages that are found, each once. */
function pagesFor(words) {
  return [...new Set(search.search(words).map(({ id }) => id.replace(/^\/|(?:\.html)?(?:#.*)?$/g, '')))];
}

const { log } = console;
const [, , ...words] = process.argv;
if (words.length > 0) log(pagesFor(words.join(' ')).slice(0, 10).join('\n'));
else {
  const { found, pending } = JSON.parse(readFileSync(new URL('search-words.json', import.meta.url), 'utf8'));
  const missesOf = (expected) =>
    Object.entries(expected).flatMap(([query, page]) => {
      const pages = pagesFor(query);
      if (pages[0] === page) return [];
      return [
        `${query}: ${page} is number ${pages.indexOf(page) + 1 || '-'}; first are ${pages.slice(0, 3).join(', ')}`,
      ];
    });
  const misses = missesOf(found);
  // The pages of these are still to be written.
  for (const miss of missesOf(pending)) log(`pending: ${miss}`);
  for (const miss of misses) log(miss);
  const counts = [found, pending].map((queries) => Object.keys(queries).length);
  log(`search: ${counts[0]} queries, ${misses.length} without their page first; ${counts[1]} pending`);
  if (misses.length > 0) process.exitCode = 1;
}
