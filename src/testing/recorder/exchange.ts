/** The exchanges of a recorded connection, as its bytes show them. */
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
  /** Undefined if no response began. */
  readonly status: number | undefined;
  /** Without `date`. */
  readonly responseHeaders: FieldsTold;
  readonly body: Uint8Array;
  /** `aborted`: the response did not go out whole. `open`: it was going out when the recording ended. */
  readonly outcome: 'complete' | 'aborted' | 'open';
}

/** An exchange in short, as a printed test expects it: a property that it does not name may have any value. */
export interface ExpectedExchange {
  /** `POST /path`. */
  readonly request: string;
  /** Of the request; as {@link tellContent} prints it. */
  readonly content?: string;
  readonly status?: number;
  /** Of the response; as {@link tellContent} prints it. */
  readonly body?: string;
}

/** Content longer than this is shown by its size and checksum. */
const SHORT = 400;

/** Content in words: itself, where it is a short text; else its size and CRC-32. */
export function tellContent(content: Uint8Array): string {
  const text = content.length <= SHORT ? textIn(content) : undefined;
  return text ?? `(${content.length} bytes, CRC-32 ${crc32(content).toString(16).padStart(8, '0')})`;
}

/**
 * The properties that must be the same when an exchange is replayed. If an exchange was broken off, its progress depends on the time, so
 * its response is not among them.
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
