/** A service that is called without a flow: a request is made up, and the result is recorded. For middleware, above all. */
import {
  defer,
  EMPTY,
  finalize,
  map,
  mergeMap,
  NEVER,
  type Observable,
  of,
  Subscription,
  take,
  tap,
  throwError,
} from 'rxjs';
import type { TestScheduler } from 'rxjs/testing';
import { Body } from '../body/body.js';
import { utf8 } from '../bytes.js';
import { type PlainContent, sourceOf } from '../drive/content.js';
import { HttpRequest } from '../drive/request.js';
import { type PlainResponse, plainResponse } from '../drive/response.js';
import { ProtocolError, toError } from '../errors.js';
import type { DefaultedKey, Key } from '../flow/context.js';
import type { Flow } from '../flow/flow.js';
import { Fields, type FieldsInit } from '../http/fields.js';
import type { Protocol } from '../http/head.js';
import { ExchangeExtras } from '../server/exchange-extras.js';
import {
  type ConnectionEnd,
  type Exchange,
  type H1Exchange,
  type H2Exchange,
  type HandlerResult,
  type HttpConnection,
  type Priority,
  ResponseError,
  responses,
  type Served,
  type Service,
} from '../server/index.js';
import { parseDiagram } from './diagram.js';
import { makeProbe, type Probe } from './probe.js';
import { type Recording, Row } from './recorded-row.js';
import type { SubscriptionSpan } from './subscription-rows.js';
import type { Escapes } from './virtual-time.js';
import { anyValue, checkOptions, objectValue, oneOf, type OptionTable, textValue } from '../option-checks.js';

/** A request that a test makes up. */
export interface TestCallInit {
  /** GET unless set. */
  readonly method?: string;
  /** `/` unless set. */
  readonly path?: string;
  /** `test` unless set. */
  readonly authority?: string;
  /** `http` unless set. */
  readonly scheme?: 'http' | 'https';
  readonly headers?: FieldsInit;
  /** The content: text or bytes that are there at once, or an Observable such as a `flow`. */
  readonly body?: string | Uint8Array | Observable<Uint8Array>;
  readonly trailers?: FieldsInit;
  /** The protocol that an extended CONNECT asks for (RFC 8441). */
  readonly protocol?: string;
  /** `h2` for an exchange of HTTP/2; one of HTTP/1.1 unless set. */
  readonly alpn?: Protocol;
  /** The value of `exchange.peer`: `test` unless set. */
  readonly peer?: string;
  /** The flow that `exchange.tunnel()` emits: a drawn flow. Without one, it fails. */
  readonly tunnel?: Flow;
  /** When the service is called, `^`, and when the client disconnects, `!`: at once, and never, unless given. */
  readonly subscription?: string;
}

const CALL_OPTIONS: OptionTable<TestCallInit> = {
  method: textValue,
  path: textValue,
  authority: textValue,
  scheme: oneOf('http', 'https'),
  headers: objectValue,
  body: anyValue,
  trailers: objectValue,
  protocol: textValue,
  alpn: oneOf('http/1.1', 'h2'),
  peer: textValue,
  tunnel: objectValue,
  subscription: textValue,
};

/** A response as a service gave it. */
export interface TestResponse {
  readonly status: number;
  readonly headers: Fields;
}

/** A call of a service; it shows the content of its response as a probe does. */
export class TestCall implements Pick<Probe<Uint8Array>, 'passed' | 'credits' | 'subscriptions'> {
  /** The response, after interim ones; or the error that the service failed with. */
  readonly responses: Row<TestResponse | Error>;
  /** How the exchange ended. */
  readonly served: Row<Served<string>>;
  /** The content of the response, and how it ended. */
  readonly passed: Recording<Uint8Array>;
  readonly credits: Recording<number>;
  readonly subscriptions: readonly SubscriptionSpan[];
  private exchange: MadeUpExchange | undefined = undefined;
  private readonly name: string;

