/**
 * The programs of the guides that have a name run: each is written down as the guide shows it, started on a free port, and used with curl.
 * Blocks without a name are compiled by `documents.test.ts`.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selfSigned } from '../kits/certificate.js';
import { filesIn } from '../kits/docs/document.js';
import { ask, curl, type Example, start, withCurl } from '../kits/example.js';

const root = join(__dirname, '../..');
const folder = `build/guide-programs/${process.pid}`;
let scratch: string;
beforeAll(() => (scratch = mkdtempSync(join(tmpdir(), 'guide-programs-'))));
afterAll(() => {
  rmSync(join(root, folder), { recursive: true, force: true });
  rmSync(scratch, { recursive: true, force: true });
});

/** The program on a free port of this machine; it prints where it listens. */
function onFreePort(code: string): string {
  const listening = code.includes('listening:') ? '' : ", listening: ({ url }) => console.log('listening on ' + url)";
  return code.replace(/port: 8\d\d\d/, `host: '127.0.0.1', port: 0${listening}`);
}

/** Starts the program `name` of a guide. */
async function run(guide: string, name: string, env: Readonly<Record<string, string>> = {}) {
  const own = `${folder}/${guide}`;
  mkdirSync(join(root, own), { recursive: true });
  const files = filesIn(readFileSync(join(root, guide === 'README' ? 'README.md' : `docs/${guide}.md`), 'utf8'));
  expect(files.map((file) => file.name)).toContain(name);
  for (const file of files)
    if (file.name.endsWith('.ts')) writeFileSync(join(root, own, file.name), onFreePort(file.code));
  const program = start(`${own}/${name}`, env);
  return { program, url: await program.url() };
}

/** Ends a program that has no graceful shutdown of its own. */
const end = (program: Example): Promise<unknown> => program.kill();

