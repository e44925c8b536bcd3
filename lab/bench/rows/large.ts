/** The rows of large bodies: there, back, and both, of either protocol, at a pace that all can hold (see ../load/pace.ts). */
import type { Transfer } from '../load/paced-exchange.js';
import type { Asked, Row } from '../support/row.js';
import {
  measured,
  MEBIBYTES,
  MIB,
  type Moved,
  PER_GIB,
  perGiB,
  type ServerEntry,
  serverContestants,
} from '../support/servers.js';
import { ROOMY_HEAP, type WorkerProcess } from '../support/worker-process.js';

/** Bytes a second, of each direction: about half of what the slowest contestant moves on a core of today. */
const RATE = 256 * MIB;

/**
 * A large body is few calls of much work. The compiler has its turn only after thousands of pieces, and once more if the end of a body
 * takes paths that no piece took before. Some bodies at full speed come first. Otherwise the compiler is measured.
 */
const WARM_UP = { bodies: 12, rate: 1e15 };

interface Exchange {
  readonly path: string;
  readonly upload: number | undefined;
  /** Bytes of content that the response has, at least. */
  readonly back: number;
}

const WORKS: readonly {
  readonly name: string;
  readonly work: string;
  readonly exchange: (bytes: number) => Exchange;
}[] = [
  {
    name: 'download',
    work: 'GET of one large body',
    exchange: (bytes) => ({ path: `/bytes/${bytes}`, upload: undefined, back: bytes }),
  },
  {
    name: 'upload',
    work: 'POST of one large body, counted',
    exchange: (bytes) => ({ path: '/upload', upload: bytes, back: 1 }),
  },
  {
    name: 'echo',
    work: 'POST of one large body, sent back',
    exchange: (bytes) => ({ path: '/echo', upload: bytes, back: bytes }),
  },
];

/** The rows of one protocol. */
export function large(
  protocol: 'h1' | 'h2',
  transfer: (transfer: Transfer) => Promise<number>,
  servers: readonly ServerEntry[],
  asked: Asked,
): readonly Row[] {
  return WORKS.map(({ name, work, exchange }) => {
    const move = async (server: WorkerProcess, bytes: number, rate = RATE): Promise<Moved> => {
      const { path, upload, back } = exchange(bytes);
      const begin = performance.now();
      const content = await transfer({ port: server.port, path, upload, rate });
      if (content < back) throw new Error(`${content} bytes came back, not ${back}`);
      return { work: bytes / MIB, seconds: (performance.now() - begin) / 1000 };
    };
    const warmUp = async (server: WorkerProcess, bytes: number): Promise<Moved> => {
      for (let body = 0; body < WARM_UP.bodies; body++) await move(server, Math.ceil(bytes / 4), WARM_UP.rate);
      return move(server, Math.ceil(bytes / 4));
    };
    return {
      name: `${protocol}-${name}`,
      work: `${work}, at ${RATE / MIB} MiB/s`,
      costUnit: PER_GIB,
      rateUnit: MEBIBYTES,
      asked,
      contestants: serverContestants(
        servers,
        (server, { bytes }, isWarmUp) =>
          measured(server, () => (isWarmUp ? warmUp(server, bytes) : move(server, bytes)), perGiB),
        ROOMY_HEAP,
      ),
    };
  });
}
