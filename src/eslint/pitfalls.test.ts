/** Code that queues a body without bound though it names no leaking operator at first sight, and code like it that does not. */
import * as rxjs from 'rxjs';
import { type AnyRule, file, ruleTester } from '../../test/kits/units/lint-rule.js';
import * as rxpaf from '../index.js';
import { NOT_ONE_TO_ONE } from './hold-operators.js';
import { LEAKING_OPERATORS } from './leaking-operators.js';
import { noLeakingOperators } from './no-leaking-operators.js';

jest.setTimeout(300_000);

const NAMES = ', collect, consume, hold, rechunk, bufferBytes, retain, tee';

const DECLARED = `
declare const requests: rx.Observable<{ readonly body: Body; readonly path: string }>;
declare const maybe: (chunk: Uint8Array) => void | Promise<void>;
declare const sync: (chunk: Uint8Array) => void;
declare const socket: import('rxpaf/ws').WebSocket;
declare const save: (message: string | Uint8Array) => Promise<void>;
declare const observer: { next(chunk: Uint8Array): Promise<void> };
const replay = new rx.ReplaySubject<Uint8Array>();
const few = new rx.ReplaySubject<Uint8Array>(2);
`;

/** Lines, each with the names that are reported. */
const UNAWAITED: readonly (readonly [code: string, ...names: string[]])[] = [
  ['body.subscribe(async (chunk) => { await write(chunk); })', 'subscribe'],
  ['body.subscribe(write)', 'subscribe'],
  ['body.subscribe((chunk) => write(chunk))', 'subscribe'],
  ['body.subscribe(async function (chunk) { await write(chunk); })', 'subscribe'],
  ['body.subscribe(maybe)', 'subscribe'],
  ['body.subscribe({ next: async (chunk) => { await write(chunk); } })', 'subscribe'],
  ['body.subscribe({ async next(chunk) { await write(chunk); }, error: console.error })', 'subscribe'],
  ['body.subscribe({ next: write, complete: () => undefined })', 'subscribe'],
  ['body.subscribe(observer)', 'subscribe'],
  ['flow.subscribe(async (chunk) => { await write(chunk); })', 'subscribe'],
  ['body.pipe(map((chunk) => chunk)).subscribe(write)', 'subscribe'],
  ['body.pipe(rechunk(4096)).subscribe(write)', 'subscribe'],
  ['void body.forEach(async (chunk) => { await write(chunk); })', 'forEach'],
  ['void body.forEach((chunk) => write(chunk))', 'forEach'],
  ['void body.pipe(rx.filter(Boolean)).forEach(write)', 'forEach'],
  ['body.pipe(rx.tap(async (chunk) => { await write(chunk); })).subscribe()', 'tap'],
  ['body.pipe(rx.tap(write)).subscribe()', 'tap'],
  ['body.pipe(rx.tap({ next: write })).subscribe()', 'tap'],
  ['body.pipe(rx.tap({ next: async (chunk) => { await write(chunk); } })).subscribe()', 'tap'],
  [
    'body.pipe(rx.scan((sum, chunk) => sum + chunk.length, 0), rx.tap(async (sum) => { await sum; })).subscribe()',
    'tap',
  ],
  ['requests.pipe(rx.switchMap(({ body }) => body)).subscribe(write)', 'subscribe'],
  ['rx.defer(() => body).subscribe(write)', 'subscribe'],
  ['socket.subscribe(async (message) => { await save(message); })', 'subscribe'],
  ['socket.pipe(map((message) => message.length), rx.tap(async (size) => { await size; })).subscribe()', 'tap'],
];

