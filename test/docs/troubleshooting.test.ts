/** docs/troubleshooting.md lists every code that the library has, each under the class of its error, and no others. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');
const page = textOf('docs/troubleshooting.md');

/** The codes in the tables of a section. */
function listed(heading: string): string[] {
  const begin = page.indexOf(`\n## ${heading}`);
  expect([heading, begin]).not.toEqual([heading, -1]);
  const end = page.indexOf('\n## ', begin + 1);
  return [...page.slice(begin, end < 0 ? undefined : end).matchAll(/^\| `([\w-]+)`/gm)].map(([, code]) => code!).sort();
}

/** The string literals of a union type, or of the type of a property. */
function literals(path: string, declaration: RegExp): string[] {
  const [, union = ''] = declaration.exec(textOf(path)) ?? [];
  return [...union.matchAll(/'([a-z-]+)'/g)].map(([, code]) => code!);
}

const union = (name: string): string[] => literals('src/errors.ts', new RegExp(`export type ${name} =(.*?);\\n`, 's'));

describe('docs/troubleshooting.md', () => {
  it.each([
    ['Errors of the wire', union('ProtocolErrorCode')],
    ['Errors of bodies and operators', [...union('BodyErrorCode'), ...union('UsageErrorCode')]],
    ['Errors of a listener', union('ListenErrorCode')],
    [
      'Errors of a handler',
      [
        ...literals('src/server/faults.ts', /class ResponseError .*?readonly code: (.*?),\n/s),
        ...literals('src/server/faults.ts', /class FaultHandlerError .*?readonly code = (.*?);\n/s),
        // Any other error that a handler throws.
        'exception',
      ],
    ],
    ['Errors of the client', union('ClientErrorCode')],
  ])('lists the codes of: %s', (heading, codes) => {
    expect(codes.length).toBeGreaterThan(3);
    expect(listed(heading)).toEqual([...codes].sort());
  });

  it('describes each code with a remedy', () => {
    const rows = [...page.matchAll(/^\| .*$/gm)].map(([row]) => row.split(' | ').map((cell) => cell.trim()));
    expect(rows.filter((cells) => cells.some((cell) => cell.replace(/\|/g, '').trim() === ''))).toEqual([]);
  });
});
