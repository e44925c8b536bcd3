/**
 * Notices that the process, or the system, has no file descriptor left. Node then closes new connections itself, and reports nothing: so
 * once a second one descriptor is opened and closed.
 */
import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';

/** ms between two looks. */
const INTERVAL = 1_000;
/** Looks in a row that find one, before a burst is over. */
const CALM = 10;

const watches = new Set<DescriptorWatch>();
let timer: NodeJS.Timeout | undefined;

/** @internal */
export class DescriptorWatch {
  /** Looks that are still to go well, before the next burst is reported. */
  private burst = 0;

  /** @param report - called once a burst. */
  constructor(private readonly report: (cause: NodeJS.ErrnoException) => void) {
    watches.add(this);
    timer ??= setInterval(look, INTERVAL).unref();
  }

  end(): void {
    watches.delete(this);
    if (watches.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  /** No descriptor is left. */
  exhausted(cause: NodeJS.ErrnoException): void {
    const reported = this.burst > 0;
    this.burst = CALM;
    if (!reported) this.report(cause);
  }

  /** A descriptor is left. */
  calm(): void {
    if (this.burst > 0) this.burst--;
  }
}

/** Whether an error says that there are no descriptors left: to the process, or to the system. */
export function isExhausted({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EMFILE' || code === 'ENFILE';
}

function look(): void {
  let failure: NodeJS.ErrnoException | undefined;
  try {
    closeSync(openSync(devNull, 'r'));
  } catch (error) {
    failure = error as NodeJS.ErrnoException;
  }
  // Any other error, such as a machine without that file, says nothing about descriptors.
  const exhausted = failure !== undefined && isExhausted(failure);
  for (const watch of [...watches]) {
    if (exhausted) watch.exhausted(failure!);
    else watch.calm();
  }
}
