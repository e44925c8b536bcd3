/** A soak from its beginning to its end: the processes that take part, and their orders. `verdict.ts` judges the result. */
import { setTimeout as sleep } from 'node:timers/promises';
import { selfSigned } from '../../test/kits/certificate.js';
import { megabytes } from './flat.js';
import type { LoadAnswers, LoadSettings, Unanswered, Urls } from './load.js';
import type { Account, ServerAnswers, ServerSettings } from './server.js';
import type { Holdings } from './support/holdings.js';
import { Member } from './support/member.js';
import type { LoadAccount } from './tally.js';
import { type Watched, Watching } from './watching.js';

export interface Plan {
  readonly seed: number;
  readonly minutes: number;
  /** Requests a second, of each of the two loads. */
  readonly rate: number;
}

/** A server that was drained under load. */
export interface Drain {
  /** ms from the notice to the last response. */
  readonly took: number;
  readonly account: Account;
  readonly end: Holdings;
  /** Whether the process ended of itself, with nothing left in it. */
  readonly ended: boolean;
}

export interface Outcome {
  readonly plan: Plan;
  readonly watched: readonly Watched[];
  readonly drains: readonly Drain[];
  /** Of the server that lived through it all. */
  readonly account: Account;
  readonly loads: readonly LoadAccount[];
  /** Requests that a server had begun, and whose sender got no response. */
  readonly lost: readonly string[];
  /** What ended that should not have, in words. */
  readonly deaths: readonly string[];
}

/** Rounds: of the length of a minute, and not fewer than nine. */
export const roundsOf = (minutes: number): number => Math.max(9, Math.round(minutes));
/** What of the time is for warming up, and how much of it at most, s. */
const WARM_UP = { part: 0.15, most: 60 } as const;
/** ms of load that a round has at least, and ms that coming to rest takes. */
const LEAST = 2_000;
const RESTING = 2_000;
/** ms in which both the sender without a response and the server that has begun it report. */
const SETTLING = 1_000;

type Server = Member<ServerAnswers>;
type Load = Member<LoadAnswers>;

class Soak {
  private readonly servers = new Set<Server>();
  private readonly drains: Drain[] = [];
  private readonly lost: string[] = [];
  private readonly deaths: string[] = [];
  private readonly questions = new Set<Promise<void>>();
  private restarted!: Server;
  private restartedUrls!: Urls;
  private readonly members = new Set<Member<never>>();

  constructor(
    private readonly plan: Plan,
    private readonly tls: ServerSettings['tls'],
    private readonly log: (line: string) => void,
  ) {}

  async run(): Promise<Outcome> {
    try {
      return await this.soak();
    } finally {
      for (const member of this.members) member.kill();
    }
  }

  private async soak(): Promise<Outcome> {
    const { minutes, seed, rate } = this.plan;
    const steady = this.startServer('the server that stays', { http: 0, https: 0 });
    const urls = await steady.ask('urls');
    this.restarted = this.startServer('the server that is restarted', { http: 0, https: 0 });
    this.restartedUrls = await this.restarted.ask('urls');
    const loadOf = (by: LoadSettings['by']): Load =>
      this.startLoad(`the load by ${by === 'own' ? 'rxpaf' : by}`, {
        by,
        seed,
        rate,
        servers: [urls, this.restartedUrls],
      });
    const loads = [loadOf('others'), loadOf('own')];
    const watching = await Promise.all([steady, ...loads].map((member) => Watching.begin(member)));
    for (const load of loads) await load.ask('go');
    const warmUp = Math.min(minutes * 60 * WARM_UP.part, WARM_UP.most);
    await sleep(warmUp * 1000);
    const rounds = roundsOf(minutes);
    const length = ((minutes * 60 - warmUp) / rounds) * 1000;
    const begin = performance.now();
    for (let round = 1; round <= rounds; round++) await this.round(round, begin + round * length, loads, watching);
    await Promise.all(loads.map((load) => load.ask('close')));
    await sleep(2 * SETTLING);
    await Promise.all(this.questions);
    const watched = await Promise.all(watching.map((each) => each.end()));
    const accounts = await Promise.all(loads.map((load) => load.ask('account')));
    const [steadily] = await Promise.all([this.drain(steady), this.drain(this.restarted)]);
    for (const load of loads) if (!(await load.leave())) this.deaths.push(`${load.name} did not end of itself`);
    const { plan, lost, deaths } = this;
    const drains = this.drains.filter((drain) => drain !== steadily);
    return { plan, watched, drains, account: steadily.account, loads: accounts, lost, deaths };
  }

  /** Load, with a restart in its middle; then rest, and a look at what everybody holds. */
  private async round(
    round: number,
    ends: number,
    loads: readonly Load[],
    watching: readonly Watching[],
  ): Promise<void> {
    // Some of the time is for coming to rest; where that took longer, the next round is shorter, but a round it is.
    const left = Math.max(LEAST, ends - performance.now() - RESTING);
    const begin = performance.now();
    await Promise.all(loads.map((load) => load.ask('go')));
    await sleep(left / 2);
    const old = this.restarted;
    const drained = this.drain(old);
    const { http, https } = this.restartedUrls;
    this.restarted = this.startServer(`the server after ${round} restarts`, {
      http: portOf(http),
      https: portOf(https),
    });
    await this.restarted.ask('urls');
    await sleep(Math.max(0, left - (performance.now() - begin)));
    await Promise.all(loads.map((load) => load.ask('rest')));
    await drained;
    await Promise.all(watching.map((each) => each.look()));
    const heaps = watching.map(({ name, last }) => `${name}: ${megabytes(last.heap)} MB`);
    this.log(
      `${new Date().toISOString().slice(11, 19)} round ${round}: ${heaps.join(', ')}; drained in ${Math.round(this.drains.at(-1)!.took)} ms`,
    );
  }

  private async drain(server: Server): Promise<Drain> {
    const begin = performance.now();
    await server.ask('drain');
    const took = performance.now() - begin;
    // A sender without a response may still ask whether this server had begun it.
    await sleep(2 * SETTLING);
    const [account, end] = [await server.ask('account'), await server.ask('holdings')];
    this.servers.delete(server);
    const drain = { took, account, end, ended: await server.leave() };
    this.drains.push(drain);
    return drain;
  }

  private startServer(name: string, ports: ServerSettings['ports']): Server {
    const server = this.member(
      Member.start<ServerAnswers>('server', name, { ports, tls: this.tls } satisfies ServerSettings),
    );
    this.servers.add(server);
    return server;
  }

  private startLoad(name: string, settings: LoadSettings): Load {
    const load = this.member(Member.start<LoadAnswers>('load', name, settings));
    load.onNews = (news) => {
      const question = this.ask(news as Unanswered).finally(() => this.questions.delete(question));
      this.questions.add(question);
    };
    return load;
  }

  /** Whether any server had begun a request that went unanswered. */
  private async ask({ id, what }: Unanswered): Promise<void> {
    await sleep(SETTLING);
    const asked = [...this.servers].map((server) =>
      server.ask('begun', [id]).catch((error: unknown) => [String(error)]),
    );
    if ((await Promise.all(asked)).flat().length > 0) this.lost.push(what);
  }

  private member<M extends Member<never>>(member: M): M {
    member.onDeath = (how) => this.deaths.push(how);
    this.members.add(member);
    return member;
  }
}

const portOf = (url: string): number => Number(new URL(url).port);

export async function soak(plan: Plan, log: (line: string) => void): Promise<Outcome> {
  return new Soak(plan, await selfSigned(), log).run();
}
