// npm run example NAME: runs an example by its name alone.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { install, isInstalled } from './install.mjs';
import { runProgram } from './run.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The examples, by name: `examples/TOPIC/NAME.ts`, or `examples/TOPIC/NAME/NAME.ts` where one has several files. */
function examples() {
  const found = new Map();
  for (const topic of readdirSync(`${root}examples`, { withFileTypes: true })) {
    if (!topic.isDirectory()) continue;
    const folder = `examples/${topic.name}`;
    for (const entry of readdirSync(`${root}${folder}`, { withFileTypes: true })) {
      if (entry.isDirectory()) found.set(entry.name, `${folder}/${entry.name}/${entry.name}.ts`);
      else if (entry.name.endsWith('.ts')) found.set(entry.name.slice(0, -3), `${folder}/${entry.name}`);
    }
  }
  return found;
}

const [name, ...args] = process.argv.slice(2);
const entry = examples().get(name);
if (entry === undefined) {
  const names = [...examples().keys()].sort();
  console.error(`usage: npm run example NAME, where NAME is one of: ${names.join(', ')}`);
  process.exit(2);
}
// A contributor has the dependencies of the project; a user needs only those of the examples.
const base = isInstalled('.') ? '.' : 'scripts/examples';
await install(base);
await runProgram(entry, args, base);
