import Sequencer from '@jest/test-sequencer';

/** Where tests wait for real time and other programs, longest first. */
const SLOW = ['lab', 'test'];

/**
 * Tests of these folders run first. Unless Jest remembers a run, it begins with the largest files: in a fresh clone that is
 * units, and the soak, a small file that takes a minute, would be what all wait for in the end.
 */
export default class SlowFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path, context }) => {
      const folder = path.slice(context.config.rootDir.length + 1).split('/')[0];
      return SLOW.includes(folder) ? SLOW.indexOf(folder) : SLOW.length;
    };
    // Within a folder in the order of Jest's own.
    return super.sort(tests).toSorted((a, b) => rank(a) - rank(b));
  }
}
