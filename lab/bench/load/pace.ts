/**
 * The pace of a transfer. A load at full speed measures the wake-ups, the caches and the scheduler of a loopback more than the server.
 * Whichever end waits, the other's kernel does its work for it. At a pace that all contestants can hold, the client is always the end that
 * waits. The CPU of a server is then its own work.
 */

/** ms between two looks at what may go on. */
const TICK = 1;

export class Pace {
  private readonly begin = performance.now();
  private readonly timer: NodeJS.Timeout;

  /** `rate`: bytes a second. `goOn` is called when more may be moved, about a thousand times a second. */
  constructor(
    private readonly rate: number,
    goOn: () => void,
  ) {
    this.timer = setInterval(goOn, TICK);
  }

  /** How many bytes may have been moved by now. */
  allowed(): number {
    return ((performance.now() - this.begin) * this.rate) / 1000;
  }

  stop(): void {
    clearInterval(this.timer);
  }
}
