/**
 * Decides which stream sends DATA next (RFC 9218 section 10), among those that have some and a window for it.
 *
 * The most urgent go first. Of one urgency, streams that are not incremental go in the order of their identifiers, because parts of them
 * are useless. Incremental ones take turns, a frame each. If there are both, the two kinds alternate, so that neither starves. A pick is
 * O(1). Joining and leaving are O(1) for streams that take turns (a ring). They are O(log n) for streams that queue (a heap), because a
 * stream knows its place.
 */

/** The data of a stream in a scheduler. */
export interface Schedulable {
  readonly id: number;
  urgency: number;
  incremental: boolean;
  /** Where it is: OUT, RING, or its index in the heap. The scheduler's alone, as the links are. */
  place: number;
  previous: Schedulable | undefined;
  following: Schedulable | undefined;
}

/** The `place` of a stream that does not wait. */
export const OUT = -1;
const RING = -2;

/** Streams of one urgency. */
class Level<Stream extends Schedulable> {
  readonly heap: Stream[] = [];
  /** The one of the ring whose turn is next. */
  ring: Stream | undefined = undefined;
  ringsTurn = false;

  get empty(): boolean {
    return this.ring === undefined && this.heap.length === 0;
  }
}

export class SendScheduler<Stream extends Schedulable> {
  private readonly levels: (Level<Stream> | undefined)[];
  /** A bit for each urgency at which a stream waits. */
  private waiting: number;

  constructor() {
    this.levels = [];
    this.waiting = 0;
  }

  get empty(): boolean {
    return this.waiting === 0;
  }

  /** `stream` has something to send, and may. */
  add(stream: Stream): void {
    if (stream.place !== OUT) return;
    const { urgency } = stream;
    const level = (this.levels[urgency] ??= new Level());
    this.waiting |= 1 << urgency;
    if (stream.incremental) link(level, stream);
    else insert(level.heap, stream);
  }

  /** `stream` has nothing to send any more, or may not. */
  remove(stream: Stream): void {
    if (stream.place === OUT) return;
    const level = this.levels[stream.urgency]!;
    if (stream.place === RING) unlink(level, stream);
    else extract(level.heap, stream);
    if (level.empty) this.waiting &= ~(1 << stream.urgency);
  }

  /** `stream` is wanted sooner or later than before. */
  reprioritize(stream: Stream, urgency: number, incremental: boolean): void {
    const waits = stream.place !== OUT;
    this.remove(stream);
    stream.urgency = urgency;
    stream.incremental = incremental;
    if (waits) this.add(stream);
  }

  /** Whose turn it is. It stays in line until it is removed. */
  next(): Stream | undefined {
    if (this.waiting === 0) return undefined;
    const level = this.levels[31 - Math.clz32(this.waiting & -this.waiting)]!;
    const { heap, ring } = level;
    if (ring !== undefined && (level.ringsTurn || heap.length === 0)) {
      level.ring = ring.following as Stream;
      level.ringsTurn = false;
      return ring;
    }
    level.ringsTurn = true;
    return heap[0];
  }
}

function link<Stream extends Schedulable>(level: Level<Stream>, stream: Stream): void {
  stream.place = RING;
  const next = level.ring;
  if (next === undefined) {
    stream.following = stream;
    stream.previous = stream;
    level.ring = stream;
    return;
  }
  const last = next.previous!;
  stream.following = next;
  stream.previous = last;
  last.following = stream;
  next.previous = stream;
}

function unlink<Stream extends Schedulable>(level: Level<Stream>, stream: Stream): void {
  const { previous, following } = stream;
  if (following === stream) level.ring = undefined;
  else {
    previous!.following = following;
    following!.previous = previous;
    if (level.ring === stream) level.ring = following as Stream;
  }
  stream.place = OUT;
  stream.previous = undefined;
  stream.following = undefined;
}

function insert<Stream extends Schedulable>(heap: Stream[], stream: Stream): void {
  heap.push(stream);
  rise(heap, stream, heap.length - 1);
}

function extract<Stream extends Schedulable>(heap: Stream[], stream: Stream): void {
  const { place } = stream;
  const last = heap.pop()!;
  stream.place = OUT;
  if (last === stream) return;
  rise(heap, last, place);
  sink(heap, last, last.place);
}

/** Puts `stream` at `place`, or as far above as its identifier takes it. */
function rise<Stream extends Schedulable>(heap: Stream[], stream: Stream, place: number): void {
  while (place > 0) {
    const above = (place - 1) >> 1;
    const parent = heap[above]!;
    if (parent.id < stream.id) break;
    heap[place] = parent;
    parent.place = place;
    place = above;
  }
  heap[place] = stream;
  stream.place = place;
}

function sink<Stream extends Schedulable>(heap: Stream[], stream: Stream, place: number): void {
  for (;;) {
    let below = place * 2 + 1;
    if (below >= heap.length) break;
    if (below + 1 < heap.length && heap[below + 1]!.id < heap[below]!.id) below++;
    const child = heap[below]!;
    if (child.id > stream.id) break;
    heap[place] = child;
    child.place = place;
    place = below;
  }
  heap[place] = stream;
  stream.place = place;
}
