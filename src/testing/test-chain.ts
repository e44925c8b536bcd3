/** The chain of a protocol on one flow, without a service: the values that it emits are recorded. */
import { defer, type Subscription } from 'rxjs';
import type { TestScheduler } from 'rxjs/testing';
import type { Chain } from '../alpn/index.js';
import type { Served } from '../server/index.js';
import { diagramValue, parseDiagram } from './diagram.js';
import { Row } from './recorded-row.js';
import { recordIn } from './test-service.js';
import type { Escapes } from './virtual-time.js';
import type { WiredFlow } from './wired-flow.js';
import { checkOptions, type OptionTable } from '../option-checks.js';

/** How a test runs a chain. */
export interface TestChainOptions {
  /** When the chain is unsubscribed from, at `!`. */
  readonly unsubscribe?: string;
}

const CHAIN_OPTIONS: OptionTable<TestChainOptions> = { unsubscribe: diagramValue };

/** A chain that runs, and its values. */
export class TestChain {
  /** Finished exchanges, and the end of the chain. */
  readonly served: Row<Served<string>>;
  /** The other values that it emitted, and its end. */
  readonly passed: Row<unknown>;
  readonly unanswered = undefined;
  private readonly subscription: Subscription;

  /** @internal */
  constructor(
    scheduler: TestScheduler,
    flow: WiredFlow,
    chain: Chain<unknown>,
    options: TestChainOptions,
    escapes: Escapes,
  ) {
    checkOptions('chain', options, CHAIN_OPTIONS);
    const { unsubscribe = '' } = options;
    this.served = new Row(scheduler);
    this.passed = new Row(scheduler);
    const values = defer(() => {
      const result = chain(flow);
      escapes.check(result, `what the chain gave for ${flow.name}`);
      return result;
    });
    this.subscription = values.subscribe({
      next: (value) => recordIn(this, value),
      error: (error: unknown) => {
        this.served.mark('#', error as Served<string>);
        this.passed.mark('#', error);
      },
      complete: () => {
        this.served.mark('|');
        this.passed.mark('|');
      },
    });
    for (const { frame } of parseDiagram(unsubscribe, '!')) {
      scheduler.schedule(() => this.end(), frame - scheduler.now());
    }
  }

  /** Ends it at once. */
  end(): void {
    this.subscription.unsubscribe();
  }

  /** How it failed, in words, for a test that did not expect it. */
  get trouble(): string | undefined {
    const failure = this.passed.happenings.find(({ mark }) => mark === '#');
    return failure === undefined ? undefined : `The chain failed: ${String(failure.value)}`;
  }
}
