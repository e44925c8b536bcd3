/** How many bytes are alive downstream of a body. */
import { setImmediate as turn } from 'node:timers/promises';
import { VirtualTimeScheduler } from 'rxjs';
import { read, type ReaderPlan, unread, Work } from './readers.js';
import { type SourcePlan, SOURCES } from './sources.js';

/** What a connection, its last reads and the objects of a few hundred deliveries take, bytes: measured, with some room. */
export const CONSTANT = 512 * 1024;

/** A source, a reader, and when work ends. */
export interface Plan {
  readonly source: SourcePlan;
  readonly reader: ReaderPlan;
  /** How many pieces of work are let go after each round of sending. */
  readonly rounds: readonly number[];
}

/** Bytes that are alive: on the heap, and beside it. */
function alive(): number {
  if (globalThis.gc === undefined) throw new Error('start node with --expose-gc --single-threaded-gc');
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** The most bytes that are alive downstream of a body. */
export async function held({ source, reader, rounds }: Plan): Promise<number> {
  const clock = new VirtualTimeScheduler();
  const work = new Work();
  const sending = SOURCES[source.kind](source, clock, (body) => read(body, reader, work, clock));
  const before = alive();
  let most = 0;
  for (const count of rounds) {
    sending.send(source.total / rounds.length);
    for (let index = 0; index < 3; index++) await turn();
    most = Math.max(most, alive() - before);
    work.letGo(count);
    for (let index = 0; index < 3; index++) await turn();
  }
  sending.end();
  unread.clear();
  return most;
}
