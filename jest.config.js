import { availableParallelism } from 'node:os';

/** One pass over units (`src`), marble diagrams (`marbles`) and the examples run for real (`examples`). */
export default {
  testEnvironment: 'node',
  roots: [
    '<rootDir>/src',
    '<rootDir>/marbles',
    '<rootDir>/examples',
    '<rootDir>/bench',
    '<rootDir>/fuzz',
    '<rootDir>/soak',
  ],
  testMatch: ['**/*.test.ts'],
  testSequencer: '<rootDir>/scripts/slow-first.mjs',
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^rxpaf$': '<rootDir>/src/index.ts',
    '^rxpaf/testing$': '<rootDir>/src/testing/index.ts',
    '^rxpaf/eslint$': '<rootDir>/src/eslint/index.ts',
  },
  extensionsToTreatAsEsm: [],
  transform: {
    // The sources are ESM; a test runs them as CommonJS. Types are checked by `npm run check`, once.
    '^.+\\.ts$': ['ts-jest', { tsconfig: 'tsconfig.jest.json', diagnostics: false }],
  },
  testTimeout: 20_000,
  // More than there are cores: many tests wait for real time, and for other programs.
  maxWorkers: Math.ceil(availableParallelism() * 1.5),
};
