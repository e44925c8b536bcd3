/** Turns one exchange into events. */
import type { Observer, TimestampProvider } from 'rxjs';
import { type Exchange, Fields, type HttpRequest, type HttpResponse } from 'rxpaf';
import { type RequestEvent, shortened, shownFields, shownPath, type TrafficEvent } from './traffic-event.js';
import { type BodyWatcher, watchedRequest, watchedResponse } from './watched-messages.js';

export class WatchedExchange implements BodyWatcher {
  /** The exchange's first event. */
  readonly begin: RequestEvent;
  /** The request for the handler: its body is observed. */
  readonly request: HttpRequest;
  private came = 0;
  private credited = 0;
  private untaken: (() => number) | undefined = undefined;

  constructor(
    readonly id: number,
    connection: number,
    request: HttpRequest,
    exchange: Exchange,
    private readonly events: Pick<Observer<TrafficEvent>, 'next'>,
    private readonly clock: TimestampProvider,
  ) {
    const { protocol } = exchange;
    this.begin = {
      kind: 'request',
      at: clock.now(),
      connection,
      exchange: id,
      protocol,
      stream: protocol === 'h2' ? exchange.streamId : null,
      method: shortened(request.method),
      path: shownPath(request.path),
      headers: shownFields(request.headers),
    };
    this.request = watchedRequest(request, this);
    events.next(this.begin);
  }

  /** Emits the event of a final or interim response, and returns it with an observed body. */
  response(response: HttpResponse): HttpResponse {
    const { status } = response;
    const headers = shownFields(Fields.from(response.headers));
    this.events.next({ kind: 'response', at: this.clock.now(), exchange: this.id, status, headers });
    return watchedResponse(response, this.begin.method, this);
  }

  cameIn(size: number): void {
    this.came += size;
    this.amount('in', size);
  }

  wentOut(size: number): void {
    this.amount('out', size);
  }

  reading(untaken: () => number): void {
    this.untaken = untaken;
  }

  /** Emits what the handler has consumed of the request body since the last call. */
  checkCredit(): void {
    if (this.untaken === undefined) return;
    const size = this.came - this.untaken() - this.credited;
    if (size <= 0) return;
    this.credited += size;
    this.amount('credit', size);
  }

  private amount(kind: 'in' | 'out' | 'credit', size: number): void {
    this.events.next({ kind, at: this.clock.now(), exchange: this.id, size, count: 1 });
  }
}
