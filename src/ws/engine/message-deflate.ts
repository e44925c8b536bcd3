/**
 * permessage-deflate at work (RFC 7692 section 7.2): a message is compressed and decompressed whole, within one call, by a codec from
 * outside. The context that one message takes over from another is the last bytes that were compressed, as many as the window has. An idle
 * connection keeps these bytes, and no compressor.
 */
import { WebSocketError } from '../../errors.js';
import type { DeflateParameters } from './deflate-offers.js';
import type { MessageDecoder } from './message-assembly.js';

/** DEFLATE (RFC 1951), whole and at once: neither timers nor promises. */
export interface DeflateCodec {
  /** Compresses `data`, and ends on a byte boundary (`Z_SYNC_FLUSH`). `context`: what came before, within a window of 2^`windowBits`. */
  deflate(data: Uint8Array, windowBits: number, context: Uint8Array | undefined): Buffer;
  /**
   * Decompresses the payload of a message, from whose end its sender has taken four octets (RFC 7692 section 7.2.2).
   *
   * @returns why not, if it is malformed, ends within a block, or is more than `limit` bytes.
   */
  inflate(
    payload: Uint8Array,
    windowBits: number,
    context: Uint8Array | undefined,
    limit: number,
  ): Buffer | 'malformed' | 'too-large';
}

/** The octets that a sender takes off the end of a message (RFC 7692 section 7.2.1). */
const TAIL = Buffer.from([0x00, 0x00, 0xff, 0xff]);

/** An empty message, compressed: the first octet of an empty block (RFC 7692 section 7.2.3.6). */
const EMPTY = Buffer.from([0x00]);

/** @internal */
export class MessageDeflate implements MessageDecoder {
  private readonly received: Context | undefined;
  private readonly sent: Context | undefined;
  private readonly receivedBits: number;
  private readonly sentBits: number;

  constructor(
    private readonly codec: DeflateCodec,
    parameters: DeflateParameters,
    isServer: boolean,
  ) {
    const { serverMaxWindowBits, clientMaxWindowBits } = parameters;
    this.sentBits = isServer ? serverMaxWindowBits : clientMaxWindowBits;
    this.receivedBits = isServer ? clientMaxWindowBits : serverMaxWindowBits;
    const { serverNoContextTakeover, clientNoContextTakeover } = parameters;
    if (!(isServer ? serverNoContextTakeover : clientNoContextTakeover)) this.sent = new Context(this.sentBits);
    if (!(isServer ? clientNoContextTakeover : serverNoContextTakeover)) this.received = new Context(this.receivedBits);
  }

  decode(payload: Buffer, limit: number): Buffer {
    const content = this.codec.inflate(payload, this.receivedBits, this.received?.bytes, limit);
    if (content === 'too-large') {
      const words = `a message has more than ${limit} bytes once it is decompressed`;
      throw new WebSocketError('message-too-big', words, 1009);
    }
    if (content === 'malformed') throw new WebSocketError('invalid-data', 'a message cannot be decompressed', 1007);
    this.received?.append(content);
    return content;
  }

  /** The payload of a message, also where it is not shorter for it: what follows may refer to it. */
  encode(content: Uint8Array): Buffer {
    if (content.length === 0) return EMPTY;
    const data = this.codec.deflate(content, this.sentBits, this.sent?.bytes);
    this.sent?.append(content);
    return data.subarray(0, data.length - TAIL.length);
  }
}

/** The end of what has been compressed, for the next message to refer to. */
class Context {
  private readonly window: number;
  private memory: Buffer | undefined = undefined;
  private used = 0;

  constructor(windowBits: number) {
    this.window = 2 ** windowBits;
  }

  /** Undefined before the first message. */
  get bytes(): Buffer | undefined {
    const { memory, used, window } = this;
    return memory?.subarray(Math.max(0, used - window), used);
  }

  append(content: Uint8Array): void {
    const { window } = this;
    const added = content.length > window ? content.subarray(content.length - window) : content;
    if (added.length === 0) return;
    if (this.memory === undefined || this.used + added.length > this.memory.length) this.makeRoom(added.length);
    this.memory!.set(added, this.used);
    this.used += added.length;
  }

  /** Grows up to two windows: then the last window moves to the front. */
  private makeRoom(size: number): void {
    const { memory, used, window } = this;
    const kept = this.bytes;
    const keptSize = kept?.length ?? 0;
    const needed = keptSize + size;
    const length = Math.min(2 * window, Math.max(1024, 2 * needed));
    if (memory !== undefined && memory.length >= length) {
      memory.copyWithin(0, used - keptSize, used);
    } else {
      this.memory = Buffer.allocUnsafeSlow(length);
      if (kept !== undefined) this.memory.set(kept);
    }
    this.used = keptSize;
  }
}
