import { parseChallenges } from './challenge.js';

describe('challenges (RFC 9110 section 11.6.1)', () => {
  it.each<[string, unknown]>([
    ['Basic realm="a"', [{ scheme: 'basic', parameters: { realm: 'a' } }]],
    ['Basic', [{ scheme: 'basic', parameters: {} }]],
    ['basic realm = a , charset="UTF-8"', [{ scheme: 'basic', parameters: { realm: 'a', charset: 'UTF-8' } }]],
    ['Negotiate YWJj==', [{ scheme: 'negotiate', parameters: {}, token: 'YWJj==' }]],
    [
      'Negotiate, Basic realm="x, y=\\"z\\""',
      [{ scheme: 'negotiate' }, { scheme: 'basic', parameters: { realm: 'x, y="z"' } }],
    ],
    [
      'Digest realm="r", nonce="n", qop="auth", Basic realm="b"',
      [
        { scheme: 'digest', parameters: { realm: 'r', nonce: 'n', qop: 'auth' } },
        { scheme: 'basic', parameters: { realm: 'b' } },
      ],
    ],
    [', ,Basic realm="a",,', [{ scheme: 'basic', parameters: { realm: 'a' } }]],
    ['', []],
    ['"', []],
    ['Basic realm="open', [{ scheme: 'basic', parameters: {} }]],
  ])('%j', (value, expected) => {
    expect(parseChallenges(value)).toMatchObject(expected as object[]);
    expect(parseChallenges(value)).toHaveLength((expected as unknown[]).length);
  });

  it('takes no longer for a long value that breaks the grammar', () => {
    const begin = performance.now();
    parseChallenges(`Basic ${'a="'.repeat(20_000)}`);
    parseChallenges(`${' ,'.repeat(20_000)}Basic`);
    parseChallenges('Basic a=b, '.repeat(3000));
    expect(performance.now() - begin).toBeLessThan(5000);
  });
});