const LEAKING: readonly (readonly [code: string, ...names: string[]])[] = [
  // A callback that gives a body.
  ['rx.defer(() => body).pipe(rx.toArray()).subscribe()', 'toArray'],
  ['rx.defer(() => { return body.pipe(map((chunk) => chunk)); }).pipe(rx.toArray()).subscribe()', 'toArray'],
  ['const made = rx.defer(() => body); made.pipe(rx.bufferTime(9)).subscribe()', 'bufferTime'],
  ['requests.pipe(rx.switchMap(({ body }) => body), rx.toArray()).subscribe()', 'toArray'],
  ['requests.pipe(concatMap((request) => request.body), rx.toArray()).subscribe()', 'toArray'],
  [
    'requests.pipe(mergeMap(({ body }) => body.pipe(map((chunk) => chunk.length))), rx.toArray()).subscribe()',
    'toArray',
  ],
  ['requests.pipe(rx.exhaustMap(({ body }) => body)).pipe(rx.toArray()).subscribe()', 'toArray'],
  ['plain.pipe(rx.catchError(() => body), rx.toArray()).subscribe()', 'toArray'],
  ['rx.of(1).pipe(rx.switchMap(function () { return body; }), rx.toArray()).subscribe()', 'toArray'],
  [
    "requests.pipe(rx.switchMap(({ body, path }) => { if (path === '/') return body; return rx.EMPTY; }), rx.toArray())",
    'toArray',
  ],
  ['requests.pipe(pipe(rx.switchMap(({ body }) => body), rx.toArray())).subscribe()', 'toArray'],
  ['rx.iif(() => true, body, plain).pipe(rx.toArray()).subscribe()', 'toArray'],
  ['requests.pipe(rx.take(1), rx.switchMap(({ body }) => body), rx.buffer(rx.timer(9))).subscribe()', 'buffer'],
  // Functions that combine.
  ['rx.zip(body, rx.interval(5)).subscribe()', 'zip'],
  ['rx.zip([plain, body]).subscribe()', 'zip'],
  ['rx.zip(body.pipe(map((chunk) => chunk)), plain, (a, b) => [a, b]).subscribe()', 'zip'],
  ['rx.zip(rx.defer(() => body), plain).subscribe()', 'zip'],
  // Sharing.
  ['body.pipe(rx.share({ connector: () => new rx.ReplaySubject() })).subscribe()', 'share'],
  [
    'body.pipe(rx.share({ connector: () => new rx.ReplaySubject<Uint8Array>(Infinity), resetOnError: false })).subscribe()',
    'share',
  ],
  ['body.pipe(rx.share({ connector: () => replay })).subscribe()', 'share'],
  ['body.pipe(rx.share({ connector: () => { return new rx.ReplaySubject<Uint8Array>(); } })).subscribe()', 'share'],
  ['body.pipe(rx.connect((shared) => shared, { connector: () => new rx.ReplaySubject() })).subscribe()', 'connect'],
  ['body.pipe(rx.connect((shared) => shared.pipe(rx.toArray()))).subscribe()', 'toArray'],
  [
    'body.pipe(map((chunk) => chunk), rx.connect((shared) => rx.merge(shared, shared.pipe(rx.bufferTime(9))))).subscribe()',
    'bufferTime',
  ],
  ['rx.connectable(body, { connector: () => new rx.ReplaySubject<Uint8Array>() }).connect()', 'connectable'],
  ['rx.connectable(body).pipe(rx.toArray()).subscribe()', 'toArray'],
  ['body.subscribe(new rx.ReplaySubject<Uint8Array>())', 'ReplaySubject'],
  ['body.subscribe(replay)', 'ReplaySubject'],
  ['body.pipe(map((chunk) => chunk)).subscribe(replay)', 'ReplaySubject'],
  ['body.pipe(rx.tap(replay)).subscribe()', 'ReplaySubject'],
  ['socket.subscribe(new rx.ReplaySubject<string | Uint8Array>())', 'ReplaySubject'],
  ['rx.defer(() => socket).pipe(rx.bufferTime(9)).subscribe()', 'bufferTime'],
  [
    'class Kept { private readonly all = new rx.ReplaySubject<Uint8Array>(); keep() { body.subscribe(this.all); } }',
    'ReplaySubject',
  ],
];

