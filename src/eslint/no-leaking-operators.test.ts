/** The rule, on files as they are written: what it flags, what it lets pass, and what it writes in its place. */
import { Linter, type Rule } from 'eslint';
import { type AnyRule, file, ruleTester } from '../../test/kits/units/lint-rule.js';
import { ENDING_OPERATORS, LEAKING_OPERATORS } from './leaking-operators.js';
import { noLeakingOperators } from './no-leaking-operators.js';

jest.setTimeout(180_000);

/** The same with other names of rxpaf. */
function using(names: string, code: string): string {
  return file(code, `, ${names}`);
}

const leaks = (name: string) => ({ messageId: 'leaks', data: { name, instead: LEAKING_OPERATORS[name]!.instead } });
const passing = (code: string, rxpaf = '') => ({ name: code, code: file(code, rxpaf) });
const flagged = (code: string, ...names: string[]) => ({
  name: code,
  code: file(code),
  errors: names.map((name) => {
    const { rewrite } = LEAKING_OPERATORS[name]!;
    if (rewrite !== undefined) throw new Error('see the rewrites');
    return leaks(name);
  }),
});

/** A flagged file, and the same file after the suggestion has been applied. */
function rewritten(name: string, code: string, written: string, from = file, add = '') {
  const output = from(`body.pipe(${written})`).replace('type Flow }', `type Flow${add} }`);
  return {
    name: `${code} -> ${written}`,
    code: from(`body.pipe(${code})`),
    errors: [{ ...leaks(name), suggestions: [{ messageId: 'replace', data: { written }, output }] }],
  };
}

