/** Many small events as few frames: a browser draws sixty pictures a second, whatever goes on. */
import { asyncScheduler, Observable, type OperatorFunction, type SchedulerLike, type Subscription } from 'rxjs';
import type { BodyEvent, TrafficEvent, WireEvent } from './traffic-event.js';

/** What happened within one frame's time. */
export interface Frame {
  readonly events: readonly TrafficEvent[];
  /** Events that had no place in it. */
  readonly omitted: number;
}

export interface FrameOptions {
  /** ms from the first event of a frame to its end. */
  readonly every: number;
  /** Events that a frame holds; those past it are counted. */
  readonly most: number;
  readonly scheduler?: SchedulerLike;
}

/** Gathers events into frames. Pieces of one body, or of one connection, become one event with their number and size. */
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
