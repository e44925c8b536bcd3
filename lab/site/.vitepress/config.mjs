// The site of the documents. Its pages are gathered by assemble.mjs before it is built; nothing of it is asked from another host.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { titlesIn } from '../assemble.mjs';
import { apiSidebar } from '../api-sidebar.mjs';
import { navigationOf } from '../pages.mjs';
import { INDEX_OPTIONS } from '../search-options.mjs';

const site = fileURLToPath(new URL('../../build/site', import.meta.url));
const pages = `${site}/pages`;
const titles = existsSync(pages) ? titlesIn(pages) : new Map();
const { guides, specification, examples, project, firstGuide } = navigationOf(titles);

const searchOptions = {
  detailedView: false,
  // The code of examples and tests would hide the pages that explain it.
  _render(source, env, markdown) {
    const isCode = /^(?:examples|specification)\/.+/.test(env.relativePath ?? '');
    return markdown.render(isCode ? source.replace(/^```[^]*?^```$/gm, '') : source, env);
  },
};
// VitePress copies enumerable functions into the pages as text, which a page with a content security policy must not evaluate. The
// index is built with these here; theme/index.js gives them to the pages.
Object.defineProperty(searchOptions, 'miniSearch', { value: { options: INDEX_OPTIONS }, enumerable: false });

export default {
  lang: 'en',
  title: 'rxpaf',
  description: 'HTTP/1.1 and HTTP/2 over any byte flow, dispatched by ALPN, as RxJS streams',
  srcDir: pages,
  outDir: `${site}/dist`,
  cacheDir: `${site}/cache`,
  // The navigation is in one file, not in each page.
  metaChunk: true,
  cleanUrls: false,
  // A guide links to the server that its reader has just started.
  ignoreDeadLinks: 'localhostLinks',
  lastUpdated: false,
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: '/icon.svg' }]],
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    // The anchors of a document are those that it has in the repository and on the pages of the package.
    anchor: {
      slugify: (heading) =>
        heading
          .trim()
          .toLowerCase()
          .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
          .replace(/ /g, '-'),
    },
  },
  themeConfig: {
    outline: { level: [2, 3] },
    nav: [
      { text: 'Guides', link: firstGuide ?? '/', activeMatch: '^/guides/' },
      { text: 'API', link: '/api/', activeMatch: '^/api/' },
      { text: 'Examples', link: '/examples/', activeMatch: '^/examples/' },
      { text: 'Specification', link: '/specification/', activeMatch: '^/specification/' },
      { text: 'Project', link: '/project/changelog', activeMatch: '^/(?:project|internals)/' },
    ],
    sidebar: {
      '/guides/': guides,
      '/': guides,
      '/api/': apiSidebar(pages),
      '/examples/': examples,
      '/specification/': specification,
      '/project/': project,
      '/internals/': project,
    },
    docFooter: { prev: 'Previous page', next: 'Next page' },
    externalLinkIcon: true,
    search: { provider: 'local', options: searchOptions },
  },
  vite: {
    build: { chunkSizeWarningLimit: 20_000 },
    // The config is a file of this repository, and its dependencies lie beside it.
    server: { host: '127.0.0.1' },
  },
};
