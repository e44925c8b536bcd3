// Which files of the project become pages of the site, and where each page is in its navigation.
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** The guides in the order of the sidebar. A guide without a row here comes last, under "More". */
const GUIDES = [
  ['First steps', ['getting-started', 'coming-from', 'upgrading']],
  [
    'Server',
    [
      ...['responses', 'streaming', 'events', 'errors', 'middleware', 'requests', 'tunnels', 'websocket'],
      ...['tls', 'shutdown', 'proxies', 'composition'],
    ],
  ],
  ['Client', ['client']],
  ['Streams', ['backpressure', 'operators']],
  ['Testing', ['testing', 'recorder']],
  ['Operation', ['limits', 'security']],
  ['Help', ['recipes', 'troubleshooting']],
];

const withExtension = (folder, extension) =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name.endsWith(extension))
        .map((entry) => entry.name)
        .sort()
    : [];

/** All files below a folder, as paths from `root`. */
function filesBelow(root, folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(root, path) : [path];
  });
}

/** Where each file of the project is on the site: documents, diagrams, examples and pictures. */
export function placesOf(root) {
  const places = new Map([
    ['README.md', 'index.md'],
    ['CHANGELOG.md', 'project/changelog.md'],
    ['CONTRIBUTING.md', 'project/contributing.md'],
    ['SECURITY.md', 'project/security-policy.md'],
    ['marbles/README.md', 'specification/index.md'],
    ['marbles', 'specification/index.md'],
    ['examples/README.md', 'examples/index.md'],
    ['examples', 'examples/index.md'],
  ]);
  for (const name of withExtension(join(root, 'docs'), '.md')) places.set(`docs/${name}`, `guides/${name}`);
  for (const name of withExtension(join(root, 'docs/internals'), '.md')) {
    places.set(`docs/internals/${name}`, `internals/${name}`);
  }
  for (const folder of ['docs/images', 'docs/internals/images']) {
    if (!existsSync(join(root, folder))) continue;
    for (const name of readdirSync(join(root, folder))) {
      places.set(
        `${folder}/${name}`,
        `${folder.replace('docs/images', 'guides/images').replace('docs/internals', 'internals')}/${name}`,
      );
    }
  }
  for (const name of withExtension(join(root, 'marbles'), '.test.ts')) {
    places.set(`marbles/${name}`, `specification/${basename(name, '.test.ts')}.md`);
  }
  for (const path of filesBelow(root, 'examples')) {
    if (/\.ts$/.test(path)) places.set(path, path.replace(/\.\w+$/, '.md'));
  }
  // A link to the folder of an example leads to its main file.
  for (const [path, page] of [...places]) {
    const folder = dirname(path);
    if (path.startsWith('examples/') && basename(path).replace(/\.\w+$/, '') === basename(folder))
      places.set(folder, page);
  }
  return places;
}

const link = (page) => `/${page.replace(/\.md$/, '').replace(/(^|\/)index$/, '$1')}`;

/** The navigation of VitePress. `titles`: the title of each page, by its path. */
export function navigationOf(titles) {
  // The topics after the colon of a title are for searches.
  const item = (page) => ({ text: (titles.get(page) ?? page).split(': ')[0], link: link(page) });
  const pagesIn = (folder) =>
    [...titles.keys()].filter((page) => dirname(page) === folder && basename(page) !== 'index.md').sort();
  const remaining = new Set(pagesIn('guides'));
  const groups = GUIDES.map(([text, names]) => ({
    text,
    items: names
      .map((name) => `guides/${name}.md`)
      .filter((page) => remaining.delete(page))
      .map(item),
  }));
  const guides = [...groups, { text: 'More', items: [...remaining].map(item) }].filter(({ items }) => items.length > 0);
  const topics = [
    ...new Set([...titles.keys()].filter((page) => /^examples\/.+\//.test(page)).map((page) => page.split('/')[1])),
  ];
  const examples = topics.sort().map((topic) => ({
    text: titleOfFolder(topic),
    collapsed: true,
    items: [...titles.keys()]
      .filter((page) => page.startsWith(`examples/${topic}/`))
      .sort()
      .map(item),
  }));
  return {
    guides,
    specification: [
      { text: 'The specification', items: [item('specification/index.md'), ...pagesIn('specification').map(item)] },
    ],
    examples: [{ text: 'Examples', items: [item('examples/index.md')] }, ...examples],
    project: [
      { text: 'The project', items: pagesIn('project').map(item) },
      { text: 'Internals', items: pagesIn('internals').map(item) },
    ],
    firstGuide: guides[0].items[0].link,
  };
}

function titleOfFolder(name) {
  const words = name.replaceAll('-', ' ');
  return words.length <= 3 ? words.toUpperCase() : words[0].toUpperCase() + words.slice(1);
}
