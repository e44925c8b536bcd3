/** `fromPull` over a stream of Node: what is one, and what comes of its end, its error and its close. */
import { PassThrough, Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { of } from 'rxjs';
import { bytes, Reader, utf8 } from '../../test/kits/units/bodies.js';
import { fromPull, isReadable } from './from-pull.js';
import { textOf, turns } from '../../test/kits/units/pulled-sources.js';

describe('what is a Readable', () => {
  const nothing = (): undefined => undefined;
  it.each<[string, object, boolean]>([
    ['one of Node', new PassThrough(), true],
    ['one of another copy of the class', { pipe: nothing, on: nothing, pause: nothing }, true],
    ['what cannot be piped', { on: nothing, pause: nothing }, false],
    ['what tells of nothing', { pipe: nothing, pause: nothing }, false],
    ['what has no listeners, but something of that name', { pipe: nothing, on: true, pause: nothing }, false],
    ['what cannot be paused: a stream of old', { pipe: nothing, on: nothing }, false],
    ['an Observable', of(1), false],
    ['an array', [], false],
  ])('%s', (_name, source, expected) => {
    expect(isReadable(source)).toBe(expected);
  });
});

describe('fromPull over a Readable', () => {
  it('emits what it gives, text as UTF-8', async () => {
    expect(await textOf(fromPull(Readable.from([utf8('a'), 'b'])))).toBe('ab');
  });

  it('pauses it at the window', async () => {
    const readable = new PassThrough({ highWaterMark: 10 });
    const reader = new Reader({ retain: true });
    fromPull(readable, { window: 30 }).subscribe(reader);
    for (let index = 0; index < 20; index++) readable.write(bytes(10));
    readable.end();
    await turns(5);
    expect(reader.chunks.length).toBe(3);
    reader.releases.shift()?.(); // 20 of 30 are left: not yet half
    await turns(5);
    expect(reader.chunks.length).toBe(3);
    while (reader.ends.length === 0) {
      reader.releaseAll();
      await turn();
    }
    expect([reader.text.length, reader.ends]).toEqual([200, ['complete']]);
  });

  it('passes on its error after the chunks that came', async () => {
    const readable = new PassThrough();
    const reader = new Reader();
    fromPull(readable).subscribe(reader);
    readable.write('came');
    await turns(2);
    readable.destroy(new Error('broken'));
    await turns(2);
    expect([reader.text, reader.ends]).toEqual(['came', [new Error('broken')]]);
  });

  it('takes a close before the end for an error', async () => {
    const readable = new PassThrough();
    const reader = new Reader();
    fromPull(readable).subscribe(reader);
    readable.destroy();
    await turns(2);
    expect(reader.ends).toEqual([new Error('the stream was closed before its end')]);
  });

  it('knows one that failed, ended, or was closed before', async () => {
    const [failed, ended, closed] = [new PassThrough(), new PassThrough(), new PassThrough()];
    failed.on('error', () => 0).destroy(new Error('broken'));
    ended.end();
    ended.resume();
    closed.destroy();
    await turns(3);
    const readers = [failed, ended, closed].map((readable) => {
      const reader = new Reader();
      fromPull(readable).subscribe(reader);
      return reader;
    });
    expect(readers.flatMap((reader) => reader.ends)).toEqual([
      new Error('broken'),
      'complete',
      new Error('the stream was closed before its end'),
    ]);
  });

  it('is destroyed when its reader unsubscribes, and its later errors are dropped', async () => {
    const readable = new PassThrough({
      destroy: (_error, callback) => {
        setImmediate(() => callback(new Error('in its destruction')));
      },
    });
    fromPull(readable).subscribe().unsubscribe();
    expect(readable.destroyed).toBe(true);
    await turns(3);
  });
});
