// A transport that a user registers, run for real: two processes, and pipes between them.
import { start } from '../kits/example.js';

describe('transport', () => {
  it('asks a program over its standard input and output, and both processes end', async () => {
    const example = start('transport');
    expect(await example.exit).toEqual({ code: 0, signal: null });
    const [, pid] = /^200 \/hello, from process (\d+)\n$/.exec(example.output) ?? [];
    expect(Number(pid)).toBeGreaterThan(0);
    expect(Number(pid)).not.toBe(example.pid);
    expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH');
    expect(example.complaints).toBe('');
  });

  it('tells by its code what came of a program that there is not', async () => {
    const example = start('transport', {}, ['no-such-program']);
    expect(await example.exit).toEqual({ code: 1, signal: null });
    expect(example.complaints).toBe('connect-failed: spawn no-such-program ENOENT\n');
  });

  it('tells what came of a program that does not speak HTTP', async () => {
    const example = start('transport', {}, ['sh', '-c', 'read request; echo hello; cat >&2']);
    expect(await example.exit).toEqual({ code: 1, signal: null });
    expect(example.complaints).toMatch(/^malformed-response: /m);
  });
});
