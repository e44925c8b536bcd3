// A gateway in front of servers that end connections all the time: nginx that is reloaded every second, HAProxy whose keep-alive is shorter
// than the gateway's, node:http that is restarted. Requests without content lose none of more than 10,000 responses.
import { Agent, createServer, request as ask, type Server } from 'node:http';
import { type ClientHttp2Session, connect as connectH2 } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { client, type Protocol, serve } from 'rxpaf';
import { Subscription, tap } from 'rxjs';
import { haproxy } from '../kits/peers/haproxy.js';
import { nginx } from '../kits/peers/nginx.js';
import { sleep } from '../kits/peers/peer.js';
import { describeWith } from '../kits/shared-target.js';

/** Requests of each test, at least: ten tests, and so 10,000 in all. */
const REQUESTS = 1000;
/** Requests at once. */
const BURST = 8;
const METHODS = ['GET', 'GET', 'HEAD', 'DELETE'];
const PAIRS = [
  ['http/1.1', 'http/1.1'],
  ['http/1.1', 'h2'],
  ['h2', 'http/1.1'],
  ['h2', 'h2'],
] as const;

/** A client in front of the gateway, of Node. */
interface Front {
  /** The status of the response, when it is whole. */
  ask(method: string, path: string): Promise<number>;
  close(): void;
}

function frontH1(url: string): Front {
  const agent = new Agent({ keepAlive: true });
  return {
    ask: (method, path) =>
      new Promise((done, failed) => {
        ask(url + path, { method, agent }, (response) => {
          response.resume().once('end', () => done(response.statusCode!));
        })
          .once('error', failed)
          .end();
      }),
    close: () => agent.destroy(),
  };
}

function frontH2(url: string): Front {
  const session: ClientHttp2Session = connectH2(url).on('error', () => undefined);
  return {
    ask: (method, path) =>
      new Promise((done, failed) => {
        let status = 0;
        session
          .request({ ':method': method, ':path': path })
          .on('response', (headers) => (status = headers[':status']!))
          .once('error', failed)
          .once('end', () => done(status))
          .resume()
          .end();
      }),
    close: () => session.destroy(),
  };
}

/** A gateway to `upstream`, and a client of it. */
class Gateway {
  readonly faults: string[] = [];
  /** How many responses have each status. */
  readonly statuses: Record<number, number> = {};
  private readonly work = new Subscription();
  private readonly front: Promise<Front>;

  constructor(front: Protocol, behind: Protocol, upstream: string) {
    // While the upstream restarts, connections are refused.
    const http = client({ baseUrl: upstream, protocols: [behind], retry: { attempts: 50, base: 20, limit: 100 } });
    this.front = new Promise((begun) =>
      this.work.add(
        serve(
          {
            host: '127.0.0.1',
            listening: ({ url }) => begun(front === 'h2' ? frontH2(url) : frontH1(url)),
          },
          {
            request: (request) => http.request(request),
            error: (faults) =>
              faults.pipe(tap(({ kind, code, message }) => this.faults.push(`${kind} ${code}: ${message}`))),
          },
        ).subscribe(),
      ),
    );
    this.work.add(() => http.close());
  }

  get requests(): number {
    return Object.values(this.statuses).reduce((sum, count) => sum + count, 0);
  }

  /** Asks in bursts until there have been enough requests, and `enough`; `pause` is the time between bursts, ms. */
  async load(path: string, pause: () => number, enough: () => boolean): Promise<void> {
    const front = await this.front;
    const one = async (index: number): Promise<void> => {
      const status = await front.ask(METHODS[index % METHODS.length]!, path);
      this.statuses[status] = (this.statuses[status] ?? 0) + 1;
    };
    for (let burst = 0; this.requests < REQUESTS || !enough(); burst++) {
      await Promise.all(Array.from({ length: BURST }, (_, index) => one(index)));
      await sleep(pause());
    }
  }

  async close(): Promise<void> {
    (await this.front).close();
    this.work.unsubscribe();
  }
}

/** Runs `load` through a gateway: each response is a 200, and nothing is a fault. */
async function losesNone(
  [front, behind]: readonly [Protocol, Protocol],
  upstream: string,
  load: (gateway: Gateway) => Promise<void>,
): Promise<void> {
  const gateway = new Gateway(front, behind, upstream);
  try {
    await load(gateway);
    expect([gateway.faults, gateway.statuses]).toEqual([[], { 200: gateway.requests }]);
  } finally {
    await gateway.close();
  }
}

describeWith('nginx', 'nginx, reloaded every second', () => {
  const running = nginx(() => 1);

  it.each(PAIRS)('loses no request, from %s to %s', (front, behind) =>
    losesNone([front, behind], behind === 'h2' ? running().h2 : running().h1, async (gateway) => {
      let reloads = 0;
      const reloading = setInterval(() => {
        running().reload();
        reloads++;
      }, 1000);
      try {
        await gateway.load(
          '/said',
          () => 1,
          () => reloads >= 4,
        );
      } finally {
        clearInterval(reloading);
      }
    }),
  );
});

describeWith('haproxy', 'HAProxy, whose keep-alive is shorter than the gateway’s', () => {
  const running = haproxy(() => 1, 'timeout http-keep-alive 20ms');

  it.each(PAIRS)('loses no request, from %s to %s', (front, behind) =>
    losesNone([front, behind], behind === 'h2' ? running().h2 : running().h1, (gateway) =>
      // Connections are idle for about as long as HAProxy keeps them.
      gateway.load(
        '/said',
        () => 15 + 10 * Math.random(),
        () => true,
      ),
    ),
  );
});

describe('node:http, restarted', () => {
  /** Listens on the port that it had. */
  class Restarted {
    restarts = 0;
    private server: Server | undefined;
    private port = 0;

    async start(): Promise<string> {
      const server = createServer((_, response) => response.end('said'));
      await new Promise<void>((done) => server.listen(this.port, '127.0.0.1', done));
      this.server = server;
      this.port = (server.address() as AddressInfo).port;
      return `http://127.0.0.1:${this.port}`;
    }

    /** Lets responses end, as a graceful restart does. */
    async stop(): Promise<void> {
      const { server } = this;
      if (server === undefined) return;
      const closing = setInterval(() => server.closeIdleConnections(), 1);
      await new Promise((done) => server.close(done));
      clearInterval(closing);
    }

    async restart(): Promise<void> {
      await this.stop();
      await this.start();
      this.restarts++;
    }
  }

  it.each([
    ['http/1.1', 'http/1.1'],
    ['h2', 'http/1.1'],
  ] as const)('loses no request, from %s to %s', async (front, behind) => {
    const server = new Restarted();
    const url = await server.start();
    let loading = true;
    const restarting = (async () => {
      while (loading) {
        await sleep(50);
        await server.restart();
      }
    })();
    try {
      await losesNone([front, behind], url, (gateway) =>
        gateway.load(
          '/',
          () => 1,
          () => server.restarts >= 10,
        ),
      );
    } finally {
      loading = false;
      await restarting;
      await server.stop();
    }
  });
});
