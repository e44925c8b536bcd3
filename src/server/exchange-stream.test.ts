import { type Release, retain } from '../demand/index.js';
import type { ServerExchange } from './exchange.js';
import { ExchangeStream } from './exchange-stream.js';

/** An exchange that is only counted. */
function exchangeNamed(name: string, dropped: string[]): ServerExchange<string> {
  return { face: () => name, dropped: () => dropped.push(name) } as unknown as ServerExchange<string>;
}

function streamOf(window: number): {
  readonly stream: ExchangeStream<string>;
  readonly holds: boolean[];
  readonly dropped: string[];
  readonly begin: (name: string) => void;
} {
  const holds: boolean[] = [];
  const dropped: string[] = [];
  const stream = new ExchangeStream<string>(
    { holdExchanges: (on) => holds.push(on), onExchangesLeft: () => undefined },
    window,
  );
  return { stream, holds, dropped, begin: (name) => stream.begin(exchangeNamed(name, dropped)) };
}

describe.each([1, 2, 3])('a window of %i exchanges', (window) => {
  it('holds the connection at the window, and not before; it goes on when one is released', () => {
    const { stream, holds, dropped, begin } = streamOf(window);
    const releases: Release[] = [];
    stream.exchanges.subscribe(() => releases.push(retain()!));
    holds.length = 0;
    for (let count = 1; count < window; count++) begin(`exchange ${count}`);
    expect([holds, stream.hasRoom]).toEqual([[], true]);
    begin('the last');
    expect([holds, stream.hasRoom]).toEqual([[true], false]);
    releases[0]!();
    expect([holds, stream.hasRoom, dropped.length]).toEqual([[true, false], true, 1]);
  });

  it('holds nothing where each exchange is taken at once', () => {
    const { stream, holds, dropped, begin } = streamOf(window);
    stream.exchanges.subscribe();
    holds.length = 0;
    for (const name of ['a', 'b', 'c', 'd']) begin(name);
    expect([holds, dropped]).toEqual([[], ['a', 'b', 'c', 'd']]);
  });
});
