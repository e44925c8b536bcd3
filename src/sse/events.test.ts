import { NEVER, of, Subject, throwError, VirtualTimeScheduler } from 'rxjs';
import { Fields } from '../http/fields.js';
import { eventText, events, type EventsOptions } from './events.js';
import { EventLog } from './event-log.js';
import { formatEvent, type ServerEvent } from './server-event.js';

describe('an event as text (HTML standard, 9.2.5)', () => {
  it.each<[string | ServerEvent, string]>([
    ['a', 'data: a\n\n'],
    ['a\nb\r\nc\rd', 'data: a\ndata: b\ndata: c\ndata: d\n\n'],
    ['', 'data: \n\n'],
    [{ data: 'a', event: 'price', id: '7', retry: 100 }, 'event: price\nid: 7\nretry: 100\ndata: a\n\n'],
    [{ comment: 'still\nhere' }, ': still\n: here\n\n'],
    [{ id: '' }, 'id: \n\n'],
    [{ data: undefined, event: 'x' }, 'event: x\n\n'],
  ])('%j', (event, text) => expect(formatEvent(event)).toBe(text));

  it.each<unknown>([
    { id: 'a\nb' },
    { id: 'a\0b' },
    { event: 'a\rb' },
    { retry: -1 },
    { retry: 1.5 },
    { data: 5 },
    { date: 'a' },
    5,
    null,
  ])('refuses %j', (event) => expect(() => formatEvent(event as ServerEvent)).toThrow());
});

describe('a stream of events', () => {
  /** Its text, with the time of each piece. */
  function drawn(
    source: Subject<string | ServerEvent>,
    options: EventsOptions,
  ): { got: string[]; scheduler: VirtualTimeScheduler } {
    const scheduler = new VirtualTimeScheduler();
    const got: string[] = [];
    eventText(source, { ...options, scheduler }).subscribe({
      next: (text) => got.push(`${scheduler.frame} ${text}`),
      error: (error: Error) => got.push(`${scheduler.frame} ${error.name}`),
      complete: () => got.push(`${scheduler.frame} end`),
    });
    return { got, scheduler };
  }

  it('has a heartbeat after each silence, until it ends', () => {
    const source = new Subject<string | ServerEvent>();
    const { got, scheduler } = drawn(source, { heartbeat: 100 });
    scheduler.schedule(() => source.next('a'), 250);
    scheduler.schedule(() => source.complete(), 400);
    scheduler.flush();
    expect(got).toEqual(['100 :\n\n', '200 :\n\n', '250 data: a\n\n', '350 :\n\n', '400 end']);
  });

  it('begins with retry, and ends with it at a shutdown', () => {
    const source = new Subject<string | ServerEvent>();
    const stop = new Subject<void>();
    const { got } = drawn(source, { retry: 50, stop, heartbeat: Infinity });
    source.next('a');
    stop.next();
    expect(got).toEqual(['0 retry: 50\n\n', '0 data: a\n\n', '0 retry: 50\n\n', '0 end']);
    expect(source.observed).toBe(false);
  });

  it('asks clients to come back in a second at a shutdown, unless the program says another time', () => {
    const stop = new Subject<void>();
    const { got } = drawn(new Subject(), { stop });
    stop.next();
    expect(got).toEqual(['0 retry: 1000\n\n', '0 end']);
  });

  it('that ends by itself says nothing more', () => {
    const source = new Subject<string | ServerEvent>();
    const { got } = drawn(source, { stop: NEVER, heartbeat: Infinity });
    source.complete();
    expect(got).toEqual(['0 end']);
  });

  it('fails at an event that cannot be expressed, and with its source', () => {
    const source = new Subject<string | ServerEvent>();
    const { got } = drawn(source, {});
    source.next({ id: 'a\nb' });
    expect(got).toEqual(['0 RangeError']);
    let code = '';
    eventText(throwError(() => new Error('x'))).subscribe({ error: ({ message }: Error) => (code = message) });
    expect(code).toBe('x');
  });

  it('leaves no timer when it is unsubscribed', () => {
    const scheduler = new VirtualTimeScheduler();
    eventText(NEVER, { scheduler }).subscribe().unsubscribe();
    expect(scheduler.actions.every(({ closed }) => closed)).toBe(true);
  });
});

describe('a response of events', () => {
  it('has the fields of a stream, and those of the program', () => {
    expect(Fields.from(events(of('a')).headers).toObject()).toEqual({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    const headers = { 'Cache-Control': 'no-cache', 'access-control-allow-origin': '*' };
    expect(Fields.from(events(of('a'), { headers }).headers).toObject()).toEqual({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
      'access-control-allow-origin': '*',
    });
  });
});

describe('an EventLog', () => {
  const ids = (log: EventLog, after?: string): string[] => {
    const got: string[] = [];
    log.after(after).subscribe({ next: ({ id, data }) => got.push(`${id} ${data}`), complete: () => got.push('end') });
    return got;
  };

  it('gives a client that comes back the events that it missed, then the new ones', () => {
    const log = new EventLog();
    for (const data of ['a', 'b', 'c']) log.add(data);
    const back = ids(log, '1');
    const fresh = ids(log);
    const strange = ids(log, 'no number of this log');
    const future = ids(log, '99');
    log.add({ data: 'd', event: 'x' });
    expect(back).toEqual(['2 b', '3 c', '4 d']);
    expect(fresh).toEqual(['4 d']);
    expect(strange).toEqual(['1 a', '2 b', '3 c', '4 d']);
    expect(future).toEqual(strange);
  });

  it('keeps as many as its limit', () => {
    const log = new EventLog({ limit: 2 });
    for (const data of ['a', 'b', 'c']) log.add(data);
    expect(ids(log, '0')).toEqual(['2 b', '3 c']);
  });

  it('keeps the order of an event that is added while the missed ones are sent', () => {
    const log = new EventLog();
    log.add('a');
    log.add('b');
    const got: string[] = [];
    log.after('0').subscribe(({ id }) => {
      got.push(id);
      if (id === '1') log.add('c');
    });
    log.add('d');
    expect(got).toEqual(['1', '2', '3', '4']);
  });

  it('ends for all, also for a client that comes later', () => {
    const log = new EventLog();
    log.add('a');
    const early = ids(log);
    log.end();
    expect([early, ids(log, '0')]).toEqual([['end'], ['1 a', 'end']]);
  });
});
