/** The prose linter: each rule on sentences that it finds and on sentences that it lets pass, in documents and in programs. */
import { isHeld, NOT_YET_HELD, proseFiles } from './files.js';
import { lintProse } from './lint.js';
import { PHRASES, RULES } from './rules.js';
import { countWords, sentencesOf } from './sentences.js';

const root = `${__dirname}/../..`;

const rulesOf = async (text: string, path = 'page.md'): Promise<string[]> =>
  (await lintProse(text, path)).map(({ rule }) => rule);
const placesOf = async (text: string, path: string): Promise<string[]> =>
  (await lintProse(text, path)).map(({ line, column, rule, kind }) => `${line}:${column} ${kind} ${rule}`);

const words = (count: number): string => `${'word '.repeat(count - 1)}end.`;

/** Per rule: sentences that it finds, each once, and sentences that it lets pass. */
const SENTENCES: Readonly<Record<string, { readonly bad: readonly string[]; readonly good: readonly string[] }>> = {
  'sentence-length': {
    bad: [words(31), `Short. ${words(31)}`, `It says e.g. ${words(28)}`],
    good: [words(30), `${words(30)} ${words(30)}`, `${words(29)} \`several words of code\` follow.`],
  },
  'is-none': {
    bad: ['It throws for a limit that is none.', 'Trailers that are none end the response.'],
    good: ['It is none of your concern.', 'There are no trailers.'],
  },
  'is-no': {
    bad: ['A disconnect is no fault.', 'Such requests are no retries.'],
    good: ['There is no limit.', 'A disconnect is not a fault.', 'It is no longer used.', 'It is no later than that.'],
  },
  behind: {
    bad: ['The bytes behind the head are read.', 'What `tap` sees behind `map` is smaller.'],
    good: [
      'Run it behind a proxy.',
      'The server is behind nginx.',
      'It is behind a TLS-terminating reverse proxy.',
      'Two servers behind one load balancer share it.',
      'The bytes after the head are read.',
    ],
  },
  tell: {
    bad: ['The error tells which field it was.', 'It is told by its code.', 'You can tell them apart.'],
    good: ['The error reports the name of the field.', 'Its code distinguishes it.'],
  },
  said: {
    bad: ['The limit is as said in the options.'],
    good: ['The limit is the configured one.'],
  },
  archaic: {
    bad: ['It connects anew.', 'It is of no use.', 'They run beside each other.', 'The peer heeds the setting.'],
    good: ['It connects again.', 'They run concurrently.', 'The file is beside its test.'],
  },
  'free-relative': {
    bad: [
      'What comes after the head is dropped.',
      'Who needs the head alone calls `discard()`.',
      'It ends: what lingers is not waited for.',
      'It closes when what is pending ends.',
    ],
    good: [
      'What is a flow?',
      'It sends what it reads.',
      'The client, who closes it, is gone.',
      'What the process holds.',
      'What if the client disconnects? The handler is unsubscribed.',
      '## What a client is and does',
      'Bytes that follow the head are dropped.',
    ],
  },
  whoever: {
    bad: ['Whoever reads it pays.', 'It goes to the one who asked.', 'Those who wait are served first.'],
    good: ['The reader pays.', 'It goes to the subscriber.'],
  },
  'left-alone': {
    bad: ['It leaves the flow alone.', 'The handler is left alone.', 'It leaves the old connections alone.'],
    good: ['It does not change the flow.', 'It leaves the flow open.'],
  },
  leaves: {
    bad: ['It ends when the client leaves.', 'The reader has left.', 'A client that leaves before the response.'],
    good: [
      'The client disconnects.',
      'It leaves the socket open.',
      'Two bytes are left.',
      'The handler leaves it to you.',
    ],
  },
  answer: {
    bad: ['The answer is complete.', 'It answers with 200.', 'It was answered.'],
    good: ['The response is complete.', 'It responds with 200.', 'Call `answer()` then.'],
  },
  'where-if': {
    bad: ['Where there is one, it is used.', '- Where nobody reads, it waits.'],
    good: [
      'If there is one, it is used.',
      'Where is it?',
      '## Where it is, and why',
      'Where to go next, if you like.',
      'Where it is kept.',
    ],
  },
  'as-is': {
    bad: ['A `RangeError`, as is an unknown name.', 'It is sent as is.'],
    good: ['It is sent unchanged.', 'As much of it as is kept is shown.', 'It runs as it is.'],
  },
  'double-negative': {
    bad: ['It does nothing but wait.', 'There is no row that is not measured.', 'It is not for nothing.'],
    good: ['It only waits.', 'Every row is measured.', 'It is not read, and nothing is sent.'],
  },
  'of-one-hop': {
    bad: ['Fields of one hop stay here.'],
    good: ['Hop-by-hop fields are removed.'],
  },
};

