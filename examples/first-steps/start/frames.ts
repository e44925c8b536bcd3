/** Groups many small events into a few frames: a browser draws 60 pictures a second at most. */
import { asyncScheduler, Observable, type OperatorFunction, type SchedulerLike, type Subscription } from 'rxjs';
import type { BodyEvent, TrafficEvent, WireEvent } from './traffic-event.js';

/** The events of one period. */
export interface Frame {
  readonly events: readonly TrafficEvent[];
  /** The number of events past the maximum. */
  readonly omitted: number;
}

export interface FrameOptions {
  /** ms from the first event of a frame to its end. */
  readonly every: number;
  /** Events that a frame holds; events past it are only counted. */
  readonly most: number;
  readonly scheduler?: SchedulerLike;
}

/** Groups events into frames. All chunks of one body or connection become one event, with their number and total size. */
export function framed({
  every,
  most,
  scheduler = asyncScheduler,
}: FrameOptions): OperatorFunction<TrafficEvent, Frame> {
  return (source) =>
    new Observable((subscriber) => {
      let gathered = new Gathered(most);
      let timer: Subscription | undefined;
      const flush = (): void => {
        timer?.unsubscribe();
        timer = undefined;
        const frame = gathered;
        gathered = new Gathered(most);
        if (!frame.empty) subscriber.next(frame);
      };
      subscriber.add(() => timer?.unsubscribe());
      subscriber.add(
        source.subscribe({
          next: (event) => {
            gathered.add(event);
            timer ??= scheduler.schedule(flush, every);
          },
          error: (error: unknown) => {
            flush();
            subscriber.error(error);
          },
          complete: () => {
            flush();
            subscriber.complete();
          },
        }),
      );
    });
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

class Gathered implements Frame {
  readonly events: TrafficEvent[] = [];
  omitted = 0;
  private readonly amounts = new Map<string, Mutable<WireEvent> | Mutable<BodyEvent>>();

  constructor(private readonly most: number) {}

  get empty(): boolean {
    return this.events.length === 0 && this.omitted === 0;
  }

  add(event: TrafficEvent): void {
    if (!('count' in event)) return this.push(event);
    const key = `${event.kind} ${'exchange' in event ? event.exchange : event.connection}`;
    const known = this.amounts.get(key);
    if (known !== undefined) {
      known.size += event.size;
      known.count += event.count;
    } else if (this.events.length < this.most) {
      const amount = { ...event };
      this.amounts.set(key, amount);
      this.events.push(amount);
    } else this.omitted++;
  }

  private push(event: TrafficEvent): void {
    if (this.events.length < this.most) this.events.push(event);
    else this.omitted++;
  }
}
