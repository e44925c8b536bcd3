import { availableParallelism } from 'node:os';

/** What `npm test` runs: units (`src`), diagrams (`marbles`) and a round over real sockets. It needs only Node. */
export default {
  testEnvironment: 'node',
  rootDir: import.meta.dirname,
  roots: ['<rootDir>/src', '<rootDir>/marbles', '<rootDir>/test/sockets'],
  testMatch: ['**/*.test.ts'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^rxpaf$': '<rootDir>/src/index.ts',
    '^rxpaf/testing$': '<rootDir>/src/testing/index.ts',
    '^rxpaf/engine$': '<rootDir>/src/engine/index.ts',
    '^rxpaf/middleware$': '<rootDir>/src/middleware/index.ts',
    '^rxpaf/ws$': '<rootDir>/src/ws/index.ts',
    '^rxpaf/sse$': '<rootDir>/src/sse/index.ts',
    '^rxpaf/eslint$': '<rootDir>/src/eslint/index.ts',
  },
  modulePathIgnorePatterns: ['<rootDir>/lab/build', '<rootDir>/build', '<rootDir>/scripts/examples'],
  extensionsToTreatAsEsm: [],
  transform: {
    // The sources are ES modules; a test runs them as CommonJS. `npm run check` checks the types, once.
    '^.+\\.ts$': ['ts-jest', { tsconfig: 'tsconfig.jest.json', diagnostics: false }],
  },
  // For a machine under load: a test that passes takes a few seconds at most.
  testTimeout: 120_000,
  maxWorkers: availableParallelism(),
};
