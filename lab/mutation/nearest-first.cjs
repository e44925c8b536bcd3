// The tests beside a file first, the shortest of them first, and whole stacks last: a mutant is mostly found out within a tenth of a second.
const { statSync } = require('node:fs');
const Sequencer = require('@jest/test-sequencer').default;

const isWholeStack = (path) => /[\\/]marbles[\\/]|laws\.test/.test(path);

module.exports = class NearestFirst extends Sequencer {
  sort(tests) {
    const cost = ({ path }) => statSync(path).size + (isWholeStack(path) ? 1e9 : 0);
    return [...tests].sort((one, other) => cost(one) - cost(other));
  }
};
