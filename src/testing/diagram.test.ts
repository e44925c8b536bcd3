import { draw, durationOf, parseDiagram } from './diagram.js';
import { httpTest } from './index.js';

describe('parseDiagram', () => {
  it('counts one frame for a dash, a letter and each character of a group', () => {
    expect(parseDiagram('-a-(bc)d|', '|')).toEqual([
      { frame: 1, mark: 'a' },
      { frame: 3, mark: 'b' },
      { frame: 3, mark: 'c' },
      { frame: 7, mark: 'd' },
      { frame: 8, mark: '|' },
    ]);
  });

  it('lets time pass by a number with a unit, and none by spaces', () => {
    expect(parseDiagram('a 65s b 1.5s | ', '|')).toEqual([
      { frame: 0, mark: 'a' },
      { frame: 65_001, mark: 'b' },
      { frame: 66_502, mark: '|' },
    ]);
    expect(parseDiagram('2m a', '')).toEqual([{ frame: 120_000, mark: 'a' }]);
    expect(parseDiagram('a 10ms', '')).toEqual([{ frame: 0, mark: 'a' }]);
    expect(parseDiagram('a1s', '')).toHaveLength(3);
  });

  it('refuses what has no meaning', () => {
    expect(() => parseDiagram('-a#', '|')).toThrow(/# means nothing in this diagram:\n {2}-a#\n {4}\^/);
    expect(() => parseDiagram('-(ab', '')).toThrow(/does not close/);
    expect(() => parseDiagram('-ab)', '')).toThrow(/no group to close/);
    expect(() => parseDiagram('-(a(b))', '')).toThrow(/within a group/);
  });

  it('refuses a time within a group, and one that goes back, and shows where', () => {
    expect(() => parseDiagram('-(a-b)', '')).toThrow('no time passes within a group:\n  -(a-b)\n     ^');
    expect(() => parseDiagram('(a 5s b)', '')).toThrow('no time passes within a group');
    expect(() => parseDiagram('a -5s b', '')).toThrow('time does not go back:\n  a -5s b\n    ^');
    expect(() => parseDiagram('-5ms', '')).toThrow('time does not go back');
    // No unit, so they are letters.
    expect(parseDiagram('-5', '')).toEqual([{ frame: 1, mark: '5' }]);
  });

  it('accepts a mark only in a row that gives it a meaning: HttpTest.flow lists them', () => {
    httpTest((words) => {
      const service = words.serve([], () => new Uint8Array() as never);
      expect(() => words.flow('-!')).toThrow('! means nothing in this diagram');
      expect(() => words.flow('-^')).toThrow('^ means nothing in this diagram');
      expect(() => words.expectWire(words.flow('')).toBe('#')).toThrow('# means nothing in this diagram');
      expect(() => words.expectFaults(service).toBe('|')).toThrow('| means nothing in this diagram');
      expect(() => words.expectCredit(words.flow('')).toBe('|')).toThrow('| means nothing in this diagram');
      expect(() => words.expectSubscriptions(words.flow('')).toBe('-a')).toThrow(SyntaxError);
      expect(() => words.slowPeer('-|')).toThrow('| means nothing in this diagram');
      words.expectFaults(service).toBe('');
      words.expectServed(service).toBe('|');
    });
  });

  it('wants a value for a letter that cannot stand for itself', () => {
    httpTest((words) => {
      const service = words.serve([], () => new Uint8Array() as never);
      expect(() => words.expectRequests(service).toBe('-a', { b: 'GET /', c: 'GET /c' })).toThrow(
        'requests: a has no value in -a: there are b, c',
      );
      expect(() => words.expectFrames(words.flow('')).toBe('h')).toThrow('frames of flow 1: h has no value in h');
      expect(() => words.expectCredit(words.flow('')).toBe('5a')).toThrow(
        'a is not a number of bytes, and has no value',
      );
      expect(() => words.flow('a', { ab: 'x' })).toThrow('a value has one letter, and "ab" is not one');
      expect(() => words.flow('a', { '|': 'x' })).toThrow('a value has one letter, and "|" is not one');
      expect(() => words.slowPeer('t', { '-': 1 })).toThrow('a value has one letter, and "-" is not one');
      words.expectServed(service).toBe('|');
    });
  });
});

describe('durationOf', () => {
  it('is how long a diagram lasts that has no letters', () => {
    expect([durationOf(''), durationOf('---'), durationOf('5s'), durationOf('- 1.5s --')]).toEqual([0, 3, 5000, 1503]);
    expect(() => durationOf('--a')).toThrow('time that passes has no letters: --a');
  });
});

describe('draw', () => {
  const drawn = (...diagrams: string[]): readonly string[] =>
    draw(diagrams.map((diagram) => parseDiagram(diagram, '|#!^'))).lines;

  it('puts rows on one time axis', () => {
    expect(drawn('-a--b', '--a-|')).toEqual(['-a--b', '--a-|']);
    expect(drawn('-(a|)', '-a---b')).toEqual(['-(a|)-', '-a---b']);
    expect(drawn('a 5s b', 'a 6s b')).toEqual(['a 5s b 999ms -', 'a 5s - 999ms b']);
  });

  it('draws what reads as it was', () => {
    for (const diagram of ['-a-(bc)d|', 'a 65s b 1500ms |', '(a|)', '']) {
      expect(drawn(diagram)).toEqual([diagram]);
      expect(parseDiagram(drawn(diagram)[0]!, '|')).toEqual(parseDiagram(diagram, '|'));
    }
  });

  it('keeps the columns below each other where a group is wider than the time to the next mark', () => {
    expect(drawn('-(ab)', '-ac')).toEqual(['-(ab)-', '-a   c']);
  });
});
