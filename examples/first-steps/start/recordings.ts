/** The bytes of the latest connections, to make tests of: so many of them, so much of each, and never more. */
import type { TapEvent } from 'rxpaf';
import { printTest, recordingOf } from 'rxpaf/testing';

/** What a recording is bounded by. */
export interface RecordingLimits {
  /** Connections that are remembered. */
  readonly connections: number;
  /** Bytes of each. */
  readonly bytes: number;
  /** Events of each: a million empty-handed ones take memory, too. */
  readonly events: number;
}

export const RECORDING_LIMITS: RecordingLimits = { connections: 24, bytes: 64 * 1024, events: 2000 };

/** What passed on one connection. */
export class Recording {
  private readonly events: TapEvent[] = [];
  /** Whether more passed than is kept. */
  private truncated = false;
  private size = 0;

  constructor(
    private readonly limits: RecordingLimits,
    private readonly alpn: string | undefined,
  ) {}

  /** The connection as the text of a test that replays it, secrets left out. */
  get test(): string {
    const { alpn, truncated } = this;
    return printTest(recordingOf(this.events, { alpn, truncated }));
  }

  add(event: TapEvent): void {
    if (this.truncated || event.kind === 'credit') return;
    this.size += event.size;
    if (this.size > this.limits.bytes || this.events.length === this.limits.events) {
      this.truncated = true;
      return;
    }
    // A view of the flow's own memory, which would keep all of it.
    this.events.push(event.bytes === undefined ? event : { ...event, bytes: Uint8Array.from(event.bytes) });
  }
}

export class Recordings {
  private readonly kept = new Map<number, Recording>();

  constructor(private readonly limits = RECORDING_LIMITS) {}

  /** Begins that of a connection; the oldest is forgotten. */
  begin(connection: number, alpn: string | undefined): Recording {
    const recording = new Recording(this.limits, alpn);
    this.kept.set(connection, recording);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= this.limits.connections) break;
      this.kept.delete(oldest);
    }
    return recording;
  }

  get(connection: number): Recording | undefined {
    return this.kept.get(connection);
  }

  /** What carries nothing that is drawn makes room for others. */
  forget(connection: number): void {
    this.kept.delete(connection);
  }
}
