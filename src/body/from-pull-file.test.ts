/** `fromPull` over a file: which range of it is read, and how far. */
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { delay, Subject } from 'rxjs';
import { consume } from '../demand/consume.js';
import { hold } from '../demand/hold.js';
import { bytes } from '../../test/kits/units/bodies.js';
import { fromPull, type PullableFile } from './from-pull.js';
import { textOf, turns } from '../../test/kits/units/pulled-sources.js';

describe('fromPull over a file', () => {
  let folder = '';
  let path = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rxpaf-'));
    path = join(folder, 'file');
    await writeFile(path, bytes(200_000));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ['all of it', {}, 0, 200_000],
    ['from start', { start: 150_000 }, 150_000, 200_000],
    ['to before end', { end: 100 }, 0, 100],
    ['a range', { start: 65_000, end: 140_000 }, 65_000, 140_000],
    ['past its end', { start: 199_990, end: 999_999 }, 199_990, 200_000],
    ['nothing', { start: 5, end: 5 }, 5, 5],
  ])('reads %s', async (_name, options, from, to) => {
    const file = await open(path);
    const chunks: Uint8Array[] = [];
    await fromPull(file, options)
      .pipe(hold(delay(0)))
      .forEach((chunk) => chunks.push(chunk));
    expect(Buffer.concat(chunks).equals(bytes(200_000).subarray(from, to))).toBe(true);
    await file.close();
  });

  it('reads no further than its reader, and leaves the file open', async () => {
    const file = await open(path);
    let reads = 0;
    const counted: PullableFile = {
      read: (...parts) => {
        reads++;
        return file.read(...parts);
      },
    };
    const work = new Subject<never>();
    const reading = fromPull(counted)
      .pipe(consume(() => work))
      .subscribe();
    await turns(20);
    expect(reads).toBe(1);
    reading.unsubscribe();
    expect((await file.stat()).size).toBe(200_000);
    await file.close();
  });

  it.each([
    [{ start: 5, end: 5 }, []],
    [{ start: 5, end: 4 }, []],
    [{ start: 5, end: 8 }, [[5, 3]]],
    [{ end: 65_536 }, [[0, 65_536]]],
    [
      { start: 1, end: 65_538 },
      [
        [1, 65_536],
        [65_537, 1],
      ],
    ],
  ])('asks for no more than it is to read: %j', async (options, expected) => {
    const asked: unknown[] = [];
    const file: PullableFile = {
      read: (_buffer, _offset, length, position) => {
        asked.push([position, length]);
        return Promise.resolve({ bytesRead: length });
      },
    };
    await textOf(fromPull(file, options));
    expect(asked).toEqual(expected);
  });

  it('passes on an error of a read', async () => {
    const file = await open(path);
    await file.close();
    await expect(textOf(fromPull(file))).rejects.toThrow();
  });
});
