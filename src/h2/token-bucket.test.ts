import { TokenBucket } from './token-bucket.js';

function taken(bucket: TokenBucket, now: number): number {
  let count = 0;
  while (count < 10_000 && bucket.take(now)) count++;
  return count;
}

describe('a token bucket', () => {
  it('allows its burst at once, and its rate from then on', () => {
    const bucket = new TokenBucket(1000, 33);
    expect(taken(bucket, 5)).toBe(1000);
    expect(taken(bucket, 5)).toBe(0);
    expect(taken(bucket, 1005)).toBe(33);
  });

  it('never holds more than its burst', () => {
    const bucket = new TokenBucket(10, 5);
    bucket.earn(100);
    expect(taken(bucket, 0)).toBe(10);
    expect(taken(bucket, 1e9)).toBe(10);
  });

  it('gathers parts of a token', () => {
    const bucket = new TokenBucket(1, 1);
    expect(taken(bucket, 0)).toBe(1);
    for (let now = 100; now < 1000; now += 100) expect(bucket.take(now)).toBe(false);
    expect(bucket.take(1001)).toBe(true);
  });

  it('gives its burst alone where it has no rate', () => {
    const bucket = new TokenBucket(3, 0);
    expect(taken(bucket, 0)).toBe(3);
    expect(taken(bucket, 1e9)).toBe(0);
  });

  it('earns nothing for the time before it was first asked', () => {
    const bucket = new TokenBucket(10, 1000);
    bucket.take(1e9);
    expect(taken(bucket, 1e9)).toBe(9);
  });

  it('gives back what is earned, to the token', () => {
    const bucket = new TokenBucket(10, 0);
    expect(taken(bucket, 0)).toBe(10);
    bucket.earn(2);
    bucket.earn(2);
    expect(taken(bucket, 0)).toBe(4);
  });
});
