import fc from 'fast-check';
import { DEFAULT_PRIORITY, parsePriority, serializePriority } from './priority.js';

describe('the Priority field (RFC 9218 section 4)', () => {
  it.each([
    ['', 3, false],
    ['u=0', 0, false],
    ['u=7, i', 7, true],
    ['i', 3, true],
    ['i=?1,u=5', 5, true],
    ['i=?0, u=1', 1, false],
    ['u=2;why="because", i;x', 2, true],
    ['other="a, u=1", u=6', 6, false],
    ['u=1, u=4', 4, false],
  ])('%j means urgency %i, incremental %s', (value, urgency, incremental) => {
    expect(parsePriority(value)).toEqual({ urgency, incremental });
  });

  it.each(['u=8', 'u=-1', 'u=1.5', 'u=abc', 'i=1', 'u', 'U=1', '=', 'u=1 i', '"u=1"'])('ignores %j', (value) => {
    expect(parsePriority(value)).toBe(DEFAULT_PRIORITY);
  });

  it('reads any text without throwing, and its own', () => {
    fc.assert(fc.property(fc.string(), (value) => parsePriority(value).urgency <= 7));
    for (const urgency of [0, 1, 2, 3, 4, 5, 6, 7]) {
      for (const incremental of [true, false]) {
        expect(parsePriority(serializePriority({ urgency, incremental }))).toEqual({ urgency, incremental });
      }
    }
  });
});
