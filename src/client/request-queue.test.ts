import { fc } from '../../test/kits/properties.js';
import { VirtualTimeScheduler } from 'rxjs';
import { Clock } from '../drive/clock.js';
import type { Deadline } from '../drive/deadline.js';
import { TimeLimits } from '../drive/time-limits.js';
import { ClientError } from '../errors.js';
import { limitsWith } from '../limits.js';
import type { ConnectionDriver } from './connection-driver.js';
import { outgoingRequest } from './outgoing-request.js';
import { type QueuedRequest, RequestQueue } from './request-queue.js';

const timers = new VirtualTimeScheduler();
const timeLimits = new TimeLimits(new Clock(timers), limitsWith({ queueTimeout: 100 }));

/** A request that reports its events. */
class Someone implements QueuedRequest {
  readonly request;
  queue: RequestQueue | undefined = undefined;
  earlier: QueuedRequest | undefined = undefined;
  later: QueuedRequest | undefined = undefined;
  wait: Deadline | undefined = undefined;
  onRefused: () => void = () => undefined;

  constructor(
    readonly name: string,
    private readonly log: string[],
    method = 'GET',
  ) {
    this.request = outgoingRequest({ url: 'http://test/', method });
  }

  begin(): void {
    this.log.push(`${this.name} begins`);
  }

  refuse({ code }: ClientError): void {
    this.log.push(`${this.name}: ${code}`);
    this.onRefused();
  }

  onDeadline(): void {
    this.queue?.expire(this);
  }
}

/** A connection with room for so many, of GET. */
function connectionFor(room: number): ConnectionDriver {
  let left = room;
  const connection = {
    takes: ({ head }: QueuedRequest['request']) => head.method === 'GET' && left-- > 0,
    enter: () => undefined,
    leave: () => undefined,
  };
  return connection as unknown as ConnectionDriver;
}

describe('requests that wait', () => {
  it('stand in a line that each can leave, wherever they stand', () => {
    const step = fc.oneof(fc.constant('comes'), fc.constant('begins'), fc.nat({ max: 9 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const log: string[] = [];
        const waiting = new RequestQueue(1000, timeLimits);
        const model: Someone[] = [];
        const begun: string[] = [];
        let count = 0;
        for (const what of steps) {
          if (what === 'comes') {
            const one = new Someone(`${count++}`, log);
            waiting.add(one);
            model.push(one);
          } else if (what === 'begins') {
            // The first is asked for twice.
            waiting.begin(connectionFor(2));
            begun.push(...model.splice(0, 1).map(({ name }) => `${name} begins`));
          } else if (typeof what === 'number' && what < model.length) waiting.leave(model.splice(what, 1)[0]!);
          expect([waiting.size, waiting.isEmpty]).toStrictEqual([model.length, model.length === 0]);
        }
        expect(log).toStrictEqual(begun);
        waiting.refuse(new ClientError('closed', 'over'));
        expect(log.slice(begun.length)).toStrictEqual(model.map(({ name }) => `${name}: closed`));
        expect(waiting.isEmpty).toBe(true);
      }),
    );
  });

  it('for too long are refused, each at its own time, and leave no timer', () => {
    const log: string[] = [];
    const left = jest.fn();
    const waiting = new RequestQueue(10, timeLimits, left);
    waiting.add(new Someone('a', log));
    timers.schedule(() => waiting.add(new Someone('b', log)), 60);
    timers.schedule(() => log.push('at 120'), 120);
    timers.flush();
    expect(log).toEqual(['a: queue-timeout', 'at 120', 'b: queue-timeout']);
    expect(left).toHaveBeenCalledTimes(2);
    expect(waiting.isEmpty).toBe(true);
    expect(timers.actions).toEqual([]);
  });

  it('and the last of them is refused alone', () => {
    const log: string[] = [];
    const waiting = new RequestQueue(10, timeLimits);
    for (const name of ['a', 'b']) waiting.add(new Someone(name, log));
    waiting.refuseLast(new ClientError('connect-failed', 'no'));
    expect([log, waiting.size]).toEqual([['b: connect-failed'], 1]);
    waiting.begin(connectionFor(2));
    waiting.refuseLast(new ClientError('connect-failed', 'no'));
    expect(log).toEqual(['b: connect-failed', 'a begins']);
  });

  it('that are refused for their number may be sent again', () => {
    const waiting = new RequestQueue(0, timeLimits);
    let told: ClientError | undefined;
    const one = someone('a');
    one.refuse = (error) => (told = error);
    waiting.add(one);
    expect(told).toMatchObject({ code: 'queue-full', retryable: true });
  });

  it('begin within a turn of their connection, which ends', () => {
    const waiting = new RequestQueue(10, timeLimits);
    const connection = connectionFor(2);
    const turns = { enter: jest.fn(), leave: jest.fn() };
    Object.assign(connection, turns);
    waiting.add(someone('a'));
    waiting.begin(connection);
    expect([turns.enter.mock.calls.length, turns.leave.mock.calls.length]).toStrictEqual([1, 1]);
  });

  let log: string[];
  const someone = (name: string, method?: string): Someone => new Someone(name, log, method);
  beforeEach(() => {
    log = [];
  });

  it('begin in their order, as far as there is room', () => {
    const waiting = new RequestQueue(10, timeLimits);
    for (const name of ['a', 'b', 'c']) waiting.add(someone(name));
    // The first is asked for twice.
    waiting.begin(connectionFor(3));
    expect(log).toEqual(['a begins', 'b begins']);
    expect(waiting.size).toBe(1);
    waiting.begin(connectionFor(0));
    expect(waiting.size).toBe(1);
  });

  it('do not overtake one that the connection does not take', () => {
    const waiting = new RequestQueue(10, timeLimits);
    waiting.add(someone('a', 'POST'));
    waiting.add(someone('b'));
    waiting.begin(connectionFor(9));
    expect(log).toEqual([]);
  });

  it('are as many as the limit, and those that will have room; one more is refused', () => {
    const waiting = new RequestQueue(1, timeLimits);
    waiting.add(someone('a'));
    waiting.add(someone('b'));
    waiting.add(someone('c'), 1);
    expect(log).toEqual(['b: queue-full']);
    expect(waiting.size).toBe(2);
  });

  it('may be removed, and the owner is called', () => {
    const onLeft = jest.fn();
    const waiting = new RequestQueue(10, timeLimits, onLeft);
    const a = someone('a');
    waiting.add(a);
    expect(a.queue).toBe(waiting);
    waiting.leave(a);
    expect(a.queue).toBeUndefined();
    expect(waiting.isEmpty).toBe(true);
    expect(onLeft).toHaveBeenCalledTimes(1);
    waiting.begin(connectionFor(1));
    expect(log).toEqual([]);
  });

  it('are refused, each once; not who comes back at once, nor who was made to leave by another', () => {
    const waiting = new RequestQueue(10, timeLimits);
    const [a, b, c] = [someone('a'), someone('b'), someone('c')];
    a.onRefused = () => {
      waiting.leave(b);
      waiting.add(a);
    };
    for (const each of [a, b, c]) waiting.add(each);
    waiting.refuse(new ClientError('closed', 'over'));
    expect(log).toEqual(['a: closed', 'c: closed']);
    expect(waiting.size).toBe(1);
    expect(a.queue).toBe(waiting);
  });
});
