// The conformance target, asked over HTTP/2 by peers that nobody here wrote.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import * as http2 from 'node:http2';
import { buffer } from 'node:stream/consumers';
import { type HttpRequest, type HttpResponse, type ListenAddress, serve, text } from 'rxpaf';
import { first, map, type Observable, scan, Subscription } from 'rxjs';
import { Agent, request } from 'undici';
import { curl, run, start } from '../kits/example.js';
import { describeWith, sharedTarget } from '../kits/shared-target.js';

const clear = sharedTarget('echo');
const secure = sharedTarget('echo', { TLS: '1' });

const content = randomBytes(1_000_000);
const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The version and the status of curl's response, and its content. */
async function curled(input: Buffer | undefined, ...args: string[]): Promise<[string, Buffer]> {
  const told = [
    '--silent',
    '--show-error',
    '--insecure',
    '--max-time',
    '15',
    '--write-out',
    '%{stderr}%{http_version} %{http_code}',
  ];
  const { status, stdout, stderr } = await run('curl', [...told, ...args], input);
  if (status !== 0) throw new Error(`curl ended with ${status}: ${stderr}`);
  return [stderr, stdout];
}

describeWith('curl', 'curl', () => {
  it.each<[string, () => string, string]>([
    ['by prior knowledge', () => clear.url, '--http2-prior-knowledge'],
    ['by Upgrade: h2c', () => clear.url, '--http2'],
    ['by ALPN', () => secure.url, '--http2'],
  ])('%s: gets, posts, and sees what is not there', async (_, url, flag) => {
    const [got, body] = await curled(undefined, flag, `${url()}/`);
    expect([got, body.toString()]).toEqual(['2 200', 'rxpaf: HTTP as RxJS streams\n']);
    const [head, none] = await curled(undefined, flag, '--head', '--output', '/dev/null', `${url()}/bytes/1000`);
    expect([head, none.length]).toEqual(['2 200', 0]);
    const size = 5_000_000;
    const [large, bytes] = await curled(undefined, flag, `${url()}/bytes/${size}`);
    expect([large, bytes.length]).toEqual(['2 200', size]);
    expect((await curled(undefined, flag, `${url()}/nowhere`))[0]).toBe('2 404');
  });

  it.each<[string, () => string, string]>([
    ['by prior knowledge', () => clear.url, '--http2-prior-knowledge'],
    ['by ALPN', () => secure.url, '--http2'],
  ])('%s: posts, with a length and without', async (_, url, flag) => {
    for (const framing of [[], ['--header', 'Content-Length:'], ['--header', 'Expect: 100-continue']]) {
      const [told, body] = await curled(content, flag, ...framing, '--data-binary', '@-', `${url()}/echo`);
      expect([told, sha(body)]).toEqual(['2 200', sha(content)]);
    }
  });

  it('gets an early response to content that the handler stops to read: it does not wait for its own time limit', async () => {
    const serving = new Subscription();
    const { url } = await new Promise<ListenAddress>((listening) => {
      const tooLarge = ({ body }: HttpRequest): Observable<HttpResponse> =>
        body.pipe(
          scan((size, { length }) => size + length, 0),
          first((size) => size > 50_000_000),
          map(() => text('too large', { status: 413 })),
        );
      serving.add(serve({ host: '127.0.0.1', port: 0, listening }, tooLarge).subscribe());
    });
    try {
      const large = Buffer.alloc(60_000_000);
      for (let round = 0; round < 4; round++) {
        // Within the 15 s of `--max-time`.
        const [got, body] = await curled(large, '--http2-prior-knowledge', '--data-binary', '@-', url);
        expect([got, body.toString()]).toEqual(['2 413', 'too large']);
      }
    } finally {
      serving.unsubscribe();
    }
  });

  it('gets an early response to content that nobody reads', async () => {
    // As much as the window holds: after RST_STREAM (NO_ERROR) curl 7.88 may lose the response before it, if it is slow to read.
    for (const size of [1_000, 100_000, 250_000]) {
      const [told] = await curled(
        Buffer.alloc(size),
        '--http2-prior-knowledge',
        '--data-binary',
        '@-',
        `${clear.url}/nowhere`,
      );
      expect(told).toBe('2 404');
    }
  });

  it('falls back to HTTP/1.1 where it asks for nothing else', async () => {
    expect((await curled(undefined, '--http1.1', `${secure.url}/`))[0]).toBe('1.1 200');
  });

  it('asks for many things at once on one connection', async () => {
    const urls = Array.from({ length: 60 }, (_, index) => `${secure.url}/bytes/${1000 + index}`);
    const { status, stdout } = await curl('--http2', '--parallel', '--parallel-max', '60', ...urls);
    expect([status, stdout.length]).toEqual([0, 60 * 1000 + (60 * 59) / 2]);
  });
});

