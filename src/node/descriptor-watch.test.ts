import { DescriptorWatch, isExhausted } from './descriptor-watch.js';

const failure = (code: string): NodeJS.ErrnoException => Object.assign(new Error(code), { code });

describe('a watch over file descriptors', () => {
  let watch: DescriptorWatch;
  const told: string[] = [];
  beforeEach(() => {
    told.length = 0;
    watch = new DescriptorWatch(({ code }) => void told.push(code!));
  });
  afterEach(() => watch.end());
  const looks = (calm: number): void => {
    for (let look = 0; look < calm; look++) watch.calm();
  };

  it('reports a burst once, however long it is, and however often it comes back within ten looks', () => {
    for (let look = 0; look < 5; look++) watch.exhausted(failure('EMFILE'));
    looks(9);
    watch.exhausted(failure('EMFILE'));
    looks(9);
    watch.exhausted(failure('ENFILE'));
    expect(told).toEqual(['EMFILE']);
  });

  it('reports the next burst', () => {
    watch.exhausted(failure('EMFILE'));
    looks(10);
    watch.exhausted(failure('ENFILE'));
    expect(told).toEqual(['EMFILE', 'ENFILE']);
  });

  it.each([
    ['EMFILE', true],
    ['ENFILE', true],
    ['ENOENT', false],
    ['EACCES', false],
  ])('takes %s for exhaustion: %s', (code, exhausted) => expect(isExhausted(failure(code))).toBe(exhausted));
});
