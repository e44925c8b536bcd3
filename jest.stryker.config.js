/** How mutants are tested: which tests, the area says (stryker.config.mjs); with the same samples each time. */
import config from './jest.config.js';

export default {
  ...config,
  roots: ['<rootDir>/src', '<rootDir>/marbles'],
  testSequencer: '<rootDir>/scripts/mutation/nearest-first.cjs',
  setupFiles: ['<rootDir>/scripts/mutation/fixed-seed.cjs'],
};
