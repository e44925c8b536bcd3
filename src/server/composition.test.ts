/**
 * `service` has a fast path. It behaves exactly as the public parts do. Here, every test of a service runs with the composition of
 * `connections`, `exchanges` and `respond` in its place.
 */
import '../../test/kits/units/both-protocols.js';
import type * as composition from '../../test/kits/units/composition.js';

jest.mock('./service.js', () => ({
  service: (...given: Parameters<typeof composition.composedService>) =>
    jest.requireActual<typeof composition>('../../test/kits/units/composition.js').composedService(...given),
}));

const DIAGRAMS = [
  ...[
    'dispatch',
    'drain',
    'error-stream',
    'fault-handler',
    'faults',
    'h1-chain',
    'h2-chain',
    'h2-drain',
    'h2-fairness',
  ],
  ...['h2-faults', 'h2-windows', 'limits-h1', 'limits-h2', 'misuse', 'pair', 'request', 'seed', 'timeouts', 'body'],
].map((name) => `../../marbles/${name}.test.js`);

describe.each([
  ...['./both-protocols.test.js', './both-protocols-ends.test.js', './both-protocols-faults.test.js'],
  ...['./h2-exchange.test.js', './h2c-upgrade.test.js'],
  ...DIAGRAMS,
])('connections, exchanges and respond in the place of service: %s', (file) => {
  jest.requireActual(file);
});
