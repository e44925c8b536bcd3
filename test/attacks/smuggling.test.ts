/**
 * Request smuggling (RFC 9112 section 11.2): bytes in which a front and its upstream server see different requests, so that one client gets
 * the response of another. The test sends about 500 ambiguous requests to our server. It sends them directly, and through nginx, HAProxy
 * and our own proxy, where all clients share connections. The log of the front must match the requests that came, and the next client must
 * get its own response.
 */
import { describeWith } from '../kits/shared-target.js';
import { scratch } from '../kits/peers/peer.js';
import { BELATED, DOWNGRADES } from '../kits/attacks/smuggling-h2.js';
import { FRAMING } from '../kits/attacks/smuggling-framing.js';
import { type Front, haproxyFront, naiveFront, nginxFront, ourFront } from '../kits/attacks/smuggling-fronts.js';
import { LINES, UPGRADE } from '../kits/attacks/smuggling-lines.js';
import { type Attack, type Backend, findings, nodeBackend, ourBackend, say, sayH2 } from '../kits/attacks/smuggling.js';

const H1: readonly Attack[] = [...FRAMING, ...LINES];

describe('our server', () => {
  let backend: Backend;
  beforeAll(async () => (backend = await ourBackend()));

  it.each(H1)('HTTP/1.1: %s', async (_, bytes, seen) => {
    const before = backend.seen.length;
    expect(await say(backend.port, bytes)).toEqual(seen);
    // The server saw exactly the requests that got a response.
    const told = seen.filter((answer) => answer.includes('/0000/'));
    expect(backend.seen.slice(before).map(({ what }) => what)).toEqual(told);
  });

  it.each([...DOWNGRADES, ...BELATED])('HTTP/2: %s', async (_, frames, seen) => {
    expect(await sayH2(backend.port, frames)).toEqual(seen);
  });
});

describe('Upgrade: h2c, which some fronts pass on', () => {
  const [, bytes, both] = UPGRADE;
  const directories = [scratch(), scratch()] as const;
  const behind = async (h2cUpgrade: boolean): Promise<[Front, Backend]> => {
    const backend = await ourBackend(h2cUpgrade);
    return [await haproxyFront(backend.port, h2cUpgrade ? directories[0] : directories[1]), backend];
  };

  describeWith('haproxy', 'behind HAProxy', () => {
    let open: readonly [Front, Backend];
    let shut: readonly [Front, Backend];
    beforeAll(async () => ([open, shut] = await Promise.all([behind(true), behind(false)])));

    it('makes a tunnel through it, where it is taken up', async () => {
      expect(await say(open[0].h1, bytes)).toEqual(['101']);
    });

    it('makes none with `h2cUpgrade: false`: both see the same requests', async () => {
      const [front, backend] = shut;
      // The client's end is there by then. A front may take it for the end of the bytes that it passes on after an offer.
      expect([both, both.slice(0, 1)]).toContainEqual(await say(front.h1, bytes));
      expect(await findings([UPGRADE], (said) => say(front.h1, said), front, backend)).toEqual([]);
    });
  });
});

/** Lets all attacks loose on a front. */
function bothSeeTheSame(begin: () => Promise<[Front, Backend]>): void {
  let front: Front;
  let backend: Backend;
  beforeAll(async () => ([front, backend] = await begin()));

  it('HTTP/1.1: both see the same requests, and the next one gets its own response', async () => {
    expect(await findings(H1, (bytes) => say(front.h1, bytes), front, backend)).toEqual([]);
    // They do share connections: or nothing could come out of one.
    expect(new Set(backend.seen.map(({ connection }) => connection)).size).toBeLessThan(backend.seen.length / 4);
  });

  it('HTTP/2: the request that the front writes as HTTP/1.1 is the same, and the next one gets its own response', async () => {
    expect(await findings(DOWNGRADES, (bytes) => sayH2(front.h2, bytes), front, backend)).toEqual([]);
  });
}

describeWith('nginx', 'our server behind nginx', () => {
  const directory = scratch();
  bothSeeTheSame(async () => {
    const backend = await ourBackend();
    return [await nginxFront(backend.port, directory), backend];
  });
});

describeWith('haproxy', 'our server behind HAProxy', () => {
  const directory = scratch();
  bothSeeTheSame(async () => {
    const backend = await ourBackend();
    return [await haproxyFront(backend.port, directory), backend];
  });
});

describe.each([
  ['node:http', nodeBackend],
  ['our server', ourBackend],
] as const)('%s behind our proxy', (_, begin) => {
  bothSeeTheSame(async () => {
    const backend = await begin();
    return [await ourFront(backend.port), backend];
  });
});

describe('a relay that believes Content-Length alone, and a server that believes Transfer-Encoding', () => {
  it('are found out', async () => {
    const backend = await nodeBackend(true);
    const front = await naiveFront(backend.port);
    const found = await findings(FRAMING.slice(0, 1), (bytes) => say(front.h1, bytes), front, backend);
    expect(found[0]).toMatch(/: the next one got GET a\/0000\/b ""$/);
  });
});