  /** @internal */
  constructor(
    private readonly scheduler: TestScheduler,
    private readonly service: Service<string>,
    init: TestCallInit,
    private readonly escapes: Escapes,
  ) {
    checkOptions('call', init, CALL_OPTIONS);
    this.name = `${init.method ?? 'GET'} ${init.path ?? '/'}`;
    this.responses = new Row(scheduler);
    this.served = new Row(scheduler);
    const body = makeProbe<Uint8Array>(scheduler);
    ({ passed: this.passed, credits: this.credits, subscriptions: this.subscriptions } = body);
    for (const { frame, mark } of parseDiagram(init.subscription ?? '^', '^!')) {
      const act = (): void => (mark === '^' ? this.begin(init, body) : this.disconnect());
      if (frame === scheduler.now()) act();
      else scheduler.schedule(act, frame - scheduler.now());
    }
  }

  /** That there is no response yet, in words. */
  get unanswered(): string | undefined {
    const { exchange } = this;
    return exchange === undefined || exchange.isOver || exchange.tunnelled
      ? undefined
      : `${this.name} has no response when the test is over`;
  }

  /** Ends it at once. */
  end(): void {
    this.exchange?.finish('aborted', undefined);
  }

  private begin(init: TestCallInit, body: Probe<Uint8Array>): void {
    const given = (result: HandlerResult): void => {
      this.escapes.check(result, `what the service gave for ${this.name}`);
    };
    const answer = (response: TestResponse | Error): void => this.responses.value(response);
    const exchange = madeUp(init, this.scheduler, {
      given,
      answer,
      body,
      ended: (served) => this.served.value(served),
    });
    this.exchange = exchange;
    exchange.take(this.service);
  }

  private disconnect(): void {
    this.exchange?.finish(
      'aborted',
      new ProtocolError('connection-reset', 'the client disconnected', { initiator: 'peer' }),
    );
  }
}

/** The recorder of a call. */
interface Recorder {
  given(result: HandlerResult): void;
  answer(response: TestResponse | Error): void;
  readonly body: Probe<Uint8Array>;
  ended(served: Served<string>): void;
}

type MadeUpExchange = Exchange<string> & MadeUp;

function madeUp(init: TestCallInit, clock: TestScheduler, recorder: Recorder): MadeUpExchange {
  return init.alpn === 'h2' ? new MadeUpH2(init, clock, recorder) : new MadeUpH1(init, clock, recorder);
}

/** An exchange without a connection. */
abstract class MadeUp {
  abstract readonly protocol: Protocol;
  readonly request: HttpRequest;
  tunnelled = false;
  private readonly extras = new ExchangeExtras<string>(undefined);
  private readonly work = new Subscription();
  private readonly begin: number;
  private readonly made: Partial<Record<'status' | 'firstByte', number>> = {};
  private received = 0;
  private sent = 0;
  private taken = false;
  private record: Served<string> | undefined = undefined;

  constructor(
    private readonly init: TestCallInit,
    private readonly clock: TestScheduler,
    private readonly recorder: Recorder,
  ) {
    this.begin = clock.now();
    this.request = requestOf(init, (size) => (this.received += size));
  }

  get peer(): string {
    return this.init.peer ?? 'test';
  }

  get isOver(): boolean {
    return this.record !== undefined;
  }

  get closed(): Observable<Served<string>> {
    return this.extras.closed;
  }

  get signal(): AbortSignal {
    return this.extras.signal;
  }

  get<T>(key: DefaultedKey<T>): T;
  get<T>(key: Key<T>): T | undefined;
  get<T>(key: Key<T>): T | undefined {
    return this.extras.get(key);
  }

  set<T>(key: Key<T>, value: NoInfer<T>): void {
    this.extras.set(key, value);
  }

  get connection(): HttpConnection<string> {
    return {
      ...{ protocol: this.protocol, peer: this.peer, scheme: this.init.scheme ?? 'http', tls: undefined },
      ...{ opened: this.begin, received: 0, sent: 0, exchangesBegun: 1, exchangesOpen: this.isOver ? 0 : 1 },
      exchanges: NEVER,
      closed: this.closed.pipe(map(({ error }): ConnectionEnd => ({ error, goaway: undefined }))),
      shutdown: () => undefined,
      close: () => this.finish('aborted', undefined),
    };
  }

  respond(result: HandlerResult | Service<string>): Observable<Served<string>> {
    return defer(() => {
      if (this.taken)
        return throwError(() => new ResponseError('second-response', 'this exchange has a response already'));
      this.take(typeof result === 'function' ? result : () => result);
      return this.closed.pipe(finalize(() => this.finish('aborted', undefined)));
    });
  }