describeWith('nghttp', 'nghttp', () => {
  const nghttp = (...args: string[]): Promise<string> =>
    run('nghttp', ['-v', ...args]).then(({ stdout }) => stdout.toString());

  it.each<[string, string[]]>([
    ['as it is', []],
    ['without priorities', ['--no-dep']],
    ['with padding', ['--padding=200']],
    ['with small windows', ['--window-bits=4', '--connection-window-bits=16']],
    ['without a dynamic table', ['--header-table-size=0', '--encoder-header-table-size=0']],
    ['with CONTINUATION', ['--continuation']],
    ['by Upgrade: h2c', ['--upgrade']],
  ])('gets, %s', async (_, options) => {
    const output = await nghttp('-n', ...options, `${clear.url}/bytes/5000`);
    expect(output).toContain(':status: 200');
    expect(output).not.toContain('recv GOAWAY');
    expect(output).not.toContain('RST_STREAM');
    expect(output).toMatch(/recv DATA frame <length=\d+, flags=0x01/);
  });

  it('gets many at once, over TLS', async () => {
    const output = await nghttp('-n', '-y', '--multiply=50', `${secure.url}/bytes/3000`);
    expect(output.match(/recv \(stream_id=\d+\) :status: 200/g)).toHaveLength(50);
    expect(output).not.toContain('RST_STREAM');
  });

  it('posts, with trailers', async () => {
    const posted = await nghttp('--data=package.json', '--trailer=x-sum: 1', `${clear.url}/echo`);
    expect(posted).toContain('"name": "rxpaf"');
    expect(posted).toContain(':status: 200');
  });
});

describeWith('h2load', 'h2load', () => {
  it.each<[string, () => string, string[]]>([
    ['HTTP/2', () => clear.url, []],
    ['HTTP/2 over TLS', () => secure.url, []],
    ['HTTP/1.1', () => clear.url, ['--h1']],
    ['HTTP/1.1 over TLS', () => secure.url, ['--h1']],
  ])('%s: every request gets its response', async (_, url, options) => {
    const load = ['--requests=2000', '--clients=10', '--max-concurrent-streams=20', ...options];
    const { stdout } = await run('h2load', [...load, `${url()}/`], undefined, 30_000);
    expect(stdout.toString()).toContain('2000 done, 2000 succeeded, 0 failed, 0 errored, 0 timeout');
    const posts = [
      '--requests=200',
      '--clients=5',
      '--max-concurrent-streams=10',
      '--data=package-lock.json',
      ...options,
    ];
    const posted = await run('h2load', [...posts, `${url()}/echo`], undefined, 30_000);
    expect(posted.stdout.toString()).toContain('200 done, 200 succeeded, 0 failed, 0 errored, 0 timeout');
  });
});

