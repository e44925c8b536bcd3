/** A service over test flows, everything that it does recorded. */
import {
  from,
  isObservable,
  type Observable,
  type ObservableInput,
  of,
  type OperatorFunction,
  type Subscription,
  tap,
} from 'rxjs';
import type { TestScheduler } from 'rxjs/testing';
import type { HttpRequest } from '../drive/request.js';
import type { HttpResponse } from '../drive/response.js';
import { Flow } from '../flow/flow.js';
import type { Info } from '../flow/socket-info.js';
import {
  connections,
  type Handler,
  type HttpConnection,
  type Served,
  type ServerFault,
  service,
  type ServiceOptions,
} from '../server/index.js';
import { diagramValue, parseDiagram } from './diagram.js';
import { tellTime } from './mismatch.js';
import { Row } from './recorded-row.js';
import { TestFaults } from './test-faults.js';
import type { Escapes } from './virtual-time.js';
import type { WiredFlow } from './wired-flow.js';
import { oneOf, type OptionCheck, type OptionTable } from '../option-checks.js';
import { CONNECTIONS_OPTIONS } from '../server/accepting.js';

/** An ALPN result: a protocol id, none, or an Observable of it. */
export type TestAlpn = string | undefined | ObservableInput<string | undefined>;

/** How a test serves; `T`: the values of its own `protocols`. */
export interface TestServeOptions<T = unknown> extends ServiceOptions<string, T> {
  /** The ALPN result of each flow: unless set, that of its pair, or none. */
  readonly alpn?: TestAlpn | ((flow: WiredFlow) => TestAlpn);
  /** `http` unless set. */
  readonly scheme?: 'http' | 'https';
  /** When the service is unsubscribed from, at `!`. */
  readonly unsubscribe?: string;
}

const alpnValue: OptionCheck = (name, value) => {
  if (typeof value === 'object' && value !== null) return;
  if (typeof value !== 'string' && typeof value !== 'function')
    throw new TypeError(`${name}: expected a protocol id, an Observable of it, or a function of the flow`);
};

/** @internal */
export const SERVE_OPTIONS: OptionTable<TestServeOptions<never>> = {
  ...CONNECTIONS_OPTIONS,
  alpn: alpnValue,
  scheme: oneOf('http', 'https'),
  unsubscribe: diagramValue,
};

/** The flows that a test serves: one flow, several at once, or as they come. */
export type TestFlows = WiredFlow | readonly WiredFlow[] | Observable<WiredFlow>;

/** The handler of a test. */
export type TestHandler = Handler<string> | Handler<string>['request'];

/** A test's function of its connections. */
export type TestConnections<T> = (connections: Observable<HttpConnection<string> | T>) => Observable<unknown>;

/** Makes an operator over flows, which reports the requests that come. */
type Serving = (
  info: Info<WiredFlow, string>,
  faults: TestFaults,
  heard: (request: HttpRequest) => void,
) => OperatorFunction<WiredFlow, unknown>;

/** Serves with a handler. */
export function servingWith(given: TestHandler, options: TestServeOptions, escapes: Escapes): Serving {
  const handler: Handler<string> = typeof given === 'function' ? { request: given } : given;
  return (info, faults, heard) => {
    const recording: Handler<string> = {
      request: (request, exchange) => {
        heard(request);
        return checked(handler.request(request, exchange), request, escapes);
      },
      ...(handler.error === undefined ? {} : { error: handler.error }),
    };
    return service(info, recording, { ...serviceOptions(options), faults });
  };
}

/** The options that are not the test's own. */
function serviceOptions<T>(options: TestServeOptions<T>): ServiceOptions<string, T> {
  const { alpn: _alpn, scheme: _scheme, unsubscribe: _unsubscribe, ...rest } = options;
  return rest;
}

/** Serves by the result of `use` for the connections. */
export function servingBy<T>(use: TestConnections<T>, options: TestServeOptions<T>): Serving {
  return (info, faults, heard) => (flows) =>
    use(
      flows.pipe(
        connections(info, { ...serviceOptions(options), faults }),
        tap((value) => {
          if (!isConnection(value)) return;
          const exchanges = value.exchanges.pipe(tap(({ request }) => heard(request)));
          Object.defineProperty(value, 'exchanges', { value: exchanges });
        }),
      ),
    );
}

