// Follows each link of the built site: pages, files, and the headings that they name. Nothing is asked from the network.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const idsIn = (html) => new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id));

/** What a path leads to: a file, the index of a folder, or a page without its ending. */
function fileAt(dist, path) {
  for (const file of [path, `${path}.html`, join(path, 'index.html')]) {
    if (existsSync(join(dist, file)) && statSync(join(dist, file)).isFile()) return normalize(file);
  }
  return undefined;
}

/** The links of the pages below `dist` that lead nowhere, in words. */
export function findBrokenLinks(dist) {
  const pages = new Map();
  for (const file of readdirSync(dist, { recursive: true })) {
    if (file.endsWith('.html')) pages.set(normalize(file), readFileSync(join(dist, file), 'utf8'));
  }
  const ids = new Map([...pages].map(([page, html]) => [page, idsIn(html)]));
  const broken = [];
  for (const [page, html] of pages) {
    for (const [, name, target] of html.matchAll(/\s(href|src)="([^"]*)"/g)) {
      const link = target.replaceAll('&amp;', '&');
      if (/^(?:data|mailto):/.test(link)) continue;
      if (/^(?:[a-z]+:)?\/\//i.test(link)) {
        // A link may lead elsewhere; a picture, a font or a script may not.
        if (name === 'src') broken.push(`${page}: ${link} is on another host`);
        continue;
      }
      const [path, fragment] = link.split('#').map(decodeURIComponent);
      const file = path === '' ? page : fileAt(dist, path.startsWith('/') ? path.slice(1) : join(dirname(page), path));
      if (file === undefined) broken.push(`${page}: ${link} does not exist`);
      else if (fragment !== undefined && fragment !== '' && ids.get(file)?.has(fragment) !== true) {
        broken.push(`${page}: ${link} has no such heading`);
      }
    }
  }
  return [...new Set(broken)].sort();
}