  tunnel(): Observable<Flow> {
    return defer(() => {
      const { tunnel } = this.init;
      if (tunnel === undefined) return throwError(() => new TypeError('the call has no flow: give it one as `tunnel`'));
      this.tunnelled = true;
      return of(tunnel);
    });
  }

  /** Calls `service`, and takes its result for the response. */
  take(service: Service<string>): void {
    this.taken = true;
    const answers = defer(() => {
      const result = service(this.request, this as unknown as Exchange<string>);
      this.recorder.given(result);
      return responses(result);
    });
    this.work.add(
      answers
        .pipe(
          map(plainResponse),
          tap(({ status, headers }) => this.recorder.answer({ status, headers: Fields.from(headers) })),
          mergeMap((response) => (response.status < 200 ? EMPTY : this.send(response))),
        )
        .subscribe({
          error: (error: unknown) => this.fail(toError(error)),
          complete: () => this.handled(),
        }),
    );
  }

  finish(outcome: Served['outcome'], error: Error | undefined): void {
    if (this.record !== undefined) return;
    const { made, begin, clock, recorder } = this;
    this.record = {
      ...{ protocol: this.protocol, peer: this.peer, connection: this.connection, request: this.request },
      ...{ status: made.status, outcome, error, received: this.received, sent: this.sent },
      ...{ begin, firstByte: made.firstByte, duration: clock.now() - begin },
    };
    this.extras.end(this.record);
    this.work.unsubscribe();
    recorder.ended(this.record);
  }

  /** The content of a response; the exchange is over with it. */
  private send({ status, body }: PlainResponse): Observable<never> {
    this.made.status = status;
    this.made.firstByte = this.clock.now() - this.begin;
    return contentOf(body).pipe(
      this.recorder.body,
      tap({
        next: (chunk) => (this.sent += chunk.length),
        complete: () => this.finish('complete', undefined),
      }),
      mergeMap(() => EMPTY),
    );
  }

  private handled(): void {
    if (this.tunnelled) this.finish('complete', undefined);
    else if (this.made.status === undefined)
      this.fail(new ResponseError('no-response', 'the handler completed without a response'));
  }

  private fail(error: Error): void {
    if (this.made.status === undefined) this.recorder.answer(error);
    this.finish('aborted', error);
  }
}

class MadeUpH1 extends MadeUp implements H1Exchange<string> {
  readonly protocol = 'http/1.1';
}

class MadeUpH2 extends MadeUp implements H2Exchange<string> {
  readonly protocol = 'h2';
  readonly streamId = 1;
  priority: Priority = { urgency: 3, incremental: true };

  prioritize(priority: Priority): void {
    this.priority = priority;
  }

  /** The client takes no pushes. */
  push(): boolean {
    return false;
  }

  reset(): void {
    this.finish('aborted', undefined);
  }
}

function requestOf(init: TestCallInit, received: (size: number) => void): HttpRequest {
  const { method = 'GET', path = '/', authority = 'test', scheme = 'http', alpn, protocol } = init;
  // A request and a response bring the same fields with their content.
  const { headers, body: content } = plainResponse({ status: 200, headers: init.headers, body: init.body });
  const body = new Body();
  let fed = false;
  const feed = (): Body => {
    // A body is made when it is wanted: nobody subscribes to its source before that.
    if (!fed)
      contentOf(content)
        .pipe(tap(({ length }) => received(length)))
        .subscribe(body);
    fed = true;
    return body;
  };
  const head = {
    ...{ method, path, authority, scheme, protocol, headers: Fields.from(headers) },
    version: alpn === 'h2' ? ('2.0' as const) : ('1.1' as const),
  };
  return new HttpRequest(head, {
    get body() {
      return feed();
    },
    get trailers() {
      return of(Fields.from(init.trailers)).pipe(take(1));
    },
  });
}

function contentOf(content: PlainContent | undefined): Observable<Uint8Array> {
  return sourceOf(content).pipe(map((chunk) => (typeof chunk === 'string' ? utf8(chunk) : chunk)));
}
