/** Options that are wrong throw where they are given, with words that name them: none of them means "no limit". */
import { PassThrough } from 'node:stream';
import { delay, of } from 'rxjs';
import { Body } from './body/body.js';
import { bufferBytes } from './body/buffer-bytes.js';
import { collect } from './body/collect.js';
import { fromPull } from './body/from-pull.js';
import { rechunk } from './body/rechunk.js';
import { tee } from './body/tee.js';
import { through } from './body/through.js';
import { consume } from './demand/consume.js';
import { hold } from './demand/hold.js';
import { limitsWith } from './limits.js';
import { didYouMean } from './option-checks.js';

/** As a program without types gives it. */
const any = (value: unknown): never => value as never;

const project = () => of(1);
const gzip = () => new PassThrough();

/** What takes a number, by the name of it. */
const numbers: readonly [name: string, call: (value: never) => unknown, lawful: readonly number[]][] = [
  ['window', (window) => new Body({ window }), [1, 64 * 1024, Infinity]],
  ['limit', (limit) => new Body({ limit }), [1, 0.5, Infinity]],
  ['limit', (limit) => collect({ limit }), [0, 1, Infinity]],
  ['limit', (limit) => new Body().bytes(limit), [0, 1, Infinity]],
  ['limit', (limit) => new Body().text(limit), [0, 1, Infinity]],
  ['limit', (limit) => new Body().json(limit), [0, 1, Infinity]],
  ['window', (window) => tee(2, { window }), [1, Infinity]],
  ['count', (count) => tee(count), [1, 2]],
  ['size', (size) => rechunk(size), [1, 2 ** 32]],
  ['max', (max) => bufferBytes(max, 1), [1, Infinity]],
  ['ms', (ms) => bufferBytes(1, ms), [0, 1, 2 ** 31 - 1]],
  ['window', (window) => fromPull([], { window }), [1, Infinity]],
  ['start', (start) => fromPull([], { start }), [0, 1]],
  ['end', (end) => fromPull([], { end }), [0, 1, Infinity]],
  ['concurrency', (concurrency) => consume(project, { concurrency }), [1, Infinity]],
];

describe('a number', () => {
  it.each(numbers)('%s: is one, and in its range', (name, call, lawful) => {
    for (const value of lawful) expect(() => call(any(value))).not.toThrow();
    for (const value of [NaN, -1, -Infinity, 'x', '5', '', null, {}, [], true]) {
      expect(() => call(any(value))).toThrow(RangeError);
      expect(() => call(any(value))).toThrow(new RegExp(`^${name}: expected `));
    }
  });

  it('of a timer is no longer than timers are: a longer one would fire at once', () => {
    for (const ms of [2 ** 31, 2 ** 40, Infinity])
      expect(() => bufferBytes(1, ms)).toThrow(/^ms: expected a time of at most 2147483647 ms, got /);
  });
});

describe('the name of an option', () => {
  const named: readonly [where: string, call: (options: never) => unknown, known: string][] = [
    ['Body', (options) => new Body(options), 'window'],
    ['collect()', (options) => collect(options), 'limit'],
    ['tee()', (options) => tee(2, options), 'window'],
    ['fromPull()', (options) => fromPull([], options), 'start'],
    ['consume()', (options) => consume(project, options), 'concurrency'],
    ['through()', (options) => through(gzip, options), 'flush'],
  ];
  it.each(named)('%s: is one that there is, or the one that was meant is named', (where, call, known) => {
    const typed = `${known.slice(0, 1)}${known.slice(2)}`;
    expect(() => call(any({ [typed]: 1 }))).toThrow(
      new RangeError(`${where} has no option "${typed}": did you mean "${known}"?`),
    );
    expect(() => call(any({ somethingElse: 1 }))).toThrow(new RangeError(`${where} has no option "somethingElse"`));
    expect(() => call(any({ [known]: undefined }))).not.toThrow();
    for (const value of [5, 'x', null]) expect(() => call(any(value))).toThrow(TypeError);
  });

  it('of a limit is one that there is, too', () => {
    const limits = any({ idelTimeout: 5 });
    expect(() => limitsWith(limits)).toThrow('there is no limit named "idelTimeout": did you mean "idleTimeout"?');
  });

  it.each([
    ['limt', ['limit', 'list'], ': did you mean "limit"?'],
    ['LIMIT', ['limit'], ': did you mean "limit"?'],
    ['x', ['limit', 'y'], ''],
    ['', ['limit'], ''],
    ['timeout', ['window'], ''],
  ])('%s of %s', (name, names, words) => {
    expect(didYouMean(name, names)).toBe(words);
  });
});

describe('a function, a switch', () => {
  it('are such', () => {
    expect(() => consume(any({}))).toThrow('project: expected a function, got an object');
    expect(() => consume(any(undefined))).toThrow('project: expected a function, got undefined');
    expect(() => hold(any('delay'))).toThrow('operator: expected a function, got "delay"');
    expect(() => hold(delay(1))).not.toThrow();
    expect(() => through(gzip, { flush: any('no') })).toThrow('flush: expected true or false, got "no"');
  });
});
