/** The programs of `examples/`, found the way that `npm run example NAME` finds them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

export const EXAMPLES = join(__dirname, '../../examples');

/** An example: `TOPIC/NAME.ts`, or `TOPIC/NAME/NAME.ts` with its parts beside it. */
export interface ExampleProgram {
  readonly name: string;
  readonly topic: string;
  /** The program, from `examples/`. */
  readonly entry: string;
  /** The folder of an example with several files, from `examples/`. */
  readonly folder: string | undefined;
}

/** All examples, by topic and name. */
export function listExamples(): readonly ExampleProgram[] {
  const topics = readdirSync(EXAMPLES, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return topics.flatMap(({ name: topic }) =>
    readdirSync(join(EXAMPLES, topic), { withFileTypes: true }).map((found) => {
      const path = `${topic}/${found.name}`;
      const name = found.name.replace(/\.ts$/, '');
      return found.isDirectory()
        ? { name, topic, entry: `${path}/${name}.ts`, folder: path }
        : { name, topic, entry: path, folder: undefined };
    }),
  );
}
