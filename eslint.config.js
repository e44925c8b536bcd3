import { pathToFileURL } from 'node:url';
import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import { bundle } from './scripts/bundle.mjs';

// The rules that its users get are the project's own, too: as they stand in src.
const { default: rxpaf } = await import(pathToFileURL(bundle('src/eslint/index.ts')).href);

export default tseslint.config(
  { ignores: ['**/dist/', '**/build/', '**/coverage/', 'docs/api/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-floating-promises': [
        'error',
        // The runner of node:test waits for its tests itself.
        { allowForKnownSafeCalls: [{ from: 'package', name: 'test', package: 'node:test' }] },
      ],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/ban-ts-comment': 'error',
      // A byte loop reads better with `!` than with a check that cannot fail.
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  rxpaf.configs.recommended,
  {
    // These files measure operators that queue without bound, on purpose.
    files: ['**/*.test.ts', 'test/**', 'lab/guides/**'],
    rules: { 'rxpaf/no-leaking-operators': 'off' },
  },
  {
    // Left to itself it makes no list of more than ten, whatever its `maxLength` is.
    files: ['**/*.test.ts'],
    rules: {
      'no-restricted-imports': ['error', { name: 'fast-check', message: 'test/kits/properties.ts has it, set up.' }],
    },
  },
  {
    // Virtual time must see everything: the core takes its clock from a scheduler, and nothing else.
    files: ['src/**/*.ts'],
    ignores: ['src/node/**', 'src/**/*.test.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'clearTimeout', 'clearInterval'].map(
          (name) => ({
            name,
            message: 'The core takes its time from an RxJS scheduler.',
          }),
        ),
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Ask the scheduler: scheduler.now().' },
        { object: 'process', property: 'nextTick', message: 'The core has no microtasks.' },
      ],
    },
  },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: {
        ...Object.fromEntries(
          ['process', 'console', 'URL', 'setInterval', 'clearInterval'].map((name) => [name, 'readonly']),
        ),
        module: 'writable',
        require: 'readonly',
      },
    },
  },
);
