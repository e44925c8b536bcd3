/** A recording as the text of a test: an operator of a server prints it, and a programmer keeps it. */
import type { Exchange } from './exchange.js';
import { expectationOf } from './exchange.js';
import type { RecordedConnection } from './recording.js';
import { quoted, source } from './source-code.js';
import { checkOptions, type OptionTable, textValue } from '../../option-checks.js';

/** How a test is printed. */
export interface PrintOptions {
  /** Where `test` is imported from: `vitest`, `@jest/globals`... `node:test` unless set. */
  readonly runner?: string;
  /** The module that exports the service under test as `handler`: `./handler.js` unless set. */
  readonly handler?: string;
  /** The test's title: the first requests, unless set. */
  readonly title?: string;
}

const OPTIONS: OptionTable<PrintOptions> = { runner: textValue, handler: textValue, title: textValue };

/** Characters of a line, past which it is broken. */
const WIDTH = 120;

/**
 * The text of a test that replays a recording and expects its exchanges; of several connections, of a test each.
 *
 * @example
 * ```ts
 * writeFileSync('recorded.test.ts', printTest(recorder.recording(), { runner: 'vitest' }));
 * ```
 */
export function printTest(
  recorded: RecordedConnection | readonly RecordedConnection[],
  options: PrintOptions = {},
): string {
  checkOptions('printTest', options, OPTIONS);
  const { runner = 'node:test', handler = './handler.js', title } = options;
  const connections = 'diagram' in recorded ? [recorded] : recorded;
  return [
    `// Connections as they were recorded, secrets redacted: see docs/recorder.md of rxpaf.`,
    `import { test } from ${quoted(runner)};`,
    `import { expectExchanges, httpTest } from 'rxpaf/testing';`,
    `import { handler } from ${quoted(handler)};`,
    ...connections.flatMap((connection) => ['', ...testOf(connection, title ?? titleOf(connection.exchanges))]),
    ``,
  ].join('\n');
}

function testOf({ diagram, values, alpn, exchanges, truncated }: RecordedConnection, title: string): string[] {
  const letters = Object.entries(values);
  const builders = ['h1', 'h2'].filter((name) => letters.some(([, { code }]) => code.includes(`${name}.`)));
  const how = alpn === undefined ? '' : `, { alpn: ${quoted(alpn)} }`;
  return [
    ...(truncated ? ['// More passed than was kept: this is the beginning.'] : []),
    `test(${quoted(title)}, () =>`,
    `  httpTest((words) => {`,
    `    const { ${['flow', ...builders].join(', ')} } = words;`,
    `    const client = flow(${quoted(diagram)}, {`,
    ...letters.map(([letter, { code }]) => `      ${letter}: ${broken(code)},`),
    `    });`,
    `    expectExchanges(words, client, handler${how}).toBe([`,
    ...exchanges.map((exchange) => `      ${source(expectationOf(exchange))},`),
    `    ]);`,
    `  }));`,
  ];
}

/** An array of parts a line each, where one line would be too long. */
function broken(code: string): string {
  if (code.length <= WIDTH || !code.startsWith('[')) return code;
  return `[\n${splitParts(code.slice(1, -1))
    .map((part) => `        ${part},`)
    .join('\n')}\n      ]`;
}

/** The parts of `a(...), b(...), 'c'`: split at the commas outside of brackets and quotes. */
function splitParts(code: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quote: string | undefined;
  let begin = 0;
  for (let at = 0; at < code.length; at++) {
    const char = code[at];
    if (quote !== undefined) {
      if (char === '\\') at++;
      else if (char === quote) quote = undefined;
    } else if (char === "'" || char === '"') quote = char;
    else if (char === '(' || char === '{' || char === '[') depth++;
    else if (char === ')' || char === '}' || char === ']') depth--;
    else if (char === ',' && depth === 0) {
      parts.push(code.slice(begin, at));
      begin = at + 2;
    }
  }
  return [...parts, code.slice(begin)];
}

function titleOf(exchanges: readonly Exchange[]): string {
  const told = exchanges.slice(0, 3).map(({ method, target }) => `${method} ${target.slice(0, 40)}`);
  if (told.length === 0) return 'a connection without a request';
  return `${told.join(', ')}${exchanges.length > told.length ? ` and ${exchanges.length - told.length} more` : ''}`;
}
