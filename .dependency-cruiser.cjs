/**
 * The import rules: downwards only. The order of `layers` is the order of the house, ground floor first;
 * a file may import from its own folder and from those before it.
 */
const ground = ['errors', 'limits', 'option-checks', 'bytes', 'streams', 'engine'].map((file) => `^src/${file}\\.ts$`);
const layers = [
  'http',
  'demand',
  'body',
  'flow',
  'node',
  'h1',
  'h2',
  'drive',
  'alpn',
  'server',
  'client',
  'ws',
  'testing',
];
const packages = ['npm', 'npm-dev', 'npm-peer', 'npm-optional', 'npm-no-pkg', 'npm-unknown'];
const tests = '\\.test\\.ts$';

/** The public types of an exchange, its connection and a service name each other, and nothing else is in these files. */
const mutualTypes = '^src/server/(exchange-interface|finished-exchange|handler|http-connection)\\.ts$';

const upwards = layers.flatMap((layer, index) => {
  const above = layers.slice(index + 1).map((name) => `^src/${name}/`);
  return above.length === 0
    ? []
    : [
        {
          name: `${layer}-imports-downwards`,
          severity: 'error',
          from: { path: `^src/${layer}/`, pathNot: tests },
          to: { path: [...above, '^src/index\\.ts$'] },
        },
      ];
});

module.exports = {
  forbidden: [
    ...upwards,
    {
      // By types as well: two files that need each other's types are one file, or need an interface between them.
      name: 'no-circular',
      severity: 'error',
      from: { pathNot: [tests, mutualTypes] },
      to: { circular: true },
    },
    {
      name: 'no-circular-at-run-time',
      severity: 'error',
      from: { path: mutualTypes },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'engine-entry-has-no-rxjs',
      severity: 'error',
      from: { path: '^src/engine/', pathNot: tests },
      to: { pathNot: ['^src/(h1|h2|http|ws/engine)/', '^src/engine/', ...ground] },
    },
    {
      name: 'the-core-stands-without-its-building-blocks',
      severity: 'error',
      from: { path: '^src/(?!middleware/|testing/)', pathNot: tests },
      to: { path: '^src/middleware/' },
    },
    {
      name: 'middleware-of-the-server',
      severity: 'error',
      from: { path: '^src/middleware/', pathNot: tests },
      to: { path: '^src/(client|testing|engine|node|h1|h2)/' },
    },
    {
      // The package needs none of its tests, their kits, the lab and the examples.
      name: 'src-stands-alone',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { path: '^(test|marbles|lab|examples|scripts)/' },
    },
    {
      name: 'ground-floor',
      severity: 'error',
      from: { path: ground, pathNot: tests },
      to: { path: '^src/(?!http/)', pathNot: ground },
    },
    {
      name: 'engines-are-sans-io',
      severity: 'error',
      from: { path: '^src/(h1|h2|ws/engine)/', pathNot: tests },
      to: { dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'engines-stand-alone',
      severity: 'error',
      from: { path: '^src/(h1|h2|ws/engine)/', pathNot: tests },
      to: { path: '^src/(demand|body|flow|node)/' },
    },
    {
      // The engine of WebSockets knows HTTP by its heads, and nothing of what drives it.
      name: 'ws-engine-stands-alone',
      severity: 'error',
      from: { path: '^src/ws/engine/', pathNot: tests },
      to: { path: '^src/', pathNot: ['^src/ws/engine/', '^src/http/', ...ground] },
    },
    { name: 'h1-not-h2', severity: 'error', from: { path: '^src/h1/' }, to: { path: '^src/h2/' } },
    { name: 'h2-not-h1', severity: 'error', from: { path: '^src/h2/' }, to: { path: '^src/h1/' } },
    {
      name: 'server-and-client-apart',
      severity: 'error',
      from: { path: '^src/client/' },
      to: { path: '^src/server/' },
    },
    {
      name: 'only-node-opens-sockets',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/node/', tests] },
      to: { path: '^(node:)?(net|tls|http|https|http2|dgram|child_process|fs)$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'nothing-imports-testing',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/testing/', tests] },
      to: { path: '^src/testing/' },
    },
    {
      name: 'nothing-imports-eslint',
      severity: 'error',
      from: { path: '^src/(?!eslint/)' },
      to: { path: '^src/eslint/' },
    },
    {
      // It is run by ESLint, beside the library and not in it.
      name: 'eslint-stands-alone',
      severity: 'error',
      from: { path: '^src/eslint/', pathNot: tests },
      to: { path: '^src/(?!eslint/)' },
    },
    {
      // ESLint and the compiler that parsed for it are there when it runs; only their types are named.
      name: 'eslint-imports-types',
      severity: 'error',
      from: { path: '^src/eslint/', pathNot: tests },
      to: { dependencyTypes: ['core', ...packages], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'rxjs-is-the-only-dependency',
      severity: 'error',
      from: { path: '^src/', pathNot: [tests, '^src/eslint/'] },
      to: { dependencyTypes: packages, pathNot: 'node_modules/rxjs/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      conditionNames: ['import', 'types', 'default'],
    },
  },
};
