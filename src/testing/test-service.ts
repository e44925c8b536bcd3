/** A service over test flows, everything that it does recorded. */
import { defer, from, ignoreElements, merge, type Observable, type ObservableInput, of, tap } from 'rxjs';
import type { TestScheduler } from 'rxjs/testing';
import type { Request } from '../drive/message.js';
import type { Info } from '../flow/info.js';
import { type Handler, type Served, type ServerFault, service, type ServiceOptions } from '../server/index.js';
import { parseDiagram } from './diagram.js';
import { Row } from './row.js';
import { TestFlow } from './test-flow.js';

/** An ALPN result: a protocol id, none, or an Observable of it. */
export type TestAlpn = string | undefined | ObservableInput<string | undefined>;

/** How a test serves. */
export interface TestServeOptions extends ServiceOptions {
  /** The ALPN result of each flow; none unless set. */
  readonly alpn?: TestAlpn | ((flow: TestFlow) => TestAlpn);
  /** `http` unless set. */
  readonly scheme?: 'http' | 'https';
  /** When the service is unsubscribed from, at `!`. */
  readonly unsubscribe?: string;
}

/** What a test serves: one flow, several at once, or as they come. */
export type TestFlows = TestFlow | readonly TestFlow[] | Observable<TestFlow>;

/** What a test handles requests with. */
export type TestHandler = Handler<string> | Handler<string>['request'];

/** A service that runs, and what it did. */
export class TestService {
  readonly requests: Row<Request>;
  readonly faults: Row<ServerFault<string>>;
  /** Finished exchanges, and the end of the service. */
  readonly served: Row<Served<string>>;

  constructor(scheduler: TestScheduler, flows: TestFlows, given: TestHandler, options: TestServeOptions) {
    this.requests = new Row(scheduler);
    this.faults = new Row(scheduler);
    this.served = new Row(scheduler);
    const handler: Handler<string> = typeof given === 'function' ? { request: given } : given;
    const { alpn } = options;
    const info: Info<TestFlow, string> = {
      alpn: (flow) => (typeof alpn === 'function' ? alpn(flow) : alpn),
      peer: ({ name }) => name,
      injection: (flow) => flow,
      scheme: () => options.scheme ?? 'http',
    };
    const recording: Handler<string> = {
      request: (request, exchange) => {
        this.requests.value(request);
        return handler.request(request, exchange);
      },
      error: (faults) => {
        const recorded = faults.pipe(
          tap((fault) => this.faults.value(fault)),
          ignoreElements(),
        );
        if (handler.error === undefined) return recorded;
        return merge(
          recorded,
          defer(() => from(handler.error!(faults))),
        );
      },
    };
    // A flow is an Observable too.
    const sockets = flows instanceof TestFlow ? of(flows) : from(flows);
    // No handler of errors: a service that fails is what nobody expects.
    const subscription = sockets.pipe(service(info, recording, options)).subscribe({
      next: (served) => this.served.value(served),
      complete: () => this.served.mark('|'),
    });
    for (const { frame } of parseDiagram(options.unsubscribe ?? '', '!')) {
      scheduler.schedule(() => subscription.unsubscribe(), frame - scheduler.now());
    }
  }
}
