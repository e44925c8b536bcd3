import type { OperatorFunction, Subscriber } from 'rxjs';
import { derive } from '../demand/demand-observable.js';
import { OperatorSubscriber } from '../demand/operator-subscriber.js';
import { BodyError } from '../errors.js';
import { checkNames, checkNumber } from '../option-checks.js';
import { Gathered } from './gathered.js';

/**
 * Gathers a body into one piece, emitted at its end.
 *
 * @param options - `limit`: bytes past which it ends in a `BodyError` `body-too-large` (413), and the source is unsubscribed.
 *
 * @throws RangeError for a `limit` that is not a number of at least zero, or an unknown option.
 *
 * @example
 * ```ts
 * request.body.pipe(collect({ limit: 1024 * 1024 }), map((bytes) => sha256(bytes)));
 * ```
 */
export function collect(options: { readonly limit?: number } = {}): OperatorFunction<Uint8Array, Uint8Array> {
  checkNames('collect()', options, ['limit']);
  const { limit = Infinity } = options;
  checkNumber('limit', limit, 0, Infinity, 'bytes');
  return (source) => derive(source, (subscriber) => void source.subscribe(new CollectSubscriber(subscriber, limit)));
}

class CollectSubscriber extends OperatorSubscriber<Uint8Array, Uint8Array> {
  private readonly gathered = new Gathered();

  constructor(
    to: Subscriber<Uint8Array>,
    private readonly limit: number,
  ) {
    super(to);
  }

  protected override _next(chunk: Uint8Array): void {
    if (this.gathered.size + chunk.length > this.limit) {
      this.error(new BodyError('body-too-large', `the body is larger than ${this.limit} bytes`, 413));
      return;
    }
    this.gathered.push(chunk);
  }

  protected override onFinalize(): void {
    this.gathered.clear();
  }

  protected override _complete(): void {
    this.to.next(this.gathered.takeAll());
    this.to.complete();
    this.unsubscribe();
  }
}
