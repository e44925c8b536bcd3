import Sequencer from '@jest/test-sequencer';

/** The beginnings of the paths of tests that wait for real time and other programs, longest first. */
const SLOW = ['test/docs/site.test.ts', 'lab/', 'test/'];

/**
 * These tests run first. Unless Jest remembers a run, it begins with the largest files. In a fresh clone that is units, and small files
 * that take minutes, as the soak and the site do, would run alone at the end.
 */
export default class SlowFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path, context }) => {
      const inside = path.slice(context.config.rootDir.length + 1);
      const found = SLOW.findIndex((start) => inside.startsWith(start));
      return found === -1 ? SLOW.length : found;
    };
    // Within a folder in the order of Jest's own.
    return super.sort(tests).toSorted((a, b) => rank(a) - rank(b));
  }
}