describe('the prose linter', () => {
  it('has sentences for each rule, and a preferred wording in the message of each', () => {
    expect(Object.keys(SENTENCES).sort()).toEqual(Object.keys(RULES).sort());
    for (const { message } of Object.values(PHRASES)) expect(message).toMatch(/\b(?:Write|Name|Only)\b/);
  });

  describe.each(Object.entries(SENTENCES))('%s', (rule, { bad, good }) => {
    it.each(bad)('finds %j', async (sentence) => {
      expect((await rulesOf(sentence)).filter((found) => found === rule)).toEqual([rule]);
      const comment = `/** Before. ${sentence.replace(/^- /, '')} */\n`;
      expect(await rulesOf(comment, 'program.ts')).toContain(rule);
    });

    it.each(good)('accepts %j', async (sentence) => {
      expect(await rulesOf(sentence)).not.toContain(rule);
    });
  });

  it('does not look into code, links and quoted passages of a document', async () => {
    const page = [
      'The `answer` is here.',
      '',
      '```ts',
      "throw new Error('who leaves is told anew');",
      '```',
      '',
      '| code | meaning |',
      '| --- | --- |',
      '| `answer` | the [response](docs/answer.md#the-answer) |',
      '',
      '<!-- prose: off -->',
      '',
      'What is none is answered anew.',
      '',
      '<!-- prose: on -->',
      '',
      'An answer.',
    ];
    expect(await placesOf(page.join('\n'), 'page.md')).toEqual(['17:4 document answer']);
  });

  it('reports the line and the column in a document', async () => {
    const page = ['# An answer', '', '- one', '  two `code`', '  an *answer*', '', '| a |', '| --- |', '| an answer |'];
    expect(await placesOf(page.join('\n'), 'page.md')).toEqual([
      '1:6 document answer',
      '5:7 document answer',
      '9:6 document answer',
    ]);
  });

  it('reads the comments of a program', async () => {
    const program = [
      '/**',
      ' * An answer; see {@link answer}.',
      ' *',
      ' * @param answer - the answer',
      ' * @throws RangeError where there is none.',
      ' * @example',
      ' * const answer = 1; // an answer',
      ' */',
      'const a = 1; // an answer',
      '// eslint-disable-next-line an-answer -- an answer',
      '  // Ends a sentence in the',
      '  // next line. An answer.',
      '//  client   -a--answer--|',
      'const regex = /\\/\\/ answer/;',
      'const template = `// an answer ${a /* an answer */}`;',
    ];
    expect(await placesOf(program.join('\n'), 'program.ts')).toEqual([
      '2:7 comment answer',
      '4:24 comment answer',
      '5:23 comment where-if',
      '5:35 comment is-none',
      '9:20 comment answer',
      '12:20 comment answer',
      '15:18 message answer',
      '15:42 comment answer',
    ]);
  });

  it('joins the lines of a comment to one sentence', async () => {
    const program = `// ${'word '.repeat(16)}\n// ${words(15)}\n`;
    expect(await placesOf(program, 'program.ts')).toEqual(['1:4 comment sentence-length']);
  });

  it('reads messages in a program, and titles in a test', async () => {
    const program = [
      "throw new Error('the answer is missing');",
      'throw new Error(`the answer ${code} ` + `is missing: what comes is dropped`);',
      "const code = 'answer';",
      `const names = '${'answer what is none '.repeat(20)}';`,
      "const row = { section: 'RFC 9110 section 15', sentence: 'the answer is missing' };",
      `const configuration = \`\n${'  backend behind it\n'.repeat(9)}\`;`,
    ];
    expect(await placesOf(program.join('\n'), 'program.ts')).toEqual([
      '1:17 message answer',
      '2:17 message answer',
      '2:17 message free-relative',
    ]);
    const test = [
      "describe('what a client sends is read', () => {",
      "  it('is an answer', () => expect(text).toBe('the answer is here'));",
      "  it.each(['the answer is here'])('answers %s', () => undefined);",
      '});',
    ];
    expect(await placesOf(test.join('\n'), 'program.test.ts')).toEqual(['2:6 title answer', '3:35 title answer']);
  });

  it('cuts text into sentences, and counts words', () => {
    const texts = (text: string): string[] => sentencesOf(text).map((sentence) => sentence.text);
    expect(texts('One. Two (or three). "Four." Five')).toEqual(['One.', 'Two (or three).', '"Four."', 'Five']);
    expect(texts('See e.g. RFC 9110, section 5.5. rxpaf does.')).toEqual([
      'See e.g. RFC 9110, section 5.5.',
      'rxpaf does.',
    ]);
    expect(texts('One: two; three.')).toEqual(['One: two; three.']);
    expect(texts('“is one”; “is two”')).toEqual(['“is one”;', '“is two”']);
    expect(countWords('A - b → 12 “c”')).toBe(4);
  });

  it('looks at all documents and programs, and holds what is not named', () => {
    const files = proseFiles(root);
    for (const path of ['README.md', 'docs/client.md', 'docs/internals/soak.md', 'src/limits.ts', 'scripts/run.mjs']) {
      expect(files).toContain(path);
    }
    expect(files.filter((path) => path.includes('node_modules') || path.includes('build/'))).toEqual([]);
    expect(isHeld('CONTRIBUTING.md')).toBe(true);
    for (const entry of NOT_YET_HELD) {
      expect([entry, files.some((path) => path === entry || path.startsWith(entry))]).toEqual([entry, true]);
    }
  });
});
