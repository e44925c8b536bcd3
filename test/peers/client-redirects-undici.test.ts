/** A second opinion on redirects: what undici's `fetch` sends next, and what `redirectOf` says is to be sent. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Fields } from 'rxpaf';
import { Agent, fetch } from 'undici';
import { redirectOf } from '../../src/client/redirect.js';
import { parseTarget } from '../../src/client/target-url.js';

/** A request as it reached a server. */
interface Arrived {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly content: string;
}

/** What goes with a request, and may not go with the next. undici refuses Expect, and writes Content-Length by itself. */
const HEADERS = {
  authorization: 'Bearer x',
  cookie: 'a=1',
  'proxy-authorization': 'Basic eDp5',
  'content-type': 'text/plain',
  'content-language': 'en',
  'content-location': '/there',
  'x-mine': '1',
};

const CONTENT = 'the content';
const agent = new Agent();
let answer = { status: 302, location: '/' };
let arrived: Arrived[] = [];
const servers: Server[] = [];

/** A server that redirects `/from`, and responds to everything else. */
async function listening(): Promise<string> {
  const server = createServer((request, response) => {
    void contentOf(request).then((content) => {
      const { method, url, headers } = request;
      const host = headers.host!;
      const known = Object.keys(HEADERS).filter((name) => headers[name] !== undefined);
      arrived.push({
        method: method!,
        url: `http://${host}${url!}`,
        headers: Object.fromEntries(known.map((name) => [name, headers[name] as string])),
        content,
      });
      if (url === '/from?q') response.writeHead(answer.status, { location: answer.location }).end();
      else response.end();
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function contentOf(request: IncomingMessage): Promise<string> {
  let content = '';
  for await (const chunk of request) content += String(chunk);
  return content;
}

let origin = '';
let other = '';
beforeAll(async () => {
  [origin, other] = [await listening(), await listening()];
});
afterAll(async () => {
  await agent.close();
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
});

/** What undici makes of it: undefined where it sends nothing more. */
async function asFetch(method: string, content: string | undefined): Promise<Arrived | undefined> {
  arrived = [];
  const response = await fetch(`${origin}/from?q`, {
    method,
    headers: HEADERS,
    dispatcher: agent,
    ...(content === undefined ? {} : { body: content }),
  }).catch(() => undefined);
  await response?.arrayBuffer();
  return arrived[1];
}

/** What `redirectOf` makes of it. */
function asRxpaf(method: string, content: string | undefined): Arrived | undefined {
  const request = { method, target: parseTarget(`${origin}/from?q`), headers: Fields.from(HEADERS) };
  try {
    const response = { status: answer.status, headers: Fields.from({ location: answer.location }) };
    const next = redirectOf(response, request);
    return (
      next && {
        method: next.method,
        url: next.target.url,
        headers: next.headers.toObject(),
        content: next.keepsContent ? (content ?? '') : '',
      }
    );
  } catch {
    return undefined;
  }
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const withContent = (method: string): boolean => ['POST', 'PUT', 'PATCH', 'DELETE'].includes(method);

describe('what is sent after a redirect is what fetch sends', () => {
  it.each(
    [300, 301, 302, 303, 304, 305, 307, 308].flatMap((status) => METHODS.map((method) => [status, method] as const)),
  )('%d to %s', async (status, method) => {
    const content = withContent(method) ? CONTENT : undefined;
    for (const location of ['/to?x', `${other}/to`]) {
      answer = { status, location };
      expect(asRxpaf(method, content)).toEqual(await asFetch(method, content));
    }
  });

  const latin1 = (text: string): string => Buffer.from(text).toString('latin1');
  it.each([
    'to',
    './to/../here',
    '?x',
    '//HOST/to',
    'HTTP://HOST/to#fragment',
    '/a b',
    '/%zz|{}^[]',
    '\\to\\here',
    latin1('/ü?ü'),
    latin1('/日本?語#本'),
  ])('to %j', async (location) => {
    answer = { status: 302, location: location.replace('HOST', new URL(other).host) };
    const sent = await asFetch('GET', undefined);
    expect(sent).toMatchObject({ method: 'GET' });
    expect(asRxpaf('GET', undefined)).toEqual(sent);
  });

  it.each(['http://', 'http://HOST:99999999/', 'ftp://HOST/', 'data:,x', 'mailto:a@example.org', 'javascript:0'])(
    'nothing, to %j',
    async (location) => {
      answer = { status: 302, location: location.replace('HOST', new URL(other).host) };
      expect([asRxpaf('GET', undefined), await asFetch('GET', undefined)]).toEqual([undefined, undefined]);
    },
  );
});
