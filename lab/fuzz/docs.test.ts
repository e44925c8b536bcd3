/** docs/internals/fuzzing.md lists every difference that the fuzzers take for lawful, word by word. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TARGETS } from './targets.js';

it.each(TARGETS)('the table of $name is that of the page', ({ lawful }) => {
  const page = readFileSync(join(__dirname, '../../docs/internals/fuzzing.md'), 'utf8').replace(/\s+/g, ' ');
  for (const { name, section, sentence } of lawful) {
    expect(page).toContain(name);
    expect(page).toContain(section);
    expect(page).toContain(sentence.replaceAll('|', '\\|').replaceAll('*', '\\*'));
  }
});
