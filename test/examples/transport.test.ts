// The example with a transport of its own: two processes, and pipes between them.
import { start } from '../kits/example.js';

describe('transport', () => {
  it('sends a request over the standard input and output of a program, and both processes end', async () => {
    const example = start('transport');
    expect(await example.exit).toEqual({ code: 0, signal: null });
    const [, pid] = /^200 \/hello, from process (\d+)\n$/.exec(example.output) ?? [];
    expect(Number(pid)).toBeGreaterThan(0);
    expect(Number(pid)).not.toBe(example.pid);
    expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH');
    expect(example.complaints).toBe('');
  });

  it('prints `connect-failed` for a program that does not exist', async () => {
    const example = start('transport', {}, ['no-such-program']);
    expect(await example.exit).toEqual({ code: 1, signal: null });
    expect(example.complaints).toBe('connect-failed: spawn no-such-program ENOENT\n');
  });

  it('prints `malformed-response` for a program that does not speak HTTP', async () => {
    const example = start('transport', {}, ['sh', '-c', 'read request; echo hello; cat >&2']);
    expect(await example.exit).toEqual({ code: 1, signal: null });
    expect(example.complaints).toMatch(/^malformed-response: /m);
  });
});
