import { asyncScheduler, Observable, type SchedulerLike, timer } from 'rxjs';
import type { HttpResponse } from '../drive/response.js';
import { text } from '../drive/response-builders.js';
import { isResponse } from '../server/handler-result.js';
import { checkOptions, objectValue, type OptionTable, timeValue } from '../option-checks.js';
import { type HandlerResult, type Middleware, responses } from '../server/index.js';

/** Options for a service that takes too long. */
export interface ResponseTimeoutOptions {
  /** The response in its place: 503 unless set. */
  readonly response?: HttpResponse;
  /** `asyncScheduler` unless set. */
  readonly scheduler?: SchedulerLike;
}

const OPTIONS: OptionTable<ResponseTimeoutOptions> = { response: objectValue, scheduler: objectValue };

/**
 * Gives a service `duration` ms for its response; interim responses do not count. Past it, the service is unsubscribed, and 503 is sent.
 * The content of a response has no limit here: see `limits.writeTimeout`.
 *
 * @param duration - ms.
 * @throws RangeError for a duration that is not a number above zero, or is longer than a timer can wait; and for an unknown option.
 * @throws TypeError for an option of another type.
 *
 * @example
 * ```ts
 * serve({ port: 8080 }, responseTimeout(5000)(app)).subscribe();
 * ```
 */
export function responseTimeout<Peer = unknown>(
  duration: number,
  options: ResponseTimeoutOptions = {},
): Middleware<Peer> {
  timeValue('duration', duration);
  checkOptions('responseTimeout', options, OPTIONS);
  const late = options.response ?? text('the response took too long\n', { status: 503 });
  const { scheduler = asyncScheduler } = options;
  return (next) => (request, exchange) => {
    const result = next(request, exchange);
    return isSettled(result) ? result : limited(responses(result), duration, late, scheduler);
  };
}

/** A response that is there needs no clock. The service itself refuses a value that is not a response. */
function isSettled(result: HandlerResult | undefined): boolean {
  return typeof result !== 'object' || isResponse(result);
}

function limited(
  source: Observable<HttpResponse>,
  duration: number,
  late: HttpResponse,
  scheduler: SchedulerLike,
): Observable<HttpResponse> {
  return new Observable((subscriber) => {
    const clock = timer(duration, scheduler).subscribe(() => {
      serving.unsubscribe();
      subscriber.next(late);
      subscriber.complete();
    });
    subscriber.add(clock);
    const serving = source.subscribe({
      next: (response) => {
        if (response.status >= 200) clock.unsubscribe();
        subscriber.next(response);
      },
      error: (error: unknown) => subscriber.error(error),
      complete: () => subscriber.complete(),
    });
    subscriber.add(serving);
  });
}