describe('the programs of the guides', () => {
  withCurl('README: server.ts', async () => {
    const { program, url } = await run('README', 'server.ts');
    expect((await ask(`${url}/`)).body.toString()).toBe('hello\n');
    expect((await ask('-d', 'abc', `${url}/echo`)).body.toString()).toBe('abc');
    expect((await ask('-d', '{"a":1}', `${url}/size`)).body.toString()).toBe('{"keys":1}');
    expect((await ask('-d', 'no JSON', `${url}/size`)).status).toBe(400);
    expect((await ask(`${url}/other`)).status).toBe(404);
    await program.prints(/^GET \/other 404 \d/m);
    await end(program);
  });

  withCurl('getting-started: hello.ts', async () => {
    const { program, url } = await run('getting-started', 'hello.ts');
    expect((await ask(`${url}/you`)).body.toString()).toBe('hello /you\n');
    await end(program);
  });

  withCurl('getting-started: server.ts', async () => {
    const { program, url } = await run('getting-started', 'server.ts');
    expect((await ask('-T', 'package.json', `${url}/notes/one`)).status).toBe(204);
    expect((await ask(`${url}/notes/one`)).body.toString()).toContain('rxpaf');
    const missing = await ask(`${url}/notes/two`);
    expect([missing.status, missing.body.toString()]).toEqual([404, '404 no such note\n']);
    expect((await ask('-X', 'DELETE', `${url}/notes/two`)).status).toBe(405);
    await program.prints(/^GET \/notes\/two 404 \d+ ms$/m);
    expect(await program.stop()).toEqual({ code: 0, signal: null });
  });

  withCurl('responses: orders.ts', async () => {
    const { program, url } = await run('responses', 'orders.ts');
    const { status, body } = await ask('-d', '{"item":"tea","count":2}', url);
    expect([status, body.toString()]).toEqual([201, '{"ordered":"tea","count":2}']);
    expect((await ask('-d', '{"item":1}', url)).body.toString()).toBe('422 an order has an item and a count\n');
    expect((await ask('-d', '{', url)).status).toBe(400);
    writeFileSync(join(scratch, 'large'), 'x'.repeat(70_000));
    expect((await ask('--data-binary', `@${scratch}/large`, url)).status).toBe(413);
    await end(program);
  });

  withCurl('streaming: upload.ts', async () => {
    const uploads = join(scratch, 'uploads');
    mkdirSync(uploads);
    const { program, url } = await run('streaming', 'upload.ts', { FOLDER: uploads });
    writeFileSync(join(scratch, 'some'), 'x'.repeat(1_000_000));
    expect((await ask('-T', join(scratch, 'some'), `${url}/copy`)).body.toString()).toBe('stored 1000000 bytes\n');
    expect(readFileSync(join(uploads, 'copy'), 'utf8')).toHaveLength(1_000_000);
    expect((await ask('-X', 'PUT', '-H', 'content-length: 200000000', `${url}/copy`)).status).toBe(413);
    // One that breaks off leaves nothing.
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('PUT /broken HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf');
    const begun = async (): Promise<void> => {
      while (!readdirSync(uploads).some((name) => name.startsWith('broken'))) await new Promise(setImmediate);
    };
    await begun();
    socket.resetAndDestroy();
    while (readdirSync(uploads).length > 1) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(readdirSync(uploads)).toEqual(['copy']);
    await end(program);
  });

  withCurl('streaming: download.ts', async () => {
    writeFileSync(join(scratch, 'digits.txt'), '0123456789');
    const { program, url } = await run('streaming', 'download.ts', { FOLDER: scratch });
    expect((await ask(`${url}/digits.txt`)).body.toString()).toBe('0123456789');
    const part = await ask('-r', '2-4', `${url}/digits.txt`);
    expect([part.status, part.headers['content-range'], part.body.toString()]).toEqual([206, 'bytes 2-4/10', '234']);
    expect((await ask('-r', '-3', `${url}/digits.txt`)).body.toString()).toBe('789');
    expect((await ask('-r', '20-', `${url}/digits.txt`)).status).toBe(416);
    expect((await ask('--head', `${url}/digits.txt`)).headers['content-length']).toBe('10');
    expect((await ask(`${url}/missing`)).status).toBe(404);
    await end(program);
  });

  withCurl('errors: logged.ts', async () => {
    const { program, url } = await run('errors', 'logged.ts');
    expect((await ask(`${url}/bug`)).status).toBe(500);
    await curl('--data', 'x', '-H', 'content-length: no', url);
    await program.prints(/^\{"code":"malformed-request","kind":"bad-request".*\}$/m);
    expect(program.complaints).toMatch(/^\{"code":"exception".*"message":"out of luck".*"path":"\/bug".*\}$/m);
    await end(program);
  });

  withCurl('errors: problems.ts', async () => {
    const { program, url } = await run('errors', 'problems.ts');
    const { status, headers, body } = await ask(url);
    expect([status, headers['content-type']]).toEqual([403, 'application/problem+json']);
    expect(JSON.parse(body.toString())).toEqual({ title: 'exception', status: 403, detail: 'not yours' });
    expect(JSON.parse((await ask(`${url}/other`)).body.toString())).toEqual({
      title: 'exception',
      status: 500,
      detail: 'Internal Server Error',
    });
    await end(program);
  });

  withCurl('requests: limited.ts', async () => {
    const { program, url } = await run('requests', 'limited.ts');
    expect((await ask(`${url}/you`)).body.toString()).toBe('hello /you\n');
    await program.prints(/^GET \/you 200 \d+/m);
    await end(program);
  });

  withCurl('middleware: cors.ts', async () => {
    const { program, url } = await run('middleware', 'cors.ts');
    expect((await ask(url)).headers['access-control-allow-origin']).toBe('https://example.com');
    const preflight = await ask('-X', 'OPTIONS', '-H', 'access-control-request-method: PUT', url);
    expect([preflight.status, preflight.headers['access-control-allow-methods']]).toEqual([204, 'GET, PUT']);
    await end(program);
  });

  withCurl('tunnels: connect-proxy.ts', async () => {
    const target = createServer((_request, response) => response.end('through the tunnel\n')).listen(0, '127.0.0.1');
    await new Promise((resolve) => target.once('listening', resolve));
    const { port } = target.address() as AddressInfo;
    const { program, url } = await run('tunnels', 'connect-proxy.ts');
    const tunnel = ['--proxytunnel', '--proxy', url, '--noproxy', ''];
    expect((await curl(...tunnel, `http://127.0.0.1:${port}/`)).stdout.toString()).toBe('through the tunnel\n');
    expect((await curl(...tunnel, 'http://192.0.2.1/')).status).not.toBe(0);
    target.close();
    await end(program);
  });

  withCurl('tls: renewed.ts', async () => {
    const certificates = join(scratch, 'certificates');
    mkdirSync(certificates);
    const renew = async (): Promise<void> => {
      const { key, cert } = await selfSigned();
      writeFileSync(join(certificates, 'key.pem'), key);
      writeFileSync(join(certificates, 'cert.pem'), cert);
    };
    await renew();
    const { program, url } = await run('tls', 'renewed.ts', { CERTIFICATES: certificates });
    const trusts = async (): Promise<boolean> => {
      const { status } = await curl('--no-insecure', '--cacert', join(certificates, 'cert.pem'), url);
      return status === 0;
    };
    expect(await trusts()).toBe(true);
    await renew();
    expect(await trusts()).toBe(false);
    process.kill(program.pid, 'SIGHUP');
    while (!(await trusts()));
    await end(program);
  });

  withCurl('shutdown: stopping.ts', async () => {
    const { program, url } = await run('shutdown', 'stopping.ts');
    const asked = ask(url);
    await ask('--head', url);
    const exit = program.stop();
    expect((await asked).body.toString()).toBe('done\n');
    expect(await exit).toEqual({ code: 0, signal: null });
    expect(program.output).toContain('every request has ended\n');
  });

  withCurl('proxies: forwarding.ts', async () => {
    const seen: [string | undefined, IncomingHttpHeaders][] = [];
    const upstream = createServer(({ url, headers }, response) => {
      seen.push([url, headers]);
      response.end('from upstream\n');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => upstream.once('listening', resolve));
    const { port } = upstream.address() as AddressInfo;
    const { program, url } = await run('proxies', 'forwarding.ts', { UPSTREAM: `http://127.0.0.1:${port}` });
    const forged = ['-H', 'X-Forwarded-For: 6.6.6.6', '-H', 'X-Forwarded-Proto: https', '-H', 'Cookie: a=1'];
    expect((await ask(...forged, `${url}/api/rows?a=1`)).body.toString()).toBe('from upstream\n');
    const [[path, headers]] = seen as [[string, IncomingHttpHeaders]];
    expect(path).toBe('/rows?a=1');
    expect(headers).toMatchObject({
      ...{ host: `127.0.0.1:${port}`, 'x-gateway': 'edge', via: '1.1 rxpaf' },
      ...{ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http', 'x-forwarded-host': new URL(url).host },
    });
    expect(headers).not.toHaveProperty('cookie');
    upstream.closeAllConnections();
    upstream.close();
    await end(program);
  });

  withCurl('events: events.ts', async () => {
    const { program, url } = await run('events', 'events.ts', { PERIOD: '5' });
    const received = new Promise<string>((resolve, reject) => {
      let text = '';
      const request = get(`${url}/events`, { headers: { 'last-event-id': '1' } }, (response) =>
        response
          .setEncoding('utf8')
          .on('data', (chunk: string) => {
            const hadAll = text.includes('tick 3\n\n');
            text += chunk;
            // The stream ends with the shutdown.
            if (!hadAll && text.includes('tick 3\n\n')) program.signal('SIGTERM');
          })
          .on('end', () => resolve(text)),
      );
      request.on('error', reject);
    });
    expect(await received).toMatch(
      /^retry: 2000\n\n(id: 1\ndata: tick 1\n\n)?id: 2\ndata: tick 2\n\nid: 3\ndata: tick 3\n\n[^]*retry: 2000\n\n$/,
    );
    expect(await program.exit).toEqual({ code: 0, signal: null });
  });

  withCurl('recipes: router.ts', async () => {
    const { program, url } = await run('recipes', 'router.ts');
    expect((await ask(`${url}/users/7?a=b`)).body.toString()).toBe('{"id":7}');
    expect((await ask('-X', 'PUT', '-d', '{"a":1}', `${url}/users/7`)).status).toBe(201);
    const wrong = await ask('-X', 'DELETE', `${url}/users/7`);
    expect([wrong.status, wrong.body.toString()]).toEqual([405, '405 use GET, PUT\n']);
    expect((await ask(`${url}/users/x`)).status).toBe(404);
    expect((await ask('--head', `${url}/`)).status).toBe(200);
    await end(program);
  });

  withCurl('recipes: photos.ts', async () => {
    const photos = join(scratch, 'photos');
    mkdirSync(photos);
    const { program, url } = await run('recipes', 'photos.ts', { FOLDER: photos });
    const photo = join(scratch, 'cat.jpg');
    writeFileSync(photo, '0123456789');
    const events = curl('--no-buffer', `${url}/events`);
    expect((await ask('-T', photo, `${url}/photos/`)).status).toBe(401);
    const put = ['-H', 'authorization: Bearer secret', '-T', photo];
    expect((await ask(...put, `${url}/photos/`)).body.toString()).toBe('{"size":10}');
    expect((await ask(`${url}/photos/cat.jpg`)).body.toString()).toBe('0123456789');
    const part = await ask('-r', '2-4', `${url}/photos/cat.jpg`);
    expect([part.status, part.body.toString(), part.headers['content-range']]).toEqual([206, '234', 'bytes 2-4/10']);
    expect((await ask('-r', '10-', `${url}/photos/cat.jpg`)).status).toBe(416);
    expect((await ask(`${url}/photos/..%2fcat.jpg`)).status).toBe(404);
    writeFileSync(photo, Buffer.alloc(21 * 1024 * 1024));
    expect((await ask(...put, `${url}/photos/`)).status).toBe(413);
    while (readdirSync(photos).length > 1) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(readdirSync(photos)).toEqual(['cat.jpg']);
    await program.prints(/^PUT \/photos\/cat.jpg 201 complete 10 \d+ \d/m);
    expect(await program.stop()).toEqual({ code: 0, signal: null });
    expect((await events).stdout.toString()).toMatch(/^: welcome\n\n(data: \/photos\/cat.jpg\n\n)?$/);
  });
});
