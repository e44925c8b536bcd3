/**
 * How much memory a stage downstream of a body keeps, and what it lets through. A writer writes as fast as it may, and a reader takes 2 ms
 * for a chunk. Virtual time is stopped now and then. The memory that the collector then cannot free is held by the body, the stage, or the
 * reader. So nothing has to be known of how a stage works.
 *
 * It needs `node --expose-gc --single-threaded-gc`: collected memory is then counted at once.
 */
import { config, interval, isObservable, map, take, takeWhile, timer } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { Body, consume } from 'rxpaf';
import type { Stage } from './operator-cases.js';

/** bytes of a chunk. */
export const CHUNK = 16_000;

/** The ms of the looks: after the first rush, on the way, and when all has passed but the end. */
const LOOKS = [3, 50, 150, 250, 4000];

/** Ms that the writer waits with the end, to show how much a stage holds until then. */
const END = 5000;

/** What a run showed. */
export interface Run {
  /** The most bytes that were alive. */
  readonly peak: number;
  /** What came out, as the numbers of its chunks, and how it ended. */
  readonly out: string;
}

/** Whether a stage lets demand through, gives bytes up where it gets late, or queues what it gets. */
export type Class = 'safe' | 'lossy' | 'leaking';

/** What is known of a stage. */
export interface Measured {
  readonly class: Class;
  /** The most bytes that were alive, of 2 MB. */
  readonly peak: number;
  /** The code of the error that it ended with, if any. */
  readonly error: string | undefined;
}

function collectGarbage(): void {
  if (globalThis.gc === undefined) throw new Error('start node with --expose-gc --single-threaded-gc');
  globalThis.gc();
}

/** Bytes of chunks that are alive. */
function aliveBytes(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

/** Puts `stage` between a writer and a reader of 2 ms a chunk, or, `leisurely`, a reader that is always there first. */
export function runStage(stage: () => Stage, total: number, leisurely = false): Run {
  const scheduler = new TestScheduler(() => undefined);
  const out: string[] = [];
  const before = aliveBytes();
  let peak = 0;
  // The errors of stages that subscribe on their own account are none of ours.
  const { onUnhandledError } = config;
  config.onUnhandledError = () => undefined;
  scheduler.run(() => {
    scheduler.maxFrames = 60_000;
    const body = new Body();
    const look = (): number => (peak = Math.max(peak, aliveBytes() - before));
    if (!leisurely) for (const at of LOOKS) timer(at).subscribe(look);
    stage()(body)
      .pipe(
        leisurely ? map(told) : consume((value) => timer(2).pipe(map(() => told(value)))),
        // A repeat of what is at once over would never end.
        takeWhile((_, index) => index < 1000),
      )
      .subscribe({
        next: (text) => out.push(text),
        error: (error: unknown) => out.push(`error ${codeOf(error)}`),
        complete: () => out.push('end'),
      });
    timer(1).subscribe(() => write(body, Math.floor(total / CHUNK), leisurely));
  });
  config.onUnhandledError = onUnhandledError;
  return { peak, out: out.join(' ') };
}

/** Writes `count` chunks, as fast as the body is ready, or one each 20 ms. */
function write(body: Body, count: number, leisurely: boolean): void {
  let written = 0;
  const writeOne = (): boolean => {
    const chunk = new Uint8Array(CHUNK);
    chunk[0] = written++;
    return body.next(chunk);
  };
  if (leisurely) interval(20).pipe(take(count)).subscribe(writeOne);
  else {
    let writing = false;
    body.drained.subscribe(() => {
      if (writing) return;
      writing = true;
      while (written < count && writeOne());
      writing = false;
    });
  }
  interval(END)
    .pipe(takeWhile(() => written < count && !body.cancelled, true))
    .subscribe({ complete: () => body.complete() });
}

/** The numbers of the chunks in `value`, or what else it is: the value itself would be held. */
function told(value: unknown): string {
  if (value instanceof Uint8Array) return String(value[0]);
  if (Array.isArray(value)) return value.map(told).join('+');
  if (isObservable(value)) return 'observable';
  if (typeof value !== 'object' || value === null) return `(${String(value)})`;
  return 'value' in value ? told(value.value) : 'object';
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

/** Measures a stage with 1 MB and 2 MB, and once more with a reader that is never late. */
export function measure(stage: () => Stage): Measured {
  const small = runStage(stage, 1_000_000);
  const large = runStage(stage, 2_000_000);
  const leisurely = runStage(stage, 2_000_000, true);
  const grows = large.peak - small.peak > 500_000;
  const [, error] = /error (\S+)$/.exec(large.out) ?? [];
  return {
    class: grows ? 'leaking' : large.out === leisurely.out ? 'safe' : 'lossy',
    peak: large.peak,
    error,
  };
}