const HELD: readonly (readonly [code: string, ...names: string[]])[] = [
  ['body.pipe(hold(rx.bufferTime(9))).subscribe()', 'bufferTime'],
  ['body.pipe(hold(rx.bufferCount(2))).subscribe()', 'bufferCount'],
  ['body.pipe(hold(rx.filter(Boolean))).subscribe()', 'filter'],
  ['body.pipe(hold(rx.debounceTime(9))).subscribe()', 'debounceTime'],
  ['body.pipe(hold(rx.throttleTime(9))).subscribe()', 'throttleTime'],
  ['body.pipe(hold(rx.switchMap((chunk) => rx.timer(1).pipe(map(() => chunk))))).subscribe()', 'switchMap'],
  ['body.pipe(hold(mergeMap(write))).subscribe()', 'mergeMap'],
  ['body.pipe(hold(rx.exhaustMap(write))).subscribe()', 'exhaustMap'],
  ['body.pipe(hold(rx.distinctUntilChanged())).subscribe()', 'distinctUntilChanged'],
  ['body.pipe(hold(rx.toArray())).subscribe()', 'toArray'],
  ['body.pipe(hold(rechunk(4096))).subscribe()', 'rechunk'],
  ['body.pipe(hold(bufferBytes(4096, 9))).subscribe()', 'bufferBytes'],
  ['body.pipe(hold(consume(write))).subscribe()', 'consume'],
  ['body.pipe(hold(pipe(rx.filter(Boolean), later(9)))).subscribe()', 'filter'],
  ['body.pipe(hold((chunks) => chunks.pipe(later(9), rx.skip(1)))).subscribe()', 'skip'],
  ['const held = hold(rx.auditTime(9)); body.pipe(held).subscribe()', 'auditTime'],
];

const CORRECT: readonly string[] = [
  // Work that is done within the delivery, or retained.
  'body.subscribe(sync)',
  'body.subscribe((chunk) => sync(chunk))',
  'body.subscribe((chunk) => { sync(chunk); })',
  'body.subscribe({ next: sync, error: console.error })',
  'body.subscribe({ complete: async () => { await write(new Uint8Array()); } })',
  'body.subscribe()',
  'body.subscribe(async (chunk) => { const release = retain(); await write(chunk); release?.(); })',
  'body.subscribe({ next: async (chunk) => { const release = retain(); await write(chunk); release?.(); } })',
  'body.pipe(rx.tap(async (chunk) => { const release = retain(); await write(chunk); release?.(); })).subscribe()',
  'body.subscribe(body)',
  'flow.subscribe(flow)',
  'body.subscribe(new rx.Subject<Uint8Array>())',
  'body.subscribe(few)',
  'body.subscribe(new rx.ReplaySubject<Uint8Array>(1))',
  'void body.forEach(sync)',
  'void body.forEach((chunk) => { sync(chunk); })',
  'body.pipe(rx.tap(sync)).subscribe()',
  'body.pipe(rx.tap({ next: sync, complete: async () => { await Promise.resolve(); } })).subscribe()',
  'body.pipe(consume(write)).subscribe()',
  'body.pipe(consume(async (chunk) => { await write(chunk); })).subscribe(async (done) => { await done; })',
  'socket.pipe(consume(save)).subscribe()',
  'socket.subscribe(socket)',
  // One value, or none.
  'body.text().subscribe(async (text) => { await text; })',
  'body.pipe(collect({ limit: 9 })).subscribe(async (all) => { await write(all); })',
  'body.pipe(rx.reduce((sum, chunk) => sum + chunk.length, 0)).subscribe(async (sum) => { await sum; })',
  'body.pipe(rx.ignoreElements()).subscribe({ complete: async () => { await Promise.resolve(); } })',
  'void body.pipe(rx.last()).forEach(async (chunk) => { await write(chunk); })',
  'body.pipe(rx.sampleTime(9), rx.tap(write)).subscribe()',
  // No body.
  'plain.subscribe(write)',
  'plain.subscribe(replay)',
  'void plain.forEach(write)',
  'plain.pipe(rx.tap(write), rx.toArray()).subscribe()',
  'requests.subscribe(async ({ path }) => { await path; })',
  'requests.pipe(rx.toArray()).subscribe()',
  'requests.pipe(concatMap(async ({ path }) => path), rx.toArray()).subscribe()',
  'rx.zip(plain, plain).subscribe()',
  'rx.zip(requests, rx.interval(5)).subscribe()',
  'rx.defer(() => plain).pipe(rx.toArray()).subscribe()',
  'requests.pipe(rx.switchMap(({ body }) => body.text()), rx.toArray()).subscribe()',
  'requests.pipe(mergeMap(({ body }) => body.pipe(collect({ limit: 9 }))), rx.toArray()).subscribe()',
  'requests.pipe(concatMap(({ body }) => body.pipe(rx.count())), rx.toArray()).subscribe()',
  'requests.pipe(rx.switchMap(({ body }) => body.pipe(consume(write))), rx.toArray()).subscribe()',
  'rx.defer(() => body.json()).pipe(rx.toArray()).subscribe()',
  // A body that stays one.
  'rx.defer(() => body).pipe(map((chunk) => chunk.length)).subscribe()',
  'requests.pipe(rx.switchMap(({ body }) => body), consume(write)).subscribe()',
  'requests.pipe(rx.switchMap(({ body }) => body), rx.reduce((sum, chunk) => sum + chunk.length, 0), rx.toArray()).subscribe()',
  'rx.zip(body.text(), plain).subscribe()',
  'rx.zip(body.pipe(rx.count()), plain).subscribe()',
  'rx.combineLatest([body, plain]).subscribe()',
  // Sharing without a replay of all.
  'body.pipe(rx.share()).subscribe()',
  'body.pipe(rx.share({ connector: () => new rx.Subject() })).subscribe()',
  'body.pipe(rx.share({ connector: () => new rx.ReplaySubject(1) })).subscribe()',
  'body.pipe(rx.share({ connector: () => few })).subscribe()',
  'plain.pipe(rx.share({ connector: () => new rx.ReplaySubject() })).subscribe()',
  'body.pipe(rx.connect((shared) => rx.merge(shared, shared.pipe(rx.count())))).subscribe()',
  'plain.pipe(rx.connect((shared) => shared.pipe(rx.toArray()))).subscribe()',
  'rx.connectable(body).connect()',
  'rx.connectable(plain, { connector: () => new rx.ReplaySubject<Uint8Array>() }).connect()',
  'rx.connectable(body, { connector: () => new rx.ReplaySubject<Uint8Array>(1) }).connect()',
  'const [first, second] = tee(2)(body); first!.pipe(consume(write)).subscribe(); second!.subscribe(sync)',
  'class Last { private readonly last = new rx.ReplaySubject<Uint8Array>(1); keep() { body.subscribe(this.last); } }',
  // In `hold`, one value for each, in order.
  'body.pipe(hold(later(9))).subscribe()',
  'body.pipe(hold(rx.observeOn(rx.asapScheduler))).subscribe()',
  'body.pipe(hold(concatMap(async (chunk) => { await write(chunk); return chunk; }))).subscribe()',
  'body.pipe(hold(pipe(later(9), map((chunk) => chunk.length)))).subscribe()',
  'body.pipe(hold((chunks) => chunks.pipe(later(9)))).subscribe()',
  'body.pipe(hold(rx.zipWith(rx.interval(5)))).subscribe()',
  'body.pipe(rx.filter(Boolean), hold(later(9)), rx.skip(1)).subscribe()',
  'body.pipe(hold(rx.delayWhen(() => rx.timer(1)))).subscribe()',
  'const held = (operator: unknown) => operator; held(rx.filter(Boolean))',
];

