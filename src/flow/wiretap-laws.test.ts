/** A tapped flow is a Flow: the laws of a memory pair and of a socket run again over taps that listen. */
import type * as Duplex from '../node/flow-from-duplex.js';
import type { Flow } from './flow.js';
import type * as Memory from './memory-pair.js';
import type * as Wiretap from './wiretap.js';

const mockTap = (flow: Flow): Flow =>
  jest.requireActual<typeof Wiretap>('./wiretap.js').wiretap(() => undefined, { limit: Infinity })(flow);

jest.mock('./memory-pair.js', () => {
  const memory = jest.requireActual<typeof Memory>('./memory-pair.js');
  return { ...memory, memoryPair: (options: Memory.MemoryPairOptions) => memory.memoryPair(options).map(mockTap) };
});

jest.mock('../node/flow-from-duplex.js', () => {
  const { fromDuplex } = jest.requireActual<typeof Duplex>('../node/flow-from-duplex.js');
  const tapped = new WeakMap<object, Flow>();
  return {
    fromDuplex: (duplex: Parameters<typeof fromDuplex>[0]) => {
      const flow = tapped.get(duplex) ?? mockTap(fromDuplex(duplex));
      tapped.set(duplex, flow);
      return flow;
    },
  };
});

describe('tapped', () => {
  jest.requireActual('./memory-pair.test.js');
  jest.requireActual('../node/flow-from-duplex.test.js');

  it('is the flow that these laws test', () => {
    const { memoryPair } = jest.requireMock<typeof Memory>('./memory-pair.js');
    const { memoryPair: plain, MemoryFlow } = jest.requireActual<typeof Memory>('./memory-pair.js');
    expect(plain()[0]).toBeInstanceOf(MemoryFlow);
    expect(memoryPair()[0]).not.toBeInstanceOf(MemoryFlow);
  });
});