/** A service that runs, and its records. */
export class TestService {
  readonly requests: Row<HttpRequest>;
  readonly faults: Row<ServerFault<string>>;
  /** Finished exchanges, and the end of the service. */
  readonly served: Row<Served<string>>;
  /** The other values that it emitted, and its end. */
  readonly passed: Row<unknown>;
  private left = false;
  private readonly subscription: Subscription;

  /** @internal */
  constructor(
    scheduler: TestScheduler,
    flows: TestFlows,
    serving: Serving,
    options: Pick<TestServeOptions, 'alpn' | 'scheme' | 'unsubscribe' | 'faults'>,
    escapes: Escapes,
  ) {
    this.requests = new Row(scheduler);
    this.served = new Row(scheduler);
    this.passed = new Row(scheduler);
    const { alpn } = options;
    const info: Info<WiredFlow, string> = {
      alpn: (flow) => {
        const result = typeof alpn === 'function' ? alpn(flow) : 'alpn' in options ? alpn : flow.alpn;
        escapes.check(result, `the ALPN result of ${flow.name}`);
        return result;
      },
      peer: ({ name }) => name,
      injection: (flow) => flow,
      scheme: () => options.scheme ?? 'http',
    };
    const faults = new TestFaults(scheduler);
    this.faults = faults.faults;
    faults.subscribe((fault) => options.faults?.next(fault));
    const sockets = isFlow(flows) ? of(flows) : from(flows);
    // No handler of errors: a service must not fail.
    const serve = serving(info, faults, (request) => this.requests.value(request));
    this.subscription = sockets.pipe(serve).subscribe({
      next: (value) => recordIn(this, value),
      complete: () => {
        this.served.mark('|');
        this.passed.mark('|');
      },
    });
    for (const { frame } of parseDiagram(options.unsubscribe ?? '', '!')) {
      scheduler.schedule(() => {
        this.left = true;
        this.end();
      }, frame - scheduler.now());
    }
  }

  /** Ends it at once. */
  end(): void {
    this.subscription.unsubscribe();
  }

  /** A request that has no complete response and was not broken off. */
  get unanswered(): string | undefined {
    if (this.left) return undefined;
    const served = new Set(this.served.happenings.map(({ value }) => value?.request));
    const open = this.requests.happenings.find(({ value }) => !served.has(value));
    return (
      open?.value &&
      `${nameOf(open.value)}, which came at ${tellTime(open.frame)}, has no response when the test is over`
    );
  }

  /** The faults in words, for a test that fails and did not expect any. */
  get trouble(): string | undefined {
    const { happenings } = this.faults;
    if (happenings.length === 0) return undefined;
    const lines = happenings.map(({ frame, value }) => {
      const { code, message, request, cause } = value!;
      const place = cause instanceof Error ? /\n\s+(at .*)/.exec(cause.stack ?? '')?.[1] : undefined;
      const asked = request === undefined ? '' : ` (${nameOf(request)})`;
      return `  at ${tellTime(frame)}: ${code}${asked}: ${message}${place === undefined ? '' : `, ${place}`}`;
    });
    return ['The service reported:', ...lines].join('\n');
  }
}

/** Records the values of a service or a chain. */
export function recordIn(rows: Pick<TestService, 'served' | 'passed'>, value: unknown): void {
  if (isServed(value)) rows.served.value(value);
  else rows.passed.value(value);
}

function isServed(value: unknown): value is Served<string> {
  return typeof value === 'object' && value !== null && 'outcome' in value && 'request' in value;
}

function isConnection(value: unknown): value is HttpConnection<string> {
  return typeof value === 'object' && value !== null && 'exchanges' in value;
}

/** A flow is an Observable, too. */
function isFlow(flows: TestFlows): flows is WiredFlow {
  return flows instanceof Flow;
}

function nameOf({ method, path }: HttpRequest): string {
  return `${method} ${path}`;
}

/** The result of a handler: it may leave virtual time itself, or with its content. */
function checked<R extends HttpResponse | ObservableInput<HttpResponse>>(
  result: R,
  request: HttpRequest,
  escapes: Escapes,
): R {
  const name = nameOf(request);
  const check = (response: HttpResponse): void =>
    escapes.check(response.body, `the content of the response to ${name}`);
  if (isObservable(result)) return result.pipe(tap(check)) as unknown as R;
  escapes.check(result, `what the handler gave for ${name}`);
  // The service judges any result of a handler, even one that its types forbid.
  if (typeof result === 'object' && (result as object | null) !== null && 'status' in result) check(result);
  return result;
}
