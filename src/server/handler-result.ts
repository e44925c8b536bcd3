/** The result of a handler, on its way to the exchange. */
import { Body } from '../body/body.js';
import { abandonPull, isBlob, isReadable } from '../body/from-pull.js';
import { ProgramSubscriber } from '../demand/program-subscriber.js';
import type { HttpResponse } from '../drive/response.js';
import type { Content } from '../drive/content.js';

/** Whether `result` is a response itself. A web `Response` has a status as well, but is not one. */
export function isResponse(result: unknown): result is HttpResponse {
  if (typeof result !== 'object' || result === null) return false;
  return typeof (result as Partial<HttpResponse>).status === 'number' && !('bodyUsed' in result);
}

/** The kind of `value`, in place of a response, and the right value to return. */
export function described(value: unknown): string {
  if (value === undefined || value === null) return `nothing: ${ANY}`;
  if (typeof value === 'string') return 'a string: did you mean text(...)?';
  if (value instanceof Uint8Array) return 'bytes: did you mean bytes(...)?';
  if (typeof value === 'function') return `a function: ${ANY}`;
  if (typeof value !== 'object') return `a ${typeof value}: did you mean json(...)?`;
  if (value instanceof Error) return 'an Error: throw it instead';
  if (value instanceof Body || isReadable(value)) return 'a stream of bytes: did you mean bytes(...)?';
  if ('bodyUsed' in value) return 'a web Response: return response(status, headers, body) instead';
  if ('getReader' in value) return 'a web ReadableStream: did you mean bytes(...)?';
  if (isBlob(value)) return 'a Blob: did you mean bytes(...)?';
  if ('status' in value) return `an object whose status is not a number: ${ANY}`;
  return 'an object without a status: did you mean json(...)?';
}

const ANY = 'return a response such as text(...), or an Observable or Promise of one';

/** Whether `result` may give responses: text, bytes and streams of bytes could be read as sources of something else. */
export function isSource(result: unknown): boolean {
  if (typeof result === 'function') return true;
  if (typeof result !== 'object' || result === null) return false;
  return !(result instanceof Uint8Array || result instanceof Body || isReadable(result) || 'bodyUsed' in result);
}

/** Content that will not be read (of a response to HEAD): a holder of a resource releases it. */
export function dispose(content: Content): void {
  // Somebody may have read it before.
  if (content instanceof Body) content.subscribe({ error: () => undefined }).unsubscribe();
  else if (typeof content === 'object' && !isLocked(content)) abandonPull(content);
}

/** Whether another reader has the web stream, which then is responsible for it. */
function isLocked(content: object): boolean {
  return 'locked' in content && content.locked === true;
}

/** A response that is not sent: its content and its tunnel let go of what they hold, the upstream's exchange for one. */
export function disposeResponse({ body, flow }: HttpResponse): void {
  // A program in JavaScript may give null.
  if (body !== undefined && (body as unknown) !== null) dispose(body);
  flow?.error();
}

/** The receiver of the values of the handler's Observable. */
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
