/** Files for tests of the rule: with what they import, and a body, a flow and a plain Observable. */
import { resolve } from 'node:path';
import { RuleTester } from '@typescript-eslint/rule-tester';

const root = resolve(__dirname, '../../..');

export const ruleTester = new RuleTester({
  languageOptions: {
    parserOptions: {
      projectService: { allowDefaultProject: ['*.ts*'], defaultProject: 'tsconfig.json' },
      tsconfigRootDir: root,
    },
  },
});

/** The types of RuleTester are those of typescript-eslint's rules; it runs any. */
export type AnyRule = Parameters<typeof ruleTester.run>[1];

/** A file that imports what it uses, and has a body, a flow, a file, and a plain Observable. */
export function file(code: string, rxpaf = ''): string {
  return `import * as rx from 'rxjs';
import { concatMap, delay as later, map, mergeMap, of, pipe } from 'rxjs';
import { type Body${rxpaf}, type Flow } from 'rxpaf';
import type { ByteSource } from 'rxpaf';
import type { PairFlow, TestFlow } from 'rxpaf/testing';
declare const body: Body;
declare const source: ByteSource;
declare const drawn: TestFlow;
declare const flow: Flow;
declare const plain: rx.Observable<Uint8Array>;
declare const write: (chunk: Uint8Array) => Promise<void>;
${code}`;
}
