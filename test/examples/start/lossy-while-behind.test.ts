/**
 * Frames for a reader that may be slow: it gets the number of those it missed.
 *
 * ```
 * frames     a-b-c-d-e-f-|
 * taken      ^--! ^--! ^--!      each takes its reader 3 ms
 * passed     a---c---e---|       b, d, f came meanwhile
 * ```
 */
import { delay, map, take, timer } from 'rxjs';
import { consume, hold, retain } from 'rxpaf';
import { httpTest } from 'rxpaf/testing';
import { lossyWhileBehind } from '../../../examples/first-steps/start/lossy-while-behind.js';

/** A frame, and how many were missed before it. */
const encode = (frame: string, dropped: number): Uint8Array =>
  Buffer.from(frame + (dropped > 0 ? String(dropped) : ''));

/** A reader that is done with a chunk after 3 ms. */
const slowly = consume((chunk: Uint8Array) => timer(3).pipe(map(() => chunk)));

describe('lossyWhileBehind', () => {
  it('passes every value to a reader that keeps up', () =>
    httpTest(({ cold, expectBody, expectSubscriptions }) => {
      const frames = cold(' a-b-(cd)-|');
      expectBody(frames.pipe(lossyWhileBehind(encode))).toBe('a-b-(cd)-|');
      expectSubscriptions(frames).toBe(['^--------!']);
    }));

  it('drops values while its reader is busy, and passes their number with the next one', () =>
    httpTest(({ cold, expectBody }) => {
      const frames = cold('a-b-c-d-e-f-|');
      expectBody(frames.pipe(lossyWhileBehind(encode), slowly)).toBe('---a---c---e|', { c: 'c1', e: 'e1' });
    }));

  it('counts every value that was dropped', () =>
    httpTest(({ cold, expectBody }) => {
      const frames = cold('(abcd)--e|');
      expectBody(frames.pipe(lossyWhileBehind(encode), hold(delay(5)))).toBe('-----a-------(e|)', { e: 'e3' });
    }));

  it('lets values wait up to its window', () =>
    httpTest(({ cold, expectBody }) => {
      const frames = cold('(abc)----d|');
      expectBody(frames.pipe(lossyWhileBehind(encode, 2), slowly)).toBe('---a--b-----(d|)', { d: 'd1' });
    }));

  it('keeps nothing for a reader that never takes anything', () =>
    httpTest(({ cold, expectObservable }) => {
      let encoded = 0;
      const count = (): Uint8Array => Buffer.from(String(++encoded));
      const frames = cold('abcdefghij|').pipe(
        lossyWhileBehind(count),
        map(() => retain() !== undefined),
      );
      expectObservable(frames).toBe('a---------|', { a: true });
      cold('----------|').subscribe({ complete: () => expect(encoded).toBe(1) });
    }));

  it('never, empty, error', () =>
    httpTest(({ cold, expectBody }) => {
      const lossy = lossyWhileBehind(encode);
      expectBody(cold('-').pipe(lossy)).toBe('-');
      expectBody(cold('--|').pipe(lossy)).toBe('--|');
      expectBody(cold('a-#').pipe(lossy)).toBe('a-#', {}, 'error');
    }));

  it('unsubscribes from its source when its reader unsubscribes', () =>
    httpTest(({ cold, expectBody, expectSubscriptions }) => {
      const frames = cold('a-b-c-d');
      expectBody(frames.pipe(lossyWhileBehind(encode), take(2))).toBe('a-(b|)');
      const left = cold('a-b-c-d');
      expectBody(left.pipe(lossyWhileBehind(encode)), '^---!').toBe('a-b--');
      expectSubscriptions(frames).toBe(['^-!']);
      expectSubscriptions(left).toBe(['^---!']);
    }));

  it('fails if a value cannot be encoded', () =>
    httpTest(({ cold, expectObservable, expectSubscriptions }) => {
      const frames = cold('a-b-c|');
      const failing = lossyWhileBehind(() => {
        throw new Error('no form');
      });
      expectObservable(frames.pipe(failing)).toBe('#', {}, new Error('no form'));
      expectSubscriptions(frames).toBe(['(^!)']);
    }));
});
