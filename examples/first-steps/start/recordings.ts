/** Records the bytes of the latest connections, as material for tests. Connections, bytes and events are limited. */
import type { TapEvent } from 'rxpaf';
import { printTest, recordingOf } from 'rxpaf/testing';

/** The limits of the recordings. */
export interface RecordingLimits {
  /** Recorded connections; the oldest is dropped first. */
  readonly connections: number;
  /** Bytes per connection. */
  readonly bytes: number;
  /** Events per connection: events without bytes take memory, too. */
  readonly events: number;
}

export const RECORDING_LIMITS: RecordingLimits = { connections: 24, bytes: 64 * 1024, events: 2000 };

/** The bytes of one connection. */
export class Recording {
  private readonly events: TapEvent[] = [];
  /** Whether a limit was reached. */
  private truncated = false;
  private size = 0;

  constructor(
    private readonly limits: RecordingLimits,
    private readonly alpn: string | undefined,
  ) {}

  /** The text of a test that replays the connection, with secrets redacted. */
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
    // Copies the bytes: they are a view, which would keep the flow's whole buffer alive.
    this.events.push(event.bytes === undefined ? event : { ...event, bytes: Uint8Array.from(event.bytes) });
  }
}

export class Recordings {
  private readonly kept = new Map<number, Recording>();

  constructor(private readonly limits = RECORDING_LIMITS) {}

  /** Starts the recording of a connection, and drops the oldest one. */
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

  /** Drops a recording. */
  forget(connection: number): void {
    this.kept.delete(connection);
  }
}
