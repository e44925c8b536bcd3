import { availableParallelism } from 'node:os';
import quick from '../jest.config.js';

/** What `npm run test:all` runs: all that `npm test` does, and what needs other programs, browsers, or minutes. */
export default {
  ...quick,
  roots: ['<rootDir>/src', '<rootDir>/marbles', '<rootDir>/test', '<rootDir>/lab'],
  testSequencer: '<rootDir>/test/slow-first.mjs',
  testTimeout: 240_000,
  // More than there are cores: many of these tests wait for other programs.
  maxWorkers: Math.ceil(availableParallelism() * 1.5),
};
