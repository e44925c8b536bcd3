/** A client over test flows: its requests, their responses, and the times. */
import {
  catchError,
  EMPTY,
  isObservable,
  mergeMap,
  type Observable,
  type ObservableInput,
  ReplaySubject,
  Subscription,
  take,
  tap,
} from 'rxjs';
import type { TestScheduler } from 'rxjs/testing';
import {
  type ClientConnection,
  type ClientRequest,
  ClientResponse,
  connect,
  type ConnectOptions,
  run,
} from '../client/index.js';
import type { ClientError } from '../errors.js';
import { diagramValue, parseDiagram } from './diagram.js';
import { makeProbe, type Probe } from './probe.js';
import { type Recording, Row } from './recorded-row.js';
import type { SubscriptionSpan } from './subscription-rows.js';
import type { WiredFlow } from './wired-flow.js';
import type { Escapes } from './virtual-time.js';
import { CONNECT_OPTIONS } from '../client/connect.js';
import { checkFunction, checkOptions, type OptionTable } from '../option-checks.js';

/** How a test sends a request. */
export interface TestRequestOptions {
  /** When it is sent, `^`, and when given up, `!`: at once, and never, unless given. */
  readonly subscription?: string;
  /** How the content of the response is read: as it comes, unless given; not at all: `false`. */
  readonly read?: false | ((body: Observable<Uint8Array>) => ObservableInput<unknown>);
}

const REQUEST_OPTIONS: OptionTable<TestRequestOptions> = {
  subscription: diagramValue,
  read: (name, value) => (value === false ? undefined : checkFunction(name, value)),
};

/** The outcome of a request: a response, or an error. */
export type Outcome = ClientResponse | ClientError;

/** A request that was sent; it shows the content of the response as a probe does. */
export class TestExchange implements Pick<Probe<Uint8Array>, 'passed' | 'credits' | 'subscriptions'> {
  /** The response, after interim ones if they were asked for; or an error. */
  readonly responses: Row<Outcome>;
  /** The content of the response, and how it ended. */
  readonly passed: Recording<Uint8Array>;
  /** Bytes of it that were taken. */
  readonly credits: Recording<number>;
  /** When it was read. */
  readonly subscriptions: readonly SubscriptionSpan[];
  private readonly work = new Subscription();

  /** @internal */
  constructor(
    scheduler: TestScheduler,
    private readonly name: string,
    source: Observable<ClientResponse>,
    { subscription = '^', read = (body) => body }: TestRequestOptions,
    heard: (outcome: Outcome) => void,
  ) {
    this.responses = new Row(scheduler);
    const body = makeProbe<Uint8Array>(scheduler);
    ({ passed: this.passed, credits: this.credits, subscriptions: this.subscriptions } = body);
    const record = (outcome: Outcome): void => {
      this.responses.value(outcome);
      heard(outcome);
    };
    const exchange = source.pipe(
      tap<ClientResponse>({ next: record, error: record }),
      catchError(() => EMPTY),
      mergeMap((response) => (read === false || isInterim(response) ? EMPTY : read(response.body.pipe(body)))),
    );
    for (const { frame, mark } of parseDiagram(subscription, '^!')) {
      const act = (): void => {
        // The probe has recorded any error here.
        if (mark === '^') this.work.add(exchange.subscribe({ error: () => undefined }));
        else this.end();
      };
      if (frame === scheduler.now()) act();
      else scheduler.schedule(act, frame - scheduler.now());
    }
  }

  /** That there is no response yet, in words. */
  get unanswered(): string | undefined {
    if (this.work.closed || this.responses.happenings.length > 0) return undefined;
    return `${this.name} has no response when the test is over`;
  }

  /** Gives it up. */
  end(): void {
    this.work.unsubscribe();
  }
}

/** A client's connection. */
export class TestClient {
  /** The outcome of each request; `|`, when the connection ended; `#`, when it broke. */
  readonly responses: Row<Outcome>;
  private readonly connections = new ReplaySubject<ClientConnection>(1);
  private readonly exchanges: TestExchange[] = [];
  private readonly life: Subscription;

  /** @internal */
  constructor(
    private readonly scheduler: TestScheduler,
    flow: WiredFlow,
    options: ConnectOptions,
    private readonly escapes: Escapes,
  ) {
    this.responses = new Row(scheduler);
    this.life = connect(flow, options).subscribe({
      next: (connection) => this.connections.next(connection),
      error: (error: unknown) => {
        this.responses.mark('#', error as Outcome);
        this.connections.error(error);
      },
      complete: () => {
        this.responses.mark('|');
        this.connections.complete();
      },
    });
  }

  /** The connection, for its other operations: `ping`, `pushes`, `shutdown`. */
  get connection(): Observable<ClientConnection> {
    return this.connections;
  }

  /**
   * Sends a request.
   *
   * @example
   * ```ts
   * const client = connect(flow('--a|', { a: h1.response(200, 'ok') }));
   * const get = client.request({ url: 'http://test/' });
   * expectResponses(client).toBe('--a|', { a: '200' });
   * expectBody(get).toBe('--(b|)', { b: 'ok' });
   * ```
   */
  request(request: ClientRequest, options: TestRequestOptions = {}): TestExchange {
    checkOptions('request', options, REQUEST_OPTIONS);
    checkContent(request, this.escapes);
    const source = this.connections.pipe(
      take(1),
      mergeMap((connection) => connection.request(request)),
    );
    const exchange = new TestExchange(this.scheduler, nameOf(request), source, options, (outcome) =>
      this.responses.value(outcome),
    );
    this.exchanges.push(exchange);
    return exchange;
  }

  /** A request without response, in words. */
  get unanswered(): string | undefined {
    return this.life.closed
      ? undefined
      : this.exchanges.map((each) => each.unanswered).find((each) => each !== undefined);
  }

  /** Ends it, with all that is under way. */
  end(): void {
    for (const exchange of this.exchanges) exchange.end();
    this.life.unsubscribe();
  }
}

/** One request on a flow of its own. */
export function runOnce(
  scheduler: TestScheduler,
  flow: WiredFlow,
  request: ClientRequest,
  options: ConnectOptions & TestRequestOptions,
  escapes: Escapes,
): TestExchange {
  checkOptions('request', options, { ...CONNECT_OPTIONS, ...REQUEST_OPTIONS });
  checkContent(request, escapes);
  const { subscription: _subscription, read: _read, ...connectOptions } = options;
  return new TestExchange(scheduler, nameOf(request), run(flow, request, connectOptions), options, () => undefined);
}

function isInterim({ status }: ClientResponse): boolean {
  return status < 200 && status !== 101;
}

function checkContent({ body, ...request }: ClientRequest, escapes: Escapes): void {
  if (typeof body !== 'function' || isObservable(body)) escapes.check(body, `the content of ${nameOf(request)}`);
}

function nameOf({ method = 'GET', url }: ClientRequest): string {
  return `${method} ${String(url)}`;
}