describe('node:http2', () => {
  const sessions: http2.ClientHttp2Session[] = [];
  const connect = (options: http2.SecureClientSessionOptions = {}, url = clear.url): http2.ClientHttp2Session => {
    const session = http2.connect(url, { rejectUnauthorized: false, ...options });
    sessions.push(session.on('error', () => undefined));
    return session;
  };
  afterEach(() => {
    for (const session of sessions.splice(0)) session.destroy();
  });

  const get = async (session: http2.ClientHttp2Session, path: string): Promise<Buffer> =>
    buffer(session.request({ ':path': path }));
  const post = async (session: http2.ClientHttp2Session, body: Buffer): Promise<Buffer> => {
    const stream = session.request({ ':method': 'POST', ':path': '/echo' });
    stream.end(body);
    return buffer(stream);
  };

  it.each<[string, () => string]>([
    ['cleartext', () => clear.url],
    ['TLS', () => secure.url],
  ])('%s: downloads and uploads at once', async (_, url) => {
    const session = connect({}, url());
    const all = await Promise.all([
      ...Array.from({ length: 5 }, () => get(session, '/bytes/2000000')),
      ...Array.from({ length: 5 }, () => post(session, content)),
    ]);
    expect(all.slice(0, 5).map(({ length }) => length)).toEqual([2e6, 2e6, 2e6, 2e6, 2e6]);
    for (const echoed of all.slice(5)) expect(sha(echoed)).toBe(sha(content));
  });

  it('has more requests than streams at once: they wait, and all get their responses', async () => {
    const session = connect();
    const bodies = await Promise.all(Array.from({ length: 500 }, (_, index) => get(session, `/bytes/${index + 1}`)));
    expect(bodies.map(({ length }) => length)).toEqual(bodies.map((_, index) => index + 1));
  });

  it('posts content that nobody reads: the response comes, whole', async () => {
    const session = connect();
    const stream = session.request({ ':method': 'POST', ':path': '/nowhere' });
    stream.end(content);
    const [head] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader];
    expect([head[':status'], (await buffer(stream)).toString()]).toEqual([404, 'not found\n']);
    expect((await get(session, '/')).length).toBe(28);
  });

  it('resets streams, early and late, and the connection goes on', async () => {
    const session = connect();
    const reset = (wait: boolean): Promise<unknown> => {
      const stream = session.request({ ':path': '/bytes/9999999999' });
      const closed = new Promise((resolve) => stream.on('error', () => undefined).once('close', resolve));
      const close = (): void => stream.close(http2.constants.NGHTTP2_CANCEL);
      if (wait) stream.once('data', close);
      else close();
      return closed;
    };
    for (let round = 0; round < 5; round++) {
      await Promise.all(Array.from({ length: 20 }, (_, index) => reset(index % 2 === 0)));
      expect(sha(await post(session, content))).toBe(sha(content));
    }
  });

  it('pings, and changes its settings in the middle of everything', async () => {
    const session = connect({ settings: { initialWindowSize: 20_000 } });
    const bodies = Array.from({ length: 10 }, () => get(session, '/bytes/1000000'));
    const settings = [
      { initialWindowSize: 0 },
      { initialWindowSize: 100_000 },
      { headerTableSize: 0 },
      { initialWindowSize: 1, headerTableSize: 65_536 },
      { maxFrameSize: 1_000_000, initialWindowSize: 300_000 },
    ];
    for (const change of settings) {
      await new Promise<void>((resolve, reject) =>
        session.settings(change, (error) => (error === null ? resolve() : reject(error))),
      );
      await new Promise<void>((resolve, reject) =>
        session.ping((error) => (error === null ? resolve() : reject(error))),
      );
    }
    expect((await Promise.all(bodies)).map(({ length }) => length)).toEqual(bodies.map(() => 1_000_000));
    expect((await get(session, '/')).length).toBe(28);
  });

  it('sends GOAWAY: requests under way get their responses, and the connection ends', async () => {
    const session = connect();
    const closed = once(session, 'close');
    const streams = Array.from({ length: 5 }, () => session.request({ ':path': '/bytes/500000' }));
    await Promise.all(streams.map((stream) => once(stream, 'response')));
    session.goaway();
    const bodies = streams.map((stream) => buffer(stream));
    expect((await Promise.all(bodies)).map(({ length }) => length)).toEqual(bodies.map(() => 500_000));
    await closed;
  });

  it('receives GOAWAY from a server that stops: requests under way get their responses, whole', async () => {
    const echo = start('echo');
    const session = connect({}, await echo.url());
    const goaway = once(session, 'goaway') as Promise<[code: number]>;
    const open = session.request({ ':method': 'POST', ':path': '/echo' });
    open.write('before ');
    await once(open, 'response');
    const exit = echo.stop();
    expect((await goaway)[0]).toBe(http2.constants.NGHTTP2_NO_ERROR);
    open.end('and behind');
    expect((await buffer(open)).toString()).toBe('before and behind');
    expect(await exit).toEqual({ code: 0, signal: null });
  });
});

describe('undici', () => {
  it('over h2: gets, posts, many at once, and gives up', async () => {
    const dispatcher = new Agent({ allowH2: true, connect: { rejectUnauthorized: false } });
    try {
      const { statusCode, headers, body } = await request(`${secure.url}/headers`, { dispatcher });
      // HTTP/1.1 would have sent Host.
      expect([statusCode, headers['content-type'], await body.text()]).toEqual([
        200,
        'application/json',
        expect.not.stringContaining('"host"'),
      ]);
      const echoed = await request(`${secure.url}/echo`, { dispatcher, method: 'POST', body: content });
      expect(sha(Buffer.from(await echoed.body.arrayBuffer()))).toBe(sha(content));
      const many = Array.from({ length: 50 }, async (_, index) => {
        const answer = await request(`${secure.url}/bytes/${index * 100}`, { dispatcher });
        return (await answer.body.arrayBuffer()).byteLength;
      });
      expect(await Promise.all(many)).toEqual(many.map((_, index) => index * 100));
      const endless = await request(`${secure.url}/bytes/9999999999`, { dispatcher });
      endless.body.on('error', () => undefined).destroy();
      expect((await request(`${secure.url}/`, { dispatcher })).statusCode).toBe(200);
    } finally {
      await dispatcher.destroy();
    }
  });
});
