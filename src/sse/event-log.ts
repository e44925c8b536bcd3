/** The last events, kept for clients that connect again. */
import { Observable, Subject } from 'rxjs';
import { checkOptions, integerOf, type OptionTable } from '../option-checks.js';
import { checkEvent, type ServerEvent } from './server-event.js';

/** How much an `EventLog` keeps. */
export interface EventLogOptions {
  /** Events: 1000 unless set. */
  readonly limit?: number;
}

const OPTIONS: OptionTable<EventLogOptions> = { limit: integerOf(1) };

/** An event with its number in the log as `id`. */
export type LoggedEvent = ServerEvent & { readonly id: string };

/**
 * Numbers events, and keeps the last ones, so that a client that connects again misses none. `after` has those that came after the client's
 * `Last-Event-ID`, then each new one. The number of kept events is bounded: of older ones, a client that was away for too long gets none.
 *
 * @throws RangeError for an invalid limit.
 *
 * @example
 * ```ts
 * const log = new EventLog({ limit: 100 });
 * serve({ port: 8080 }, ({ headers }) => events(log.after(headers.get('last-event-id'))));
 * log.add('something happened');
 * ```
 */
export class EventLog {
  private readonly limit: number;
  private readonly kept: LoggedEvent[] = [];
  private readonly live = new Subject<LoggedEvent>();
  /** The number of the last event. */
  private last = 0;
  private ended = false;

  constructor(options: EventLogOptions = {}) {
    checkOptions('EventLog', options, OPTIONS);
    this.limit = options.limit ?? 1000;
  }

  /**
   * Adds an event, and sends it to all subscribers. Its id is the next number.
   *
   * @throws TypeError or RangeError for an event that the format cannot express.
   */
  add(event: string | Omit<ServerEvent, 'id'>): LoggedEvent {
    if (typeof event !== 'string') checkEvent(event);
    const logged = { ...(typeof event === 'string' ? { data: event } : event), id: String(++this.last) };
    this.kept.push(logged);
    if (this.kept.length > this.limit) this.kept.shift();
    this.live.next(logged);
    return logged;
  }

  /** The streams of all subscribers end. */
  end(): void {
    this.ended = true;
    this.live.complete();
  }

  /**
   * The kept events after `lastEventId`, then new ones. Without an id, new ones alone. With an id that is not from this log, all that are
   * kept.
   */
  after(lastEventId?: string): Observable<LoggedEvent> {
    return new Observable((subscriber) => {
      const begin = this.startAfter(lastEventId);
      const missed = this.kept.filter(({ id }) => Number(id) > begin);
      let caughtUp = false;
      subscriber.add(
        this.live.subscribe({
          // An event that is added while the missed ones are sent comes after them.
          next: (event) => {
            if (caughtUp) subscriber.next(event);
            else missed.push(event);
          },
          complete: () => {
            if (caughtUp) subscriber.complete();
          },
        }),
      );
      for (let index = 0; index < missed.length && !subscriber.closed; index++) subscriber.next(missed[index]!);
      caughtUp = true;
      if (this.ended) subscriber.complete();
    });
  }

  private startAfter(lastEventId: string | undefined): number {
    if (lastEventId === undefined || lastEventId === '') return this.last;
    const number = /^[0-9]{1,15}$/.test(lastEventId) ? Number(lastEventId) : 0;
    return number > this.last ? 0 : number;
  }
}
