import { from, of, Subject, toArray } from 'rxjs';
import { fc } from '../../test/kits/properties.js';
import { formatEvent } from './server-event.js';
import { parseEvents, type ParseOptions, type ReceivedEvent } from './parse-events.js';

/** The events of `text`, cut into chunks of `size` bytes, each as `type data id`. */
function parsed(text: string | Uint8Array, size = Infinity, options: ParseOptions = {}): string[] {
  const bytes = Buffer.from(text as string);
  const step = Math.min(size, Math.max(1, bytes.length));
  const chunks = Array.from({ length: Math.ceil(bytes.length / step) }, (_, index) =>
    bytes.subarray(index * step, (index + 1) * step),
  );
  const result: string[] = [];
  from(chunks)
    .pipe(parseEvents(options))
    .subscribe({
      next: ({ type, data, lastEventId }) => result.push(`${type}|${data}|${lastEventId}`),
      error: ({ code }: { code: string }) => result.push(code),
    });
  return result;
}

describe('events in a stream (HTML standard, 9.2.6)', () => {
  it.each<[title: string, text: string, expected: string[]]>([
    ['a line of data', 'data: a\n\n', ['message|a|']],
    ['several lines of data', 'data: a\ndata: b\ndata\n\n', ['message|a\nb\n|']],
    ['no space, and two', 'data:a\n\ndata:  b\n\n', ['message|a|', 'message| b|']],
    ['CRLF', 'data: a\r\nid: 1\r\n\r\n', ['message|a|1']],
    ['CR', 'data: a\rdata: b\r\r', ['message|a\nb|']],
    ['mixed ends of line', 'data: a\r\ndata: b\rdata: c\n\r\n', ['message|a\nb\nc|']],
    ['a byte order mark', '\ufeffdata: a\n\n', ['message|a|']],
    ['comments', ':\n: x\ndata: a\n:y\n\n', ['message|a|']],
    ['a type', 'event: price\ndata: 1\n\ndata: 2\n\n', ['price|1|', 'message|2|']],
    ['an id that stays', 'id: 7\ndata: a\n\ndata: b\n\n', ['message|a|7', 'message|b|7']],
    ['an id that is reset', 'id: 7\ndata: a\n\nid\ndata: b\n\n', ['message|a|7', 'message|b|']],
    ['an id with NUL, which is ignored', 'id: 1\nid: a\0b\ndata: x\n\n', ['message|x|1']],
    ['an event without data, whose id stays', 'id: 3\nevent: x\n\ndata: a\n\n', ['message|a|3']],
    ['empty data', 'data\n\ndata:\n\n', ['message||', 'message||']],
    ['unknown fields', 'colour: red\ndata: a\nDATA: b\n\n', ['message|a|']],
    ['an event that is not complete at the end', 'data: a\n\ndata: b\n', ['message|a|']],
    ['nothing', '', []],
    ['text beyond ASCII', 'data: ☃ é\n\n', ['message|☃ é|']],
  ])('%s, cut at each octet', (_title, text, expected) => {
    for (const size of [Infinity, 1, 2, 3]) expect(parsed(text, size)).toEqual(expected);
  });

  it('reports retry of digits alone, and ids', () => {
    const seen: (string | number)[] = [];
    const options = { onRetry: (ms: number) => seen.push(ms), onId: (id: string) => seen.push(id) };
    parsed('retry: 250\nretry: -1\nretry: 1s\nretry\nid: a\n\n', 1, options);
    expect(seen).toEqual([250, 'a']);
  });

  it('begins with the id of an earlier stream', () => {
    expect(parsed('data: a\n\n', Infinity, { lastEventId: '9' })).toEqual(['message|a|9']);
  });

  it('replaces octets that are not UTF-8', () => {
    expect(parsed(Buffer.concat([Buffer.from('data: '), Buffer.of(0xff), Buffer.from('\n\n')]))).toEqual([
      'message|\ufffd|',
    ]);
  });

  it.each(['data: 12345678\n\n', 'data: 1\ndata: 2\ndata: 3\n\n', `:${'x'.repeat(20)}`, 'x'.repeat(20)])(
    'ends in body-too-large past its limit: %j',
    (text) => {
      for (const size of [Infinity, 1]) expect(parsed(text, size, { limit: 12 })).toEqual(['body-too-large']);
    },
  );

  it('bounds each event by itself', () => {
    expect(parsed('data: 123456\n\n'.repeat(3), 1, { limit: 12 })).toHaveLength(3);
  });

  it('is what was formatted, however it is cut', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ' ', '\n', '\r', ':', '☃', '\u{1f600}'), maxLength: 20 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(text, fc.integer({ min: 1, max: 99 })), { maxLength: 5 }),
        fc.integer({ min: 1, max: 7 }),
        (all, size) => {
          const sent = all
            .map(([data, id]) => formatEvent({ data, id: String(id), event: 'x', comment: data }))
            .join('');
          const expected = all.map(([data, id]) => `x|${data.split(/\r\n|\r|\n/).join('\n')}|${id}`);
          expect(parsed(sent, size)).toEqual(expected);
        },
      ),
    );
  });

  it('completes and fails with its source', () => {
    const source = new Subject<Uint8Array>();
    const got: unknown[] = [];
    source
      .pipe(parseEvents(), toArray())
      .subscribe({ next: (all: ReceivedEvent[]) => got.push(all.length), complete: () => got.push('end') });
    source.next(Buffer.from('data: a\n\n'));
    source.complete();
    expect(got).toEqual([1, 'end']);
    of(Buffer.from('data'))
      .pipe(parseEvents())
      .subscribe({ complete: () => got.push('end') });
    expect(got).toEqual([1, 'end', 'end']);
  });
});
