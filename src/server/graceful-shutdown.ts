import { from, map, type Observable, type ObservableInput, take } from 'rxjs';
import { type Listed, ConnectionList } from './connection-list.js';

/** An object that has to be ended when the service is. */
export interface Stoppable extends Listed {
  /** Begins the graceful end. */
  shutdown(): void;
}

/**
 * Everything of a subscribed service that is under way, for its graceful end.
 * @internal
 */
export class GracefulShutdown {
  private readonly stoppables = new ConnectionList<Stoppable>();
  private stopping = false;

  add(stoppable: Stoppable): void {
    this.stoppables.add(stoppable);
    if (this.stopping) stoppable.shutdown();
  }

  delete(stoppable: Stoppable): void {
    this.stoppables.delete(stoppable);
  }

  /** Emits once, when `notifier` does; the graceful end of all that is under way has begun then. */
  stoppedBy(notifier: ObservableInput<unknown>): Observable<void> {
    return from(notifier).pipe(
      take(1),
      map(() => {
        this.stopping = true;
        for (const stoppable of this.stoppables.all()) stoppable.shutdown();
      }),
    );
  }
}
