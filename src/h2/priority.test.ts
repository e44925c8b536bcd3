import { fc } from '../../test/kits/properties.js';
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
    ['i, i=?0', 3, false],
    ['i=?0, i', 3, true],
    ['other="\\"", u=1', 1, false],
    ['other="a\\\\", u=1', 1, false],
    ['other=(1 2), u=1', 1, false],
    ['other=(), u=1', 1, false],
    ['\tu=1\t,\ti\t', 1, true],
    ['u=1'.padStart(128), 1, false],
  ])('%j means urgency %i, incremental %s', (value, urgency, incremental) => {
    expect(parsePriority(value)).toEqual({ urgency, incremental });
  });

  it.each(['u=8', 'u=-1', 'u=1.5', 'u=abc', 'i=1', 'u', 'U=1', '=', 'u=1 i', '"u=1"', 'u=1'.padStart(129)])(
    'ignores %j',
    (value) => {
      expect(parsePriority(value)).toBe(DEFAULT_PRIORITY);
    },
  );

  it('parses no short value again that it read before, and keeps 64 of them', async () => {
    jest.resetModules();
    const { parsePriority: parse } = await import('./priority.js');
    const isKept = (value: string): boolean => parse(value) === parse(value);
    expect([isKept('u=1'.padStart(16)), isKept('u=1'.padStart(17))]).toEqual([true, false]);
    for (let index = 2; index <= 64; index++) expect(isKept(`u=1;x=${index}`)).toBe(true);
    expect([isKept('u=1;x=65'), isKept('u=1;x=64')]).toEqual([false, true]);
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
