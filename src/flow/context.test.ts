import { asyncScheduler } from 'rxjs';
import { Context, key, type Key } from './context.js';
import { CONNECT_TIMEOUT, HOST, PORT, SCHEDULER, SCHEME } from './context-keys.js';

const NAMES = key<readonly string[]>('names');
const RETRIES = key('retries', { default: 3 });

describe('a context', () => {
  it('has what was added, and is never changed', () => {
    const one = Context.EMPTY.add(HOST, 'a');
    const two = one.add(PORT, 1);
    const three = two.replace(HOST, 'b');
    expect([Context.EMPTY, one, two, three].map((context) => [context.get(HOST), context.get(PORT)])).toEqual([
      [undefined, undefined],
      ['a', undefined],
      ['a', 1],
      ['b', 1],
    ]);
  });

  it('takes a second value only as a replacement', () => {
    const context = Context.EMPTY.add(HOST, 'a');
    expect(() => context.add(HOST, 'b')).toThrow(
      new TypeError('the context has a value for "host" already: replace() it'),
    );
    expect(Context.EMPTY.replace(HOST, 'b').get(HOST)).toBe('b');
  });

  it('distinguishes two keys of one name', () => {
    const other = key<string>('host');
    const context = Context.EMPTY.add(HOST, 'a').add(other, 'b');
    expect([context.get(HOST), context.get(other)]).toEqual(['a', 'b']);
  });

  it('has the default of a key where nothing was added, which is not one that was', () => {
    const context = Context.EMPTY.add(RETRIES, 0);
    expect([Context.EMPTY, context].map((it) => [it.get(RETRIES), it.require(RETRIES), it.has(RETRIES)])).toEqual([
      [3, 3, false],
      [0, 0, true],
    ]);
    expect(Context.EMPTY.get(SCHEDULER)).toBe(asyncScheduler);
  });

  it('requires what has to be there', () => {
    expect(() => Context.EMPTY.require(NAMES)).toThrow(new TypeError('the context has no value for "names"'));
  });

  it('takes no undefined: that is what a key without a value has', () => {
    const maybe = key<string | undefined>('maybe');
    expect(() => Context.EMPTY.add(maybe, undefined)).toThrow(TypeError);
    expect(() => Context.EMPTY.replace(maybe, undefined)).toThrow(TypeError);
    const falsy = key<unknown>('falsy');
    expect([null, 0, '', false].map((value) => Context.EMPTY.add(falsy, value).get(falsy))).toEqual([
      null,
      0,
      '',
      false,
    ]);
  });

  it('is merged with another one, whose values win', () => {
    const one = Context.EMPTY.add(HOST, 'a').add(PORT, 1);
    const other = Context.EMPTY.add(HOST, 'b').add(NAMES, ['n']);
    const merged = one.merge(other);
    expect([merged.get(HOST), merged.get(PORT), merged.get(NAMES)]).toEqual(['b', 1, ['n']]);
    expect([one.get(HOST), other.has(PORT)]).toEqual(['a', false]);
    expect([one.merge(Context.EMPTY), Context.EMPTY.merge(one).get(PORT)]).toEqual([one, 1]);
  });

  it('refuses values that the check of their key refuses, added or replaced', () => {
    const even = key<number>('even number', {
      check: (name, value) => {
        if (Number(value) % 2 !== 0) throw new RangeError(`${name}: expected an even one`);
      },
    });
    const two = Context.EMPTY.add(even, 2);
    expect(two.replace(even, 4).get(even)).toBe(4);
    expect(() => two.replace(even, 3)).toThrow('even number: expected an even one');
    expect(() => Context.EMPTY.add(even, 1)).toThrow(RangeError);
  });

  it.each<[string, (value: never) => unknown, readonly unknown[]]>([
    ['SCHEME', (value) => Context.EMPTY.add(SCHEME, value), ['ftp', 1]],
    ['HOST', (value) => Context.EMPTY.add(HOST, value), ['', 1, null]],
    ['PORT', (value) => Context.EMPTY.add(PORT, value), [NaN, -1, 65_536, '80', null]],
    ['CONNECT_TIMEOUT', (value) => Context.EMPTY.add(CONNECT_TIMEOUT, value), [NaN, 0, -1, 'x', null]],
    ['SCHEDULER', (value) => Context.EMPTY.replace(SCHEDULER, value), [1, 'x', null]],
  ])('refuses an invalid %s', (_name, add, values) => {
    for (const value of values) expect(() => add(value as never)).toThrow(/expected/);
  });

  it('has values of the types of their keys', () => {
    const host: string | undefined = Context.EMPTY.get(HOST);
    const retries: number = Context.EMPTY.get(RETRIES);
    expect([host, retries]).toEqual([undefined, 3]);
    // @ts-expect-error -- no number is a host
    expect(() => Context.EMPTY.add(HOST, 1)).toThrow(TypeError);
    // @ts-expect-error -- nor may there be none
    const missing: string = Context.EMPTY.get(HOST);
    // @ts-expect-error -- a key of strings gives and takes strings: it is none of anything wider
    const wider: Key<string | number> = HOST;
    expect([missing, wider]).toEqual([undefined, HOST]);
  });
});
