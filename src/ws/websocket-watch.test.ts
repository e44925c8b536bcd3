import { VirtualTimeScheduler } from 'rxjs';
import { Clock } from '../drive/clock.js';
import { DEFAULT_WEBSOCKET_LIMITS } from './engine/websocket-limits.js';
import { type Watched, WebSocketWatch } from './websocket-watch.js';

/** ms: when a peer that takes bytes at `progress` (ms) only is found to take nothing. */
function stalledAt(progress: readonly number[]): number[] {
  const scheduler = new VirtualTimeScheduler();
  const found: number[] = [];
  const nothing = (): void => undefined;
  const flow = { progress: 0 };
  const watched: Watched = {
    flow,
    isHeld: false,
    sendPing: nothing,
    onSilent: nothing,
    onIdle: nothing,
    onCloseTimeout: nothing,
    onStalled: () => found.push(scheduler.now()),
  };
  const limits = { ...DEFAULT_WEBSOCKET_LIMITS, pingInterval: Infinity, writeTimeout: 8000 };
  const watch = new WebSocketWatch(watched, new Clock(scheduler), limits);
  watch.begin();
  watch.writing();
  for (const time of progress) scheduler.schedule(() => flow.progress++, time);
  scheduler.schedule(() => watch.end(), 60_000);
  scheduler.flush();
  return found;
}

describe('the write timeout', () => {
  it('ends a peer that takes nothing', () => expect(stalledAt([])).toEqual([8000]));

  it.each([[[500]], [[1500]], [[1500, 1900]], [[7999]], [[7000, 14_500]], [[5000, 10_000, 15_000]]])(
    'fires within 1.125 times its value after the last bytes were taken: at %j ms',
    (progress) => {
      const [found, ...more] = stalledAt(progress);
      expect(more).toEqual([]);
      expect(found).toBeGreaterThanOrEqual(progress.at(-1)! + 8000);
      expect(found).toBeLessThanOrEqual(progress.at(-1)! + 9000);
    },
  );
});
