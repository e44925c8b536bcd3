/**
 * How the latest closed streams closed. The frames that may still come on a stream depend on it (RFC 9113 section 5.1), but only for a
 * while. So the memory is bounded: a table by identifier, in which later streams replace earlier ones.
 */
import type { ClosedState } from './stream-state.js';

/** Streams remembered, of both sides together: more than may be open at once by default. */
const REMEMBERED = 256;

const NOTHING = new Uint32Array(0);
const NO_CAUSES = new Uint8Array(0);

const CAUSES: readonly ClosedState[] = ['closed-unknown', 'closed-ended', 'closed-reset-sent', 'closed-reset-received'];

export class ClosedStreams {
  private ids: Uint32Array;
  private causes: Uint8Array;

  constructor() {
    // A connection that has closed no stream needs no memory of it.
    this.ids = NOTHING;
    this.causes = NO_CAUSES;
  }

  remember(streamId: number, cause: ClosedState): void {
    if (this.ids === NOTHING) {
      this.ids = new Uint32Array(REMEMBERED);
      this.causes = new Uint8Array(REMEMBERED);
    }
    const at = (streamId >>> 1) % REMEMBERED;
    this.ids[at] = streamId;
    this.causes[at] = CAUSES.indexOf(cause);
  }

  causeOf(streamId: number): ClosedState {
    const at = (streamId >>> 1) % REMEMBERED;
    return this.ids[at] === streamId ? CAUSES[this.causes[at]!]! : 'closed-unknown';
  }
}
