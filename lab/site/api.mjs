// Writes the reference of the public API as Markdown: a chapter an entry point, grouped by what a user does. Warnings are errors.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { CATEGORIES } from './api-categories.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Writes into the folder `out`. */
export async function writeApi(out) {
  const { Application } = await import(createRequire(`${root}package.json`).resolve('typedoc'));
  const app = await Application.bootstrapWithPlugins({
    options: `${root}typedoc.json`,
    plugin: [
      createRequire(import.meta.url).resolve('typedoc-plugin-markdown'),
      fileURLToPath(new URL('api-categories.mjs', import.meta.url)),
    ],
    logLevel: 'Warn',
    router: 'member',
    entryFileName: 'index.md',
    readme: 'none',
    hidePageHeader: true,
    hideBreadcrumbs: true,
    parametersFormat: 'table',
    indexFormat: 'table',
    tableColumnSettings: { hideSources: true, hideModifiers: true },
    categoryOrder: CATEGORIES,
    sort: ['kind', 'alphabetical'],
    kindSortOrder: ['Function', 'Class', 'Variable', 'Interface', 'TypeAlias'],
  });
  const project = await app.convert();
  if (project === undefined) throw new Error('typedoc could not read the sources');
  app.validate(project);
  await app.outputs.writeOutput({ name: 'markdown', path: out }, project);
  if (app.logger.hasErrors() || app.logger.hasWarnings()) throw new Error('typedoc has warnings: see above');
}
