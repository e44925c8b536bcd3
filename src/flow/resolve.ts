/**
 * From a context to a flow: the transports that apply are tried in their order, one endpoint after the other, until one connects.
 */
import { from, Observable, type ObservableInput, Subscriber, type Subscription } from 'rxjs';
import { ClientError, toError } from '../errors.js';
import type { Context } from './context.js';
import type { Flow } from './flow.js';
import type { Candidate, Connect, Transports } from './transports.js';

/**
 * The first flow that a transport of `transports` can make in `context`. Cold: each subscription tries again, an endpoint only when the one
 * before it has failed. Unsubscribing cancels the attempt. A flow that was emitted belongs to the subscriber, and one that comes too late
 * is aborted.
 *
 * Errors: `ClientError`, with the error of each endpoint in `errors`. The code is `no-transport` if there is no endpoint, and else the code
 * that all of them have (`connect-failed`, `connect-timeout`, `handshake-failed`, ...). If their codes differ, it is `connect-failed`.
 * A single error of a derived class, which reports more (`ProxyRefused`), is the error itself.
 *
 * @example
 * ```ts
 * const context = Context.EMPTY.add(HOST, 'example.com').add(SCHEME, 'https');
 * resolve(context, nodeTransports).subscribe((flow) => console.log(`connected, and ${flow.alpn} was chosen`));
 * ```
 */
export function resolve(context: Context, transports: Transports): Observable<Flow> {
  return new Observable((subscriber) => {
    const resolution = new Resolution(subscriber, context, transports.candidates);
    subscriber.add(() => resolution.stop());
    resolution.goOn();
  });
}

/** An endpoint that is to be tried. */
interface Attempt {
  readonly name: string;
  readonly connect: Connect;
}

/** The error of an endpoint. */
interface Failure {
  readonly name: string;
  readonly error: Error;
}

class Resolution {
  private readonly attempts: Generator<Attempt, void>;
  private readonly failures: Failure[] = [];
  private running = false;
  private due = false;

  constructor(
    private readonly subscriber: Subscriber<Flow>,
    private readonly context: Context,
    private readonly candidates: readonly Candidate[],
  ) {
    this.attempts = attemptsIn(context, candidates);
  }

  /** Tries the next endpoint. A loop: any number of them may fail at once. */
  goOn(): void {
    this.due = true;
    if (this.running) return;
    this.running = true;
    while (this.due && !this.subscriber.closed) {
      this.due = false;
      this.tryNext();
    }
    this.running = false;
    if (this.subscriber.closed) this.stop();
  }

  /** Nothing more is to be tried. A generator cannot be ended while it runs: see `goOn`. */
  stop(): void {
    if (!this.running) this.attempts.return();
  }

  private tryNext(): void {
    const next = this.attempts.next();
    if (next.done === true) return this.subscriber.error(this.outcome());
    const { name, connect } = next.value;
    const receiver = new FlowReceiver(this.subscriber, (error) => {
      this.failures.push({ name, error });
      this.goOn();
    });
    this.subscriber.add(receive(connect, receiver));
  }

  private outcome(): ClientError {
    return this.failures.length === 0 ? noTransport(this.context, this.candidates) : allFailed(this.failures);
  }
}

/** Endpoints are asked for one at a time: a transport may go on making them for ever. */
function* attemptsIn(context: Context, candidates: readonly Candidate[]): Generator<Attempt, void> {
  for (const { name, exclusive, connections } of candidates) {
    let applies = false;
    for (const connect of connections(context)) {
      applies = true;
      yield { name, connect };
    }
    if (applies && exclusive) return;
  }
}

function receive(connect: Connect, receiver: FlowReceiver): Subscription {
  try {
    keepingLate(connect()).subscribe(receiver);
  } catch (error) {
    receiver.error(error);
  }
  return receiver;
}

/** `from` drops a promise's late value; a late flow has to be aborted. */
function keepingLate(connected: ObservableInput<Flow>): Observable<Flow> {
  if (!('then' in connected)) return from(connected);
  return new Observable((subscriber) => {
    connected.then(
      (flow) => subscriber.next(flow),
      (error: unknown) => subscriber.error(error),
    );
  });
}

/** Takes one flow for `to`. Those that come later, or too late, are aborted. */
class FlowReceiver extends Subscriber<Flow> {
  constructor(
    private readonly to: Subscriber<Flow>,
    private readonly failed: (error: Error) => void,
  ) {
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- the one way to see what comes after the end
    super();
  }

  override next(flow: Flow): void {
    if (this.closed) return flow.error();
    this.unsubscribe();
    this.to.next(flow);
    this.to.complete();
  }

  override error(error: unknown): void {
    if (this.closed) return;
    this.unsubscribe();
    this.failed(toError(error));
  }

  override complete(): void {
    this.error(new ClientError('connect-failed', 'the transport gave no flow', { retryable: true }));
  }
}

function noTransport(context: Context, candidates: readonly Candidate[]): ClientError {
  const errors = candidates.map(({ name, missing }) => {
    const needed = missing(context);
    const why = needed.length === 0 ? 'makes no endpoint of it' : `needs ${needed.join(', ')}`;
    return new ClientError('no-transport', `${name} ${why}`);
  });
  const all = errors.length === 0 ? 'none is registered' : errors.map(({ message }) => message).join('; ');
  return new ClientError('no-transport', `no transport for this context: ${all}`, { errors });
}

function allFailed(failures: readonly Failure[]): ClientError {
  const errors = failures.map(({ error }) => error);
  const codes = new Set(errors.map((error) => (error instanceof ClientError ? error.code : 'connect-failed')));
  const [code] = codes.size === 1 ? codes : (['connect-failed'] as const);
  const only = errors.length === 1 ? errors[0] : undefined;
  if (only instanceof ClientError && only.constructor !== ClientError) return only;
  const message = only?.message ?? failures.map(({ name, error }) => `${name}: ${error.message}`).join('; ');
  return new ClientError(code!, message, {
    errors,
    // No request was sent yet, so it can be retried, unless a transport reports that a retry would fail too.
    retryable: errors.every((error) => !(error instanceof ClientError) || error.retryable),
    cause: only === undefined ? undefined : (only.cause ?? only),
  });
}
