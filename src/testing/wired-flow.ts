/** A flow under test: its wire is recorded. */
import type { Flow } from '../flow/flow.js';
import type { Recording } from './recorded-row.js';
import { SubscriptionRow } from './subscription-rows.js';

/** A flow under test: bytes that are written to it, taken from it and read from it are recorded. */
export interface WiredFlow extends Flow {
  /** How failures call it. */
  readonly name: string;
  /** The written bytes, write by write; `|` our FIN, `!` our close. */
  readonly writes: Recording<Uint8Array>;
  /** The written bytes, joined frame by frame. */
  readonly wire: Recording<Uint8Array>;
  /** Bytes that were taken by the reader, or thrown away, joined frame by frame. */
  readonly credits: Recording<number>;
  /** When the flow was read. */
  readonly reads: SubscriptionRow;
}
