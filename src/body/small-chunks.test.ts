import { type Release, retain } from '../demand/lease.js';
import { Body } from './body.js';

const owner = { onBodyStart: () => undefined, onBodyCredit: () => undefined, onBodyCancel: () => undefined };

/** What a reader gets of `body`, which it comes late to: the pieces. */
function piecesOf(body: Body): string[] {
  const pieces: string[] = [];
  body.subscribe((chunk) => pieces.push(Buffer.from(chunk).toString()));
  return pieces;
}

describe('small chunks that wait for their reader', () => {
  it("are put together where they are a peer's, and credited all the same", () => {
    let credit = 0;
    const body = new Body({
      window: 1 << 20,
      joins: true,
      owner: { ...owner, onBodyCredit: (size) => (credit += size) },
    });
    const read = Buffer.alloc(64 * 1024, 'abcdefg');
    for (let at = 0; at < read.length; at++) body.next(read.subarray(at, at + 1));
    expect(body.unacked).toBe(read.length);
    const pieces = piecesOf(body);
    expect(pieces.length).toBeLessThan(32);
    expect(pieces.join('')).toBe(read.toString());
    expect([credit, body.unacked]).toEqual([read.length, 0]);
  });

  it('are left as they are where they are few', () => {
    const body = new Body({ owner, joins: true });
    for (const text of ['a', 'b', 'c', 'd']) body.next(Buffer.from(text));
    expect(piecesOf(body)).toEqual(['a', 'b', 'c', 'd']);
  });

  it("are left as they are where they are the program's", () => {
    const body = new Body();
    const texts = Array.from('abcdefghijklmnop');
    for (const text of texts) body.next(Buffer.from(text));
    expect(piecesOf(body)).toEqual(texts);
  });

  it("are put together where they are the program's, and many", () => {
    const body = new Body({ window: 1 << 20 });
    for (let at = 0; at < 10_000; at++) body.next(Buffer.from(String(at % 10)));
    const pieces = piecesOf(body);
    expect(pieces.slice(0, 3)).toEqual(['0', '1', '2']);
    expect(pieces.length).toBeLessThan(300);
    expect(pieces.join('')).toBe('0123456789'.repeat(1000));
  });

  it('wait while many are retained, those of a program too; the end waits for nothing', () => {
    const body = new Body({ window: 1 << 20 });
    const releases: (Release | undefined)[] = [];
    let got = '';
    body.subscribe((chunk) => {
      got += Buffer.from(chunk).toString();
      releases.push(retain());
    });
    for (let at = 0; at < 10_000; at++) body.next(Buffer.from(String(at % 10)));
    expect(releases.length).toBeLessThan(300);
    expect(got.length).toBeLessThan(10_000);
    for (const release of releases.splice(0, 100)) release?.();
    for (let at = 0; at < 100; at++) body.next(Buffer.from(String(at % 10)));
    body.complete();
    expect(got).toBe('0123456789'.repeat(1010));
    for (const release of releases) release?.();
    expect(body.unacked).toBe(0);
  });

  it('are not written over once they were delivered', () => {
    const body = new Body({ owner, joins: true });
    const chunks: Uint8Array[] = [];
    for (const text of 'abcdefgh') body.next(Buffer.from(text));
    body.subscribe((chunk) => {
      // What comes during a delivery waits, too.
      if (chunks.length === 0) for (const text of '12345678') body.next(Buffer.from(text));
      chunks.push(chunk);
    });
    expect(Buffer.concat(chunks).toString()).toBe('abcdefgh12345678');
  });
});
