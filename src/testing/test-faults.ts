/** An error stream that is recorded: for services, chains and connections that share one. */
import { Faults, type ServerFault } from '../server/index.js';
import { Row } from './recorded-row.js';

/** A `Faults` whose faults are recorded. */
export class TestFaults extends Faults<string> {
  readonly faults: Row<ServerFault<string>>;

  /** @internal */
  constructor(clock: { now(): number }) {
    super();
    this.faults = new Row(clock);
  }

  /** A recorded fault counts as handled. */
  override get observed(): boolean {
    return true;
  }

  override next(fault: ServerFault<string>): void {
    this.faults.value(fault);
    super.next(fault);
  }
}