const code = (line: string): string => file(`${DECLARED}${line}`, NAMES);

type Advice = (name: string) => string | undefined;

const wrong = (lines: typeof LEAKING, messageId: string, advice: Advice) =>
  lines.map(([line, ...names]) => ({
    name: line,
    code: code(line),
    errors: names.map((name) => ({ messageId, data: { name, instead: advice(name) } })),
  }));

const INVALID = [
  ...wrong(UNAWAITED, 'unawaited', () => '`consume(work)`'),
  ...wrong(LEAKING, 'leaks', (name) => LEAKING_OPERATORS[name]?.instead ?? '`tee(n)`, or a replay of a few'),
  ...wrong(HELD, 'notOneToOne', (name) => NOT_ONE_TO_ONE.get(name)),
];

ruleTester.run('no-leaking-operators: pitfalls', noLeakingOperators as unknown as AnyRule, {
  valid: CORRECT.map((line) => ({ name: line, code: code(line) })),
  invalid: INVALID,
});

it.each([...NOT_ONE_TO_ONE.keys()])('%s, which hold cannot hold, is an operator', (name) => {
  expect(typeof ({ ...rxjs, ...rxpaf } as Readonly<Record<string, unknown>>)[name]).toBe('function');
});

it('is tried with more than fifty lines that are wrong', () => {
  expect(INVALID.length).toBeGreaterThan(50);
});
