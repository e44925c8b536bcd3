/**
 * An ESLint plugin: rules about bodies that a compiler cannot check.
 *
 * @packageDocumentation
 */
import type { ESLint, Linter } from 'eslint';
import { noLeakingOperators } from './no-leaking-operators.js';

const plugin: ESLint.Plugin = { meta: { name: 'rxpaf' }, rules: { 'no-leaking-operators': noLeakingOperators } };

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
const rxpaf: ESLint.Plugin & { readonly configs: { readonly recommended: Linter.Config } } = {
  ...plugin,
  configs: { recommended },
};
export default rxpaf;
