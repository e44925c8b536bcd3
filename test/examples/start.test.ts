// npm start: every curl line that it prints is taken from its output and run.
import { connect } from 'node:net';
import { type Example, type Ran, run, start, withCurl } from '../kits/example.js';

/** The commands that it prints for one of its addresses, by what they show. */
function commands(output: string, scheme: 'http' | 'https'): Map<string, string> {
  const lines = [...output.matchAll(/^ +# (.+)\n +(.*curl .+)$/gm)];
  return new Map(lines.filter(([, , line]) => line!.includes(`${scheme}://`)).map(([, what, line]) => [what!, line!]));
}

/** Runs a line in a shell; `seconds`: the curl in it gives up then. */
const shell = (line: string, seconds = 15): Promise<Ran> =>
  run('sh', ['-c', line.replace('curl ', `curl --max-time ${seconds} `)]);

const TIMED_OUT = 28;

let example: Example;
beforeAll(async () => {
  example = start('start');
  await example.prints(/^listening on https/m);
  await example.prints(/https:\S+\/error$/m);
});

describe.each(['http', 'https'] as const)('over %s', (scheme) => {
  const line = (what: RegExp): string => [...commands(example.output, scheme)].find(([key]) => what.test(key))![1];

  it('prints a line for each thing to see', () => {
    expect([...commands(example.output, scheme).keys()]).toEqual([
      'a hello',
      'a streamed download',
      'a streamed upload, echoed',
      'a client that reads slowly (see the log below)',
      'a handler that reads slowly (see the log below)',
      'server-sent events, until you press Ctrl-C',
      'a broken handler: the error stream sends the response',
      'a response that fails halfway: it never looks complete',
    ]);
  });

  withCurl('a hello', async () => {
    const { stdout, stderr } = await shell(line(/hello/));
    expect(stdout.toString()).toMatch(/^hello over (http\/1\.1|h2)\n$/);
    expect(stderr).toBe('');
  });

  withCurl('a streamed download', async () => {
    const { stdout } = await shell(
      line(/download/)
        .replace('curl', "curl -w '%{http_code} %{size_download}'")
        .replace(/0{3}$/, ''),
    );
    expect(stdout.toString()).toBe('200 1000000');
  });

  withCurl('a streamed upload, echoed', async () => {
    const { stdout } = await shell(line(/upload/));
    expect(stdout.toString().trim()).toBe('10000000');
  });

  withCurl('a client that reads slowly sets the pace of the handler', async () => {
    const { status } = await shell(line(/client/), 3);
    expect(status).toBe(TIMED_OUT);
    const shown = [
      ...example.output.matchAll(/^GET \/download\/1000000000: (\d+) bytes so far, \d+ in the last second$/gm),
    ];
    expect(shown.length).toBeGreaterThan(0);
    // Ten megabytes a second, and what waits in the sockets: not the gigabyte that could be made meanwhile.
    for (const [, bytes] of shown) expect(Number(bytes)).toBeLessThan(100e6);
  });

  withCurl('a handler that reads slowly sets the pace of the client', async () => {
    const { stdout } = await shell(line(/handler that reads/).replace('5000000', '2000000'));
    expect(stdout.toString()).toBe('read 2000000 bytes\n');
    expect(example.output).toMatch(/^PUT \/slow: \d+ bytes so far, \d+ in the last second$/m);
  });

  withCurl('server-sent events, until you press Ctrl-C', async () => {
    const { status, stdout } = await shell(line(/events/), 3);
    expect(status).toBe(TIMED_OUT);
    expect(stdout.toString()).toMatch(/^event: tick\ndata: 0\n\nevent: tick\ndata: 1\n\n/);
  });

  withCurl('a broken handler: the error stream sends the response', async () => {
    const { stdout } = await shell(line(/broken/));
    expect(stdout.toString()).toMatch(/^HTTP\/[\d.]+ 503 [^]*content-type: application\/problem\+json\r\n/i);
    expect(stdout.toString()).toMatch(
      /\r\n\r\n\{"type":"about:blank","status":503,.*"detail":"this handler is broken"\}\n$/,
    );
    expect(example.complaints).toMatch(/^fault: exchange exception: this handler is broken$/m);
  });

  withCurl('a response that fails halfway: it never looks complete', async () => {
    const { status, stdout, stderr } = await shell(line(/halfway/));
    expect(status).not.toBe(0);
    expect(stdout.toString()).toMatch(/^part 1 of 6\npart 2 of 6\n/);
    expect(stderr).toMatch(/^curl: /);
    await example.prints(/ GET \/error\/halfway \S+ -> 200 \(aborted, /);
  });
});

it('keeps an access log', async () => {
  const [, url] = await example.prints(/^listening on (http:\S+)$/m);
  await run('curl', ['-s', `${url}/no/such/place`]);
  await example.prints(/ GET \/no\/such\/place http\/1\.1 -> 404 \(complete, 0 bytes in, 10 out, \d+ ms\)$/m);
});

describe('its end', () => {
  it('is graceful: exchanges under way may end, an endless stream is ended', async () => {
    const server = start('start');
    const [, url] = await server.prints(/^listening on (http:\S+)$/m);
    const { hostname, port } = new URL(url!);
    const all = new Promise<string>((resolve, reject) => {
      let said = '';
      const socket = connect(Number(port), hostname, () => socket.write('GET /events HTTP/1.1\r\nHost: a\r\n\r\n'));
      socket.on('error', reject).on('end', () => resolve(said));
      socket.setEncoding('latin1').on('data', (text: string) => {
        said += text;
        if (text.includes('data: 0')) server.signal('SIGINT');
      });
    });
    expect(await all).toMatch(/0\r\n\r\n$/);
    expect(await server.exit).toEqual({ code: 0, signal: null });
    expect(server.output).toMatch(/shutting down gracefully/);
  });

  it('is at once at the second signal', async () => {
    const server = start('start');
    const [, url] = await server.prints(/^listening on (http:\S+)$/m);
    const { hostname, port } = new URL(url!);
    const socket = connect(Number(port), hostname, () =>
      socket.write('GET /download/9999999999 HTTP/1.1\r\nHost: a\r\n\r\n'),
    );
    // It reads nothing, so the download goes on for as long as it is let.
    socket.on('error', () => undefined);
    await server.prints(/bytes so far/);
    server.signal('SIGTERM');
    await server.prints(/shutting down gracefully/);
    // One that comes in the same moment as the first is taken for it.
    const again = setInterval(() => server.signal('SIGTERM'), 200);
    expect(await server.exit).toEqual({ code: null, signal: 'SIGTERM' });
    clearInterval(again);
    socket.destroy();
  });
});

it.each(['PORT', 'TLS_PORT'])('says in one line that its %s is taken, and ends with 1', async (variable) => {
  const [, url] = await example.prints(/^listening on (http:\S+)$/m);
  const { port } = new URL(url!);
  const second = start('start', { [variable]: port });
  expect(await second.exit).toEqual({ code: 1, signal: null });
  expect(second.complaints).toBe(`port ${port} of 127.0.0.1 is in use by another program\n`);
});

it.each(['99999', 'eighty'])('reports in one line that %s is not a port', async (port) => {
  const second = start('start', { PORT: port });
  expect(await second.exit).toEqual({ code: 1, signal: null });
  expect(second.complaints).toMatch(/^.*port.*\n$/);
});
