/** A field block that is coming in several frames (RFC 9113 sections 4.3 and 6.10): nothing else may come in between. */
import { concat } from '../bytes.js';
import { calmError, connectionError } from './errors.js';

export class FieldBlock {
  readonly streamId: number;
  /** Of PUSH_PROMISE, the stream that is promised; 0 for HEADERS. */
  readonly promised: number;
  readonly endStream: boolean;
  readonly selfDependent: boolean;
  private readonly fragments: Uint8Array[];
  private readonly limit: number;

  constructor(streamId: number, promised: number, endStream: boolean, selfDependent: boolean, continuations: number) {
    this.streamId = streamId;
    this.promised = promised;
    this.endStream = endStream;
    this.selfDependent = selfDependent;
    this.fragments = [];
    this.limit = continuations + 1;
  }

  /** The fragment of one more frame. Frames are bounded in size, and so is the block in their number (CVE-2024-27316). */
  append(streamId: number, fragment: Uint8Array): void {
    if (streamId !== this.streamId) throw connectionError('PROTOCOL_ERROR', 'CONTINUATION of another stream');
    if (this.fragments.length >= this.limit) throw calmError(`a field block in more than ${this.limit} frames`);
    this.fragments.push(fragment);
  }

  whole(): Uint8Array {
    return concat(this.fragments);
  }
}
