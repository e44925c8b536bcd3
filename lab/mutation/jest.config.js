/** How mutants are tested: which tests, the area says (stryker.config.mjs); with the same samples each time. */
import config from '../../jest.config.js';

export default {
  ...config,
  roots: ['<rootDir>/src', '<rootDir>/marbles'],
  // A promise that a mutant leaves pending is found out sooner.
  testTimeout: 5_000,
  testSequencer: '<rootDir>/lab/mutation/nearest-first.cjs',
  setupFiles: ['<rootDir>/lab/mutation/fixed-seed.cjs'],
};
