/** Readers of a body: operators of ours, one after the other, and an end whose work keeps its chunks until the test lets them go. */
import { PassThrough } from 'node:stream';
import { concatMap, map, Observable, type VirtualTimeScheduler } from 'rxjs';
import { Body, bufferBytes, collect, consume, hold, rechunk, retain, tee, through } from '../../../src/index.js';

/** Work that is under way, and what it keeps. */
export class Work {
  private open: (() => void)[] = [];

  /** Keeps `chunk` until it is let go. */
  readonly on = (chunk: Uint8Array): Observable<Uint8Array> =>
    new Observable((subscriber) => {
      this.open.push(() => {
        subscriber.next(chunk);
        subscriber.complete();
      });
    });

  keep(letGo: () => void): void {
    this.open.push(letGo);
  }

  /** Lets the first `count` go. */
  letGo(count: number): void {
    for (const end of this.open.splice(0, count)) end();
  }
}

type Chunks = Observable<Uint8Array>;

/** A stage, or an end, as data: `size` is what its operator is given, in bytes. */
export interface Part<K> {
  readonly kind: K;
  readonly size: number;
  /** How many chunks are worked on at once. */
  readonly concurrency: number;
}

interface Stage {
  readonly of: (source: Chunks, part: Part<string>, work: Work, clock: VirtualTimeScheduler) => Chunks;
  /** Bytes that it may hold beside the window of its source: a batch, or windows of its own. */
  readonly own: (size: number, window: number) => number;
}

const none = (): number => 0;
/** What work on one piece takes beside its bytes, that of RxJS included, bytes: measured. */
const PIECE = 1500;
const batch = (size: number, window: number): number => size + (window / size) * PIECE;
/** A body of its own. */
const window = (size: number): number => size;

/** Bytes that Node's streams and a body downstream of them may hold: three buffers of 64 KiB. */
const TRANSFORM = 3 * 64 * 1024;

export const STAGES = {
  map: { own: none, of: (source) => source.pipe(map((chunk) => chunk)) },
  consume: { own: none, of: (source, { concurrency }, work) => source.pipe(consume(work.on, { concurrency })) },
  hold: { own: none, of: (source, _part, work) => source.pipe(hold(concatMap(work.on))) },
  rechunk: { own: batch, of: (source, { size }) => source.pipe(rechunk(size)) },
  bufferBytes: {
    own: (size) => size,
    of: (source, { size }, _work, clock) => source.pipe(bufferBytes(size, 1000, clock)),
  },
  relay: {
    own: window,
    of: (source, { size }) => {
      const body = new Body({ window: size, limit: Infinity });
      source.subscribe(body);
      return body;
    },
  },
  tee: {
    own: (size) => 2 * size,
    of: (source, { size }, work) => {
      const [main, other] = tee(2, { window: size })(source);
      other!.pipe(consume(work.on)).subscribe({ error: () => 0 });
      return main!;
    },
  },
  through: { own: () => TRANSFORM, of: (source) => source.pipe(through(() => new PassThrough())) },
} satisfies Readonly<Record<string, Stage>>;

interface End {
  readonly read: (source: Chunks, part: Part<string>, work: Work) => void;
  readonly own: (size: number) => number;
}

const ignored = { error: () => 0 };

export const ENDS = {
  consume: {
    own: none,
    read: (source, { concurrency }, work) => void source.pipe(consume(work.on, { concurrency })).subscribe(ignored),
  },
  hold: { own: none, read: (source, _part, work) => void source.pipe(hold(concatMap(work.on))).subscribe(ignored) },
  forAwait: {
    own: none,
    read: (source, _part, work) => {
      const body = source instanceof Body ? source : relayed(source);
      const iterator = body[Symbol.asyncIterator]();
      const more = (): void =>
        void iterator.next().then(
          (result) => result.done === true || work.keep(() => (result.value.length > 0 ? more() : undefined)),
          () => 0,
        );
      more();
    },
  },
  retain: {
    own: none,
    read: (source, _part, work) =>
      void source.subscribe({
        ...ignored,
        next: () => {
          const release = retain();
          if (release !== undefined) work.keep(release);
        },
      }),
  },
  collect: {
    own: (size) => 2 * size,
    read: (source, { size }) => void source.pipe(collect({ limit: size })).subscribe(ignored),
  },
  unread: { own: none, read: (source) => void unread.add(source) },
  unreadRelay: {
    own: window,
    read: (source, { size }) => void source.subscribe(new Body({ window: size, limit: Infinity })),
  },
  /** The content of a response that the peer does not read; of a client, a body that nobody reads. */
  respond: { own: () => 64 * 1024, read: () => undefined },
  unreadTee: {
    own: (size) => 2 * size,
    read: (source, { size }, work) => {
      const [main, other] = tee(2, { window: size })(source);
      main!.pipe(consume(work.on)).subscribe(ignored);
      unread.add(other!);
    },
  },
} satisfies Readonly<Record<string, End>>;

/** Bodies that nobody reads; to be forgotten after each run. */
export const unread = new Set<unknown>();

function relayed(source: Chunks): Body {
  const body = new Body({ limit: Infinity });
  source.subscribe(body);
  return body;
}

export type StageKind = keyof typeof STAGES;
export type EndKind = keyof typeof ENDS;

/** A reader as data: what fast-check shrinks. */
export interface ReaderPlan {
  readonly stages: readonly Part<StageKind>[];
  readonly end: Part<EndKind>;
}

/** Reads `source` as `plan` says. @returns the content of a response, where that is the end. */
export function read(
  source: Chunks,
  { stages, end }: ReaderPlan,
  work: Work,
  clock: VirtualTimeScheduler,
): Chunks | undefined {
  const last = stages.reduce((chunks, stage) => STAGES[stage.kind].of(chunks, stage, work, clock), source);
  if (end.kind === 'respond') return last;
  ENDS[end.kind].read(last, end, work);
  return undefined;
}

/** Bytes that `plan` may hold beside the window of its source. */
export function ownOf({ stages, end }: ReaderPlan, window: number): number {
  const relay = end.kind === 'forAwait' ? 64 * 1024 : 0;
  return stages.reduce(
    (sum, { kind, size }) => sum + STAGES[kind].own(size, window),
    ENDS[end.kind].own(end.size) + relay,
  );
}
