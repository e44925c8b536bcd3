/** What a recording says happened: the exchanges of a connection, as they can be told from its bytes. */
import { asBuffer } from '../../bytes.js';
import { textIn } from './source-code.js';

/** Field lines by name, in lower case; where a name comes twice, its values with `, ` between them. */
export type FieldsTold = Readonly<Record<string, string>>;

/** A request and its response, as they went over the wire. */
export interface Exchange {
  /** On h2 the stream; on h1 the requests are counted: 1, 2, 3... */
  readonly stream: number;
  readonly method: string;
  readonly target: string;
  readonly requestHeaders: FieldsTold;
  /** Content of the request, without its framing. */
  readonly content: Uint8Array;
  /** Whether the whole request came. */
  readonly whole: boolean;
  /** Undefined where no answer began. */
  readonly status: number | undefined;
  /** Without `date`. */
  readonly responseHeaders: FieldsTold;
  readonly body: Uint8Array;
  /** `aborted`: the answer did not go out whole. `open`: it was going out when the recording ended. */
  readonly outcome: 'complete' | 'aborted' | 'open';
}

/** An exchange in short, as a printed test expects it: what it does not name may be anything. */
export interface ExpectedExchange {
  /** `POST /path`. */
  readonly request: string;
  /** Of the request; as {@link tellContent} tells it. */
  readonly content?: string;
  readonly status?: number;
  /** Of the response; as {@link tellContent} tells it. */
  readonly body?: string;
}

/** Content longer than this is told by its size and checksum. */
const SHORT = 400;

/** Content in words: itself, where it is a short text; else its size and CRC-32. */
export function tellContent(content: Uint8Array): string {
  const text = content.length <= SHORT ? textIn(content) : undefined;
  return text ?? `(${content.length} bytes, CRC-32 ${crc32(content).toString(16).padStart(8, '0')})`;
}

/**
 * What must be the same when an exchange is replayed. How far one came that was broken off depends on when it was, and so its
 * answer is not among it.
 */
export function expectationOf(exchange: Exchange): ExpectedExchange {
  const { method, target, content, whole, status, body, outcome } = exchange;
  return {
    request: `${method} ${target}`,
    ...(whole && content.length > 0 ? { content: tellContent(content) } : {}),
    ...(outcome === 'complete' && status !== undefined ? { status, body: tellContent(body) } : {}),
  };
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let crc = index;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** CRC-32 as zlib has it: so that content can be compared without being kept. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of asBuffer(bytes)) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ byte) & 0xff]!;
  return (crc ^ 0xffffffff) >>> 0;
}
