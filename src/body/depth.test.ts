/** 10^6 chunks, one after the other without a pause: no way of writing them makes the stack grow. */
import { filter, map, mergeMap, of } from 'rxjs';
import { consume } from '../demand/consume.js';
import { hold } from '../demand/hold.js';
import { Body } from './body.js';
import { Accounted } from '../../test/kits/units/bodies.js';
import { fromPull } from './from-pull.js';
import { rechunk } from './rechunk.js';

const MANY = 1_000_000;
const CHUNK = Uint8Array.of(1);

/** The depth of the stack, in frames, past what a shallow one would have. */
function tooDeep(): boolean {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 400;
  const depth = (new Error().stack ?? '').split('\n').length;
  Error.stackTraceLimit = limit;
  return depth >= 400;
}

describe('10^6 synchronous chunks', () => {
  it('pass through a chain', () => {
    const source = new Accounted();
    let got = 0;
    source.body
      .pipe(
        map((chunk) => chunk),
        filter(() => true),
        mergeMap((chunk) => of(chunk)),
        rechunk(1),
      )
      .subscribe(() => got++);
    for (let index = 0; index < MANY; index++) source.body.next(CHUNK);
    expect([got, source.body.unacked]).toEqual([MANY, 0]);
  });

  it('may all have waited', () => {
    const body = new Body({ limit: Infinity });
    // Smaller ones are put together.
    const chunk = new Uint8Array(1025);
    for (let index = 0; index < MANY; index++) body.next(chunk);
    let got = 0;
    body.subscribe(() => got++);
    expect(got).toBe(MANY);
  });

  it('may be written each in the delivery of the one before', () => {
    const body = new Body();
    let got = 0;
    let deep = false;
    body.subscribe(() => {
      if (++got % 10_000 === 0) deep ||= tooDeep();
      if (got < MANY) body.next(CHUNK);
    });
    body.next(CHUNK);
    expect([got, deep]).toEqual([MANY, false]);
  });

  it('may each be written when the credit of the one before returns', () => {
    let got = 0;
    let deep = false;
    const body: Body = new Body({
      owner: {
        onBodyStart: () => 0,
        onBodyCredit: () => got < MANY && body.next(CHUNK),
        onBodyCancel: () => 0,
      },
    });
    body.subscribe(() => {
      if (++got % 10_000 === 0) deep ||= tooDeep();
    });
    body.next(CHUNK);
    expect([got, deep, body.unacked]).toEqual([MANY, false, 0]);
  });

  it('may be pulled, worked on at once, held, and relayed', () => {
    let got = 0;
    const many = function* (): Generator<Uint8Array> {
      for (let index = 0; index < MANY; index++) yield CHUNK;
    };
    const relayed = new Body();
    relayed.subscribe(() => got++);
    fromPull(many(), { window: 16 })
      .pipe(
        consume((chunk) => of(chunk)),
        hold(map((chunk) => chunk)),
      )
      .subscribe(relayed);
    expect([got, relayed.unacked]).toEqual([MANY, 0]);
  });
});
