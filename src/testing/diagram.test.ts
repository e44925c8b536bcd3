import { draw, parseDiagram } from './diagram.js';

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
