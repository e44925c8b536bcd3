/**
 * ```
 * events   -ab-------c--d|
 * frames   ------x-------(y|)    5 ms from its first event
 * ```
 */
import { map, take } from 'rxjs';
import { httpTest } from 'rxpaf/testing';
import { type Frame, framed } from '../../../examples/first-steps/start/frames.js';
import type { BodyEvent, TrafficEvent } from '../../../examples/first-steps/start/traffic-event.js';

const chunk = (exchange: number, size: number, kind: BodyEvent['kind'] = 'in'): TrafficEvent => ({
  ...{ kind, at: 0, exchange, size, count: 1 },
});
const closed = (connection: number): TrafficEvent => ({ kind: 'closed', at: 0, connection });
const EVENTS = { a: chunk(1, 10), b: chunk(1, 5), c: closed(7), d: chunk(1, 3), o: chunk(1, 1, 'out') };

const told = map(({ events, omitted }: Frame) => ({ events: [...events], omitted }));

describe('framed', () => {
  it('joins the events of a period to one frame, and the pieces of one body to one event', () =>
    httpTest(({ cold, expectObservable }) => {
      const frames = cold('-ab-o-----c--d|', EVENTS).pipe(framed({ every: 5, most: 10 }), told);
      expectObservable(frames).toBe('------x-------(y|)', {
        x: { events: [{ ...chunk(1, 15), count: 2 }, EVENTS.o], omitted: 0 },
        y: { events: [EVENTS.c, EVENTS.d], omitted: 0 },
      });
    }));

  it('counts the events past its limit', () =>
    httpTest(({ cold, expectObservable }) => {
      const frames = cold('(abcod)--|', EVENTS).pipe(framed({ every: 2, most: 1 }), told);
      // A piece that joins an event takes no place.
      expectObservable(frames).toBe('--x------|', { x: { events: [{ ...chunk(1, 18), count: 3 }], omitted: 2 } });
    }));

  it('emits what it has before an error, and nothing after unsubscription', () =>
    httpTest(({ cold, expectObservable, expectSubscriptions }) => {
      const events = cold('c-#', EVENTS);
      const frame = { x: { events: [EVENTS.c], omitted: 0 } };
      expectObservable(events.pipe(framed({ every: 5, most: 1 }), told)).toBe('--(x#)', frame);
      const endless = cold('c-c-c-c-c', EVENTS);
      expectObservable(endless.pipe(framed({ every: 1, most: 1 }), told, take(2))).toBe('-x-(x|)', frame);
      expectSubscriptions(endless).toBe('^--!');
      expectObservable(cold<TrafficEvent>('-').pipe(framed({ every: 5, most: 1 }))).toBe('-');
    }));
});
