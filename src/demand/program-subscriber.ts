import { reportUnhandled } from './unhandled-error.js';
import { EndSubscriber } from './end-subscriber.js';

/**
 * An end of a chain that the program made. A teardown of it that throws does so during an unsubscription, for example in the middle of a
 * connection's turn. It stops nothing there, but is reported.
 * @internal
 */
export class ProgramSubscriber<T> extends EndSubscriber<T> {
  override unsubscribe(): void {
    try {
      super.unsubscribe();
    } catch (error) {
      this.onTeardownFailed(error);
    }
  }

  /** A teardown threw; all of them have run. */
  protected onTeardownFailed(error: unknown): void {
    reportUnhandled(error);
  }
}