ruleTester.run('no-leaking-operators', noLeakingOperators as unknown as AnyRule, {
  valid: [
    // What works within the delivery.
    passing('body.pipe(map((chunk) => chunk.length), rx.filter(Boolean), rx.scan((a, b) => a + b, 0))'),
    passing(
      'body.pipe(concatMap((chunk) => of(chunk)), mergeMap(() => rx.EMPTY), mergeMap((chunk) => [chunk, chunk]))',
    ),
    passing("body.pipe(concatMap((chunk) => Buffer.from(chunk).toString().split('\\n')))"),
    passing('body.pipe(map((chunk) => [chunk]), rx.mergeAll())'),
    // What keeps a few.
    passing('body.pipe(rx.shareReplay(1), rx.takeLast(2), rx.distinct((chunk) => chunk[0]), rx.bufferCount(2))'),
    passing('body.pipe(rx.shareReplay({ bufferSize: 1, refCount: true }))'),
    // Operators that lose chunks by choice, and those downstream of them.
    passing(
      'body.pipe(rx.scan((total, chunk) => total + chunk.length, 0), rx.sampleTime(1000), concatMap(async (n) => n))',
    ),
    // What is one value.
    passing('body.pipe(rx.reduce((total, chunk) => total + chunk.length, 0), later(1), concatMap(async (n) => n))'),
    passing('body.text().pipe(concatMap(async (text) => text))'),
    passing('body.pipe(collect({ limit: 9 }), concatMap(async (all) => all))', ', collect'),
    // What keeps demand.
    passing('body.pipe(hold(later(1)), consume(write), concatMap(async (done) => done))', ', consume, hold'),
    // Sources other than a body.
    passing('plain.pipe(later(1), concatMap(write), rx.toArray())'),
    passing('rx.of(body).pipe(later(1))'),
    passing('body.pipe()'),
    // What is called like an operator.
    passing('const delay = (ms: number) => map((chunk: Uint8Array) => (ms, chunk)); body.pipe(delay(1))'),
    passing(
      'let any: rx.Observable<Uint8Array> = body.pipe(map((chunk) => chunk)); any = plain; any.pipe(rx.toArray())',
    ),
  ],
  invalid: [
    flagged('body.pipe(rx.toArray())', 'toArray'),
    flagged('body.pipe(map((chunk) => chunk), rx.bufferTime(1000), rx.shareReplay())', 'bufferTime', 'shareReplay'),
    flagged('body.pipe(rx.shareReplay({ refCount: true }))', 'shareReplay'),
    flagged('body.pipe(rx.shareReplay(Infinity))', 'shareReplay'),
    flagged('body.pipe(rx.distinct())', 'distinct'),
    flagged('body.pipe(rx.takeLast(Infinity))', 'takeLast'),
    flagged('body.pipe(rx.multicast(() => new rx.ReplaySubject<Uint8Array>()))', 'multicast'),
    flagged('body.pipe(map((chunk) => write(chunk)), rx.concatAll())', 'concatAll'),
    flagged('body.pipe(rx.expand((chunk) => rx.timer(1).pipe(map(() => chunk))))', 'expand'),
    // A flow, and whatever extends the two.
    flagged('flow.pipe(rx.toArray())', 'toArray'),
    flagged(
      'class Mine extends rx.Subject<number> {}\nfunction f<T extends Body | undefined>(b: T) { b?.pipe(rx.toArray()); }',
      'toArray',
    ),
    flagged('(body as Body)!.pipe(rx.toArray())', 'toArray'),
    // The type of both, what it is extended by, and what is like it; the flows of the testing kit.
    flagged('source.pipe(rx.toArray())', 'toArray'),
    flagged('drawn.pipe(rx.toArray())', 'toArray'),
    flagged('const all = (from: ByteSource) => from.pipe(rx.toArray());', 'toArray'),
    flagged('function f<T extends ByteSource>(from: T) { return from.pipe(rx.toArray()); }', 'toArray'),
    flagged('function f(from: PairFlow | undefined) { return from!.pipe(rx.toArray()); }', 'toArray'),
    flagged(
      'interface Named extends ByteSource { name: string }\nlet named!: Named; named.pipe(rx.toArray())',
      'toArray',
    ),
    flagged('let both!: { name: string } & ByteSource; both.pipe(rx.toArray())', 'toArray'),
    flagged(
      'class Mine extends rx.Observable<Uint8Array> implements ByteSource { window = 1; unacked = 0; observed = true }\n' +
        'new Mine().pipe(rx.toArray())',
      'toArray',
    ),
    // Through what passes chunks on.
    flagged('body.pipe(map((chunk) => chunk)).pipe(rx.toArray())', 'toArray'),
    flagged('const upper = body.pipe(map((chunk) => chunk));\nupper.pipe(rx.toArray())', 'toArray'),
    flagged('body.asObservable().pipe(rx.toArray())', 'toArray'),
    flagged('rx.merge(plain, body).pipe(rx.toArray())', 'toArray'),
    flagged('body.pipe(pipe(map((chunk) => chunk), rx.toArray()))', 'toArray'),
    { code: using('consume', 'body.pipe(consume(async (chunk) => chunk), rx.toArray())'), errors: [leaks('toArray')] },
    // One after the other.
    {
      code: using('hold', 'body.pipe(later(1), rx.toArray())'),
      errors: [
        {
          ...leaks('delay'),
          suggestions: [
            {
              messageId: 'replace',
              data: { written: 'hold(later(1))' },
              output: using('hold', 'body.pipe(hold(later(1)), rx.toArray())'),
            },
          ],
        },
        leaks('toArray'),
      ],
    },
    // What is written in its place, and where it comes from.
    rewritten('concatMap', 'concatMap(write)', 'consume(write)', file, ', consume'),
    rewritten('concatMap', 'concatMap(async (chunk) => chunk)', 'consume(async (chunk) => chunk)', file, ', consume'),
    rewritten('mergeMap', 'mergeMap(write, 4)', 'consume(write, { concurrency: 4 })', file, ', consume'),
    rewritten('mergeMap', 'mergeMap(write)', 'consume(write, { concurrency: Infinity })', file, ', consume'),
    rewritten('delay', 'later(10)', 'hold(later(10))', file, ', hold'),
    rewritten('observeOn', 'rx.observeOn(rx.asapScheduler)', 'hold(rx.observeOn(rx.asapScheduler))', file, ', hold'),
    rewritten('concatMap', 'concatMap(write)', 'work(write)', (code) => using('consume as work', code)),
    // Without a place for its name.
    {
      code: file('const consume = 1; body.pipe(concatMap(write), map(() => consume))'),
      errors: [{ ...leaks('concatMap'), suggestions: [] }],
    },
    {
      code: `import { delay } from 'rxjs';\nimport type { Body } from 'rxpaf';\nexport const f = (body: Body) => body.pipe(delay(1));`,
      errors: [
        {
          ...leaks('delay'),
          suggestions: [
            {
              messageId: 'replace',
              data: { written: 'hold(delay(1))' },
              output: `import { delay } from 'rxjs';\nimport type { Body } from 'rxpaf';\nimport { hold } from 'rxpaf';\nexport const f = (body: Body) => body.pipe(hold(delay(1)));`,
            },
          ],
        },
      ],
    },
  ],
});

describe('the rule', () => {
  it('says that it needs types where it gets none', () => {
    const rules: Record<string, Rule.RuleModule> = { 'no-leaking-operators': noLeakingOperators };
    const config = [{ plugins: { rxpaf: { rules } }, rules: { 'rxpaf/no-leaking-operators': 'error' as const } }];
    expect(() => new Linter().verify('body.pipe(delay(1))', config)).toThrow('needs type information');
  });

  it('takes no options', () => {
    const rules: Record<string, Rule.RuleModule> = { 'no-leaking-operators': noLeakingOperators };
    const given = { 'rxpaf/no-leaking-operators': ['error' as const, { allow: ['delay'] }] as ['error', unknown] };
    expect(() => new Linter().verify('', [{ plugins: { rxpaf: { rules } }, rules: given }])).toThrow('allow');
  });

  it('has an operator in one list only, unless it both keeps all and ends in one value', () => {
    const both = Object.keys(LEAKING_OPERATORS).filter((name) => ENDING_OPERATORS.has(name));
    expect(both).toEqual(['sequenceEqual', 'takeLast', 'toArray']);
  });
});
