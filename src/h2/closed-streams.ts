/**
 * How the latest closed streams closed. What may still come on a stream depends on it (RFC 9113 section 5.1), but only
 * for a while, so the memory is bounded: a table by identifier, in which later streams take the place of earlier ones.
 */
import type { ClosedState } from './stream-state.js';

/** Streams remembered, of each side: more than may be open at once by default. */
const REMEMBERED = 256;

const CAUSES: readonly ClosedState[] = ['closed-unknown', 'closed-ended', 'closed-reset-sent', 'closed-reset-received'];

export class ClosedStreams {
  private readonly ids: Uint32Array;
  private readonly causes: Uint8Array;

  constructor() {
    this.ids = new Uint32Array(REMEMBERED);
    this.causes = new Uint8Array(REMEMBERED);
  }

  remember(streamId: number, cause: ClosedState): void {
    const at = (streamId >>> 1) % REMEMBERED;
    this.ids[at] = streamId;
    this.causes[at] = CAUSES.indexOf(cause);
  }

  causeOf(streamId: number): ClosedState {
    const at = (streamId >>> 1) % REMEMBERED;
    return this.ids[at] === streamId ? CAUSES[this.causes[at]!]! : 'closed-unknown';
  }
}
