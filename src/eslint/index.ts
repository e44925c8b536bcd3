/**
 * An ESLint plugin: what a compiler cannot see of a body.
 *
 * @packageDocumentation
 */
import type { ESLint, Linter } from 'eslint';
import { noLeakingOperators } from './no-leaking-operators.js';

const rules = { 'no-leaking-operators': noLeakingOperators };

const plugin = { meta: { name: 'rxpaf' }, rules } satisfies ESLint.Plugin;

/** For a flat configuration: all rules, on files of TypeScript, whose parser has to give types. */
const recommended: Linter.Config = {
  name: 'rxpaf/recommended',
  files: ['**/*.ts', '**/*.mts', '**/*.cts', '**/*.tsx'],
  plugins: { rxpaf: plugin },
  rules: { 'rxpaf/no-leaking-operators': 'error' },
};

/**
 * The plugin.
 *
 * @example
 * ```ts
 * import rxpaf from 'rxpaf/eslint';
 * import tseslint from 'typescript-eslint';
 *
 * export default tseslint.config(
 *   { languageOptions: { parser: tseslint.parser, parserOptions: { projectService: true } } },
 *   rxpaf.configs.recommended,
 * );
 * ```
 */
const rxpaf = { ...plugin, configs: { recommended } };
export default rxpaf;
