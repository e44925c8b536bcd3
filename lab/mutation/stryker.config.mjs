/**
 * Mutation testing of one area of the code that backpressure, dispatch and multiplexing stand on: `npm run mutation` runs them all,
 * `npm run mutation demand` one. What came of it is in docs/internals/mutation.md.
 */
import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

/** What is mutated, and what tests it: no sockets, no real peers, nothing that takes a second. */
export const AREAS = {
  demand: {
    mutate: ['src/demand/*.ts'],
    tests: ['src/demand/*', 'src/body/{body,body-demand,body-unhandled,laws}', 'src/flow/flow'],
  },
  body: {
    mutate: ['src/body/*.ts'],
    // `depth` and `queueing` move megabytes, and find no mutant that other tests do not find.
    tests: ['src/body/!(depth|queueing)', 'marbles/body'],
  },
  alpn: {
    mutate: ['src/alpn/*.ts'],
    tests: ['src/alpn/*', 'marbles/dispatch'],
  },
  // Windows, and who may send in them; the states of a stream.
  windows: {
    mutate: ['src/h2/{flow-control-window,send-queue,send-scheduler,priority,token-bucket}.ts'],
    tests: ['src/h2/{flow-control-window,send-queue,send-scheduler,priority,token-bucket,flow-control}'],
  },
  // Objects that come and go by the thousand: streams, connections, requests that wait.
  tables: {
    mutate: ['src/{streams,server/connection-list,client/request-queue}.ts'],
    tests: ['src/{streams,server/connection-list,client/request-queue}'],
  },
  states: {
    mutate: ['src/h2/{stream-state,closed-streams,stream}.ts'],
    tests: ['src/h2/{stream-state,closed-streams,stream,streams}'],
  },
};

const area = process.env['AREA'] ?? 'demand';
const { mutate, tests } = AREAS[area];
const reports = `lab/build/mutation/${area}`;

const ERROR = /(Error|Overflow|Fault)$/;
const BUILT_IN = /^(Range|Type)?Error$/;

/** Texts for people: programs branch on a `code`, never on a `message`, and no test should either. */
const messages = {
  shouldIgnore({ node, parent }) {
    if (parent?.type !== 'NewExpression' || !ERROR.test(parent.callee.name)) return undefined;
    const message = parent.arguments[BUILT_IN.test(parent.callee.name) ? 0 : 1];
    return node === message ? 'a message, for people to read' : undefined;
  },
};

/** This file is a plugin of Stryker's as well as its configuration. */
export const strykerPlugins = [declareValuePlugin(PluginKind.Ignore, 'messages', messages)];

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  testRunner: 'jest',
  jest: {
    configFile: 'lab/mutation/jest.config.js',
    // The area and the coverage of each test say which tests to run: to look for them in the imports is most of a mutant's time.
    enableFindRelatedTests: false,
    config: { testMatch: tests.map((test) => `<rootDir>/${test}.test.ts`) },
  },
  mutate: [...mutate, '!src/**/*.test.ts'],
  plugins: ['@stryker-mutator/jest-runner', './lab/mutation/stryker.config.mjs'],
  ignorers: ['messages'],
  coverageAnalysis: 'perTest',
  concurrency: 1,
  // A test that is slow on a busy machine is not a mutant that was found out.
  timeoutMS: 6_000,
  timeoutFactor: 2,
  testRunnerNodeArgs: ['--max-old-space-size=768', '--require=./lab/mutation/late-errors.cjs'],
  incremental: true,
  incrementalFile: `${reports}/incremental.json`,
  tempDirName: `${reports}/sandbox`,
  // All else that is not for git is not for the sandbox.
  ignorePatterns: ['/build', '/dist', '/docs', '/examples', '/coverage', '/lab/*', '!/lab/mutation'],
  reporters: ['clear-text', 'html', 'json'],
  htmlReporter: { fileName: `${reports}/report.html` },
  jsonReporter: { fileName: `${reports}/report.json` },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, allowEmojis: false },
  thresholds: { high: 95, low: 90, break: 85 },
};
