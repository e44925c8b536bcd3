/** What a handler returns, on its way to the exchange. */
import { Body } from '../body/body.js';
import { isReadable } from '../body/from-pull.js';
import { ProgramSubscriber } from '../demand/program-subscriber.js';
import type { HttpResponse } from '../drive/response.js';
import type { Content } from '../drive/outgoing-content.js';

/** Whether the handler returned a response itself, and not an Observable of one. */
export function isResponse(result: object): result is HttpResponse {
  return 'status' in result && typeof result.status === 'number';
}

/** Content that nobody will read (of an answer to HEAD): what holds a resource lets go of it. */
export function dispose(content: Content): void {
  if (content instanceof Body) content.subscribe().unsubscribe();
  else if (typeof content === 'object' && isReadable(content)) content.destroy();
}

/** Who waits for what the handler's Observable gives. */
interface Answering {
  give(response: HttpResponse): void;
  fail(error: unknown): void;
  handled(): void;
  /** A teardown of it threw. */
  tell(error: unknown): void;
}

/** Passes it on. */
export class HandlerSubscriber extends ProgramSubscriber<HttpResponse> {
  constructor(private readonly exchange: Answering) {
    super();
  }

  protected override _next(response: HttpResponse): void {
    this.exchange.give(response);
  }

  protected override _error(error: unknown): void {
    this.unsubscribe();
    this.exchange.fail(error);
  }

  protected override _complete(): void {
    this.unsubscribe();
    this.exchange.handled();
  }

  protected override onTeardownFailed(error: unknown): void {
    this.exchange.tell(error);
  }
}
