/** Recordings: the events of a wiretap, read, redacted, and drawn. */
import type { SchedulerLike } from 'rxjs';
import type { Flow } from '../../flow/flow.js';
import { type TapEvent, wiretap } from '../../flow/wiretap.js';
import type { Draft } from './exchange-draft.js';
import type { Exchange } from './exchange.js';
import { readH1, type Reading } from './h1-recording.js';
import { readH2 } from './h2-recording.js';
import { PREFACE } from './h2-builder-calls.js';
import { checkRedaction, type Redaction, Redactor } from './redaction.js';
import { type Chunk, Side, type SideEnd } from './direction.js';
import { type Timeline, timelineOf } from './timeline.js';
import {
  booleanValue,
  checkOptions,
  functionValue,
  numberOf,
  objectValue,
  type OptionTable,
  textValue,
} from '../../option-checks.js';

/** How a connection is recorded. */
export interface RecordOptions {
  /** Bytes that are kept, both directions together: 1 MiB unless set. Bytes after them are not recorded. */
  readonly limit?: number;
  /** The clock: RxJS's asyncScheduler unless set. */
  readonly scheduler?: SchedulerLike;
  /** The values that are not shown: credentials and cookies by default; `false`: all is shown. */
  readonly redact?: Redaction | false;
  /** ms that stay of a time in which no exchange was open: 5 unless set. */
  readonly idle?: number;
  /** Called when both sides of the connection are over. */
  readonly ended?: () => void;
}

const RECORD_OPTIONS: OptionTable<RecordOptions> = {
  limit: numberOf(0, 'bytes'),
  scheduler: objectValue,
  redact: checkRedaction,
  idle: numberOf(0, 'ms'),
  ended: functionValue,
};

/** A connection that was recorded: secrets redacted, ready to be printed (`printTest`) and to be replayed (`replay`). */
export interface RecordedConnection extends Timeline {
  /** The bytes of the peer, as a diagram: a letter a chunk. */
  readonly diagram: string;
  /** The values of the diagram's letters. */
  readonly values: Timeline['values'];
  /** The ALPN result: undefined if ALPN was not used. */
  readonly alpn: string | undefined;
  readonly exchanges: readonly Exchange[];
  /** Whether more passed than was kept. */
  readonly truncated: boolean;
}

/** A connection that is being recorded. */
export interface Recorder {
  /** The flow to use in place of the one that is recorded. */
  readonly flow: Flow;
  /** The recording until now. It takes time: not for a hot path. */
  recording(): RecordedConnection;
}

/** Things that are kept of one connection, however small each is. */
const EVENTS = 20_000;

/**
 * Records a flow. Its memory is bounded; the recording that is read later has no secrets in it.
 *
 * @example
 * ```ts
 * const recorder = record(fromDuplex(socket));
 * recorder.flow.subscribe(recorder.flow);
 * // And some time later:
 * console.log(printTest(recorder.recording()));
 * ```
 */
export function record(flow: Flow, options: RecordOptions = {}): Recorder {
  checkOptions('record', options, RECORD_OPTIONS);
  const { scheduler, limit } = options;
  const kept: TapEvent[] = [];
  let cut = false;
  const keep = (event: TapEvent): void => {
    if (event.kind === 'credit' || cut) return;
    cut = kept.length === EVENTS || (event.bytes?.length ?? 0) < event.size;
    // A copy: the flow's bytes are its own, and a view of some may keep many.
    if (kept.length < EVENTS) kept.push({ ...event, ...(event.bytes ? { bytes: Uint8Array.from(event.bytes) } : {}) });
  };
  const tap = wiretap(
    { next: keep, ...(options.ended === undefined ? {} : { complete: options.ended }) },
    { ...(scheduler === undefined ? {} : { scheduler }), ...(limit === undefined ? {} : { limit }) },
  );
  return { flow: tap(flow), recording: () => recordingOf(kept, { ...options, alpn: flow.alpn, truncated: cut }) };
}

/** Further facts about a connection that was tapped. */
export interface TappedConnection extends RecordOptions {
  readonly alpn?: string | undefined;
  /** Whether more passed than there are events for. */
  readonly truncated?: boolean;
}

const TAPPED_CONNECTION: OptionTable<TappedConnection> = {
  ...RECORD_OPTIONS,
  alpn: textValue,
  truncated: booleanValue,
};

/** The recording of events that a wiretap reported: those of one connection, from its beginning on. */
export function recordingOf(events: readonly TapEvent[], options: TappedConnection = {}): RecordedConnection {
  checkOptions('recordingOf', options, TAPPED_CONNECTION);
  const { redact = {}, idle = 5, alpn, truncated = false } = options;
  const begin = events[0]?.at ?? 0;
  const [received, sent] = sidesOf(events, begin);
  const { pieces, drafts } = read(received, sent, new Redactor(redact));
  const last = events.find(({ kind }) => kind === 'received-fin' || kind === 'received-reset')?.kind;
  const mark = last === undefined ? undefined : last === 'received-fin' ? '|' : '#';
  return {
    ...timelineOf(received, pieces, drafts, { mark, idle }),
    alpn,
    exchanges: drafts.map((draft) => draft.finished(sent)),
    truncated,
  };
}

function sidesOf(events: readonly TapEvent[], begin: number): [received: Side, sent: Side] {
  const sideOf = (kind: 'received' | 'sent'): Side => {
    const chunks: Chunk[] = [];
    let end: SideEnd | undefined;
    for (const event of events) {
      const at = event.at - begin;
      if (event.kind === kind && event.bytes !== undefined) chunks.push({ at, bytes: event.bytes });
      else if (event.kind === `${kind}-fin`) end ??= { at, kind: 'fin' };
      else if (event.kind === 'received-reset' || event.kind === 'aborted') end ??= { at, kind: 'cut' };
    }
    return new Side(chunks, end);
  };
  return [sideOf('received'), sideOf('sent')];
}

function read(received: Side, sent: Side, redactor: Redactor): Reading {
  if (received.bytes.subarray(0, PREFACE.bytes.length).equals(PREFACE.bytes)) {
    return readH2(received, sent, redactor, { received: 0, sent: 0 });
  }
  const first = readH1(received, sent, redactor);
  if (first.upgraded === undefined) return first;
  const upgraded: Draft = first.drafts.at(-1)!;
  const second = readH2(received, sent, redactor, { ...first.upgraded, upgraded });
  return {
    pieces: [...first.pieces, ...second.pieces],
    drafts: [...first.drafts.slice(0, -1), ...second.drafts],
  };
}
