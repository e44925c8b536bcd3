/**
 * Two flows as one: the bytes of each are written to the other, with its end, its abort and its backpressure. This is how a gateway
 * passes a tunnel on (RFC 9110 section 9.3.6).
 */
import { Observable, type Observer, type Subscriber } from 'rxjs';
import type { Flow } from '../flow/flow.js';

/**
 * Joins the flow that `opening` emits with `upstream`. Emits nothing, completes when both have ended, and fails when one breaks. Until
 * `opening` has emitted, unsubscribing and errors abort `upstream`: afterwards the end of either flow ends the other.
 * @internal
 */
export function joined(opening: Observable<Flow>, upstream: Flow): Observable<never> {
  return new Observable((subscriber) => {
    let open = false;
    subscriber.add(() => {
      if (!open) upstream.error();
    });
    subscriber.add(
      opening.subscribe({
        next: (flow) => {
          open = true;
          join(flow, upstream, subscriber);
        },
        error: (error: unknown) => subscriber.error(error),
      }),
    );
  });
}

function join(one: Flow, other: Flow, subscriber: Subscriber<never>): void {
  let directions = 2;
  const ended = (): void => {
    if (--directions === 0) subscriber.complete();
  };
  const to = (flow: Flow): Observer<Uint8Array> => ({
    // Within the delivery, which is retained while `flow` is not ready.
    next: (chunk) => void flow.next(chunk),
    error: (error: unknown) => {
      subscriber.error(error);
      flow.error(error);
    },
    complete: () => {
      flow.complete();
      ended();
    },
  });
  one.subscribe(to(other));
  other.subscribe(to(one));
}
