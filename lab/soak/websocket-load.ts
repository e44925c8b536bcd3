/**
 * The load of the soak of WebSockets, as a process: some that are idle, and members of rooms that chat. Members leave, and others come in
 * their place. Each member checks that the numbers of the messages of its room have no gap.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { firstValueFrom, type Observable } from 'rxjs';
import { type Client, client, type Protocol } from 'rxpaf';
import { type WebSocket, webSocket } from 'rxpaf/ws';
import { Random } from '../fuzz/random.js';
import { answering, settings } from './support/asked.js';
import { holdings, type Holdings } from './support/holdings.js';

export interface WebSocketLoadSettings {
  readonly url: string;
  readonly seed: number;
  readonly idle: number;
  readonly chatting: number;
  /** Members of one room. */
  readonly members: number;
  /** Messages a second, of all rooms. */
  readonly rate: number;
}

/** What came of it. */
export interface WebSocketLoadAccount {
  readonly sent: number;
  readonly received: number;
  /** Members that left, and were replaced. */
  readonly replaced: number;
  /** What went wrong, in words. */
  readonly failures: readonly string[];
}

// Not an interface: those have no index signature.
export type WebSocketLoadAnswers = {
  readonly holdings: () => Promise<Holdings>;
  /** Opens all WebSockets: resolves when they are open. */
  readonly open: () => Promise<void>;
  readonly chat: () => void;
  /** Sends nothing more: resolves when each member has the last message of its room. */
  readonly rest: (last: Readonly<Record<string, number>>) => Promise<void>;
  readonly pause: () => Promise<void>;
  readonly account: () => WebSocketLoadAccount;
  readonly close: () => Promise<void>;
};

const { url, seed, idle, chatting, members, rate } = settings() as WebSocketLoadSettings;
const random = new Random(seed);
const tally = { sent: 0, received: 0, replaced: 0, failures: [] as string[] };
const SAMPLES = 20;

function fail(what: string): void {
  if (tally.failures.length < SAMPLES) tally.failures.push(what);
}

const PROTOCOLS: readonly Protocol[] = ['http/1.1', 'h2'];
const common = { connections: 20_000, h2Connections: 200, queue: 20_000, retry: false } as const;
const clients = PROTOCOLS.map((protocol): Client => client({ ...common, protocols: [protocol] }));

/** Half of them over HTTP/2. */
const clientOf = (index: number): Client => clients[index % clients.length]!;

/** Opens one: the Observable of its socket does not end before it has closed. */
async function opened(source: Observable<WebSocket>): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    source.subscribe({ next: resolve, error: reject });
  });
}

/** ms in which a socket must close. */
const PATIENCE = 60_000;

async function closed(socket: WebSocket): Promise<void> {
  socket.complete();
  const timer = new AbortController();
  const late = sleep(PATIENCE, undefined, { signal: timer.signal }).then(() => fail('a socket does not close'));
  await Promise.race([firstValueFrom(socket.ended), late.catch(() => undefined)]);
  timer.abort();
}

class Member {
  last = 0;
  private socket: WebSocket | undefined = undefined;

  constructor(
    readonly path: string,
    private readonly index: number,
  ) {}

  async enter(): Promise<void> {
    this.last = 0;
    const deflate = this.index % 4 < 2;
    const socket = await opened(webSocket(`${url}${this.path}`, { http: clientOf(this.index), deflate }));
    this.socket = socket;
    socket.subscribe({
      next: (message) => this.onMessage(message as string),
      error: (error: unknown) => fail(`${this.path}: ${String(error)}`),
    });
  }

  get isIn(): boolean {
    return this.socket?.state === 'open';
  }

  send(text: string): void {
    if (!this.isIn) return;
    tally.sent++;
    this.socket!.next(text);
  }

  async leave(): Promise<void> {
    const { socket } = this;
    this.socket = undefined;
    if (socket !== undefined) await closed(socket);
  }

  private onMessage(message: string): void {
    tally.received++;
    const number = Number(message.slice(0, message.indexOf(' ')));
    if (this.last !== 0 && number !== this.last + 1) fail(`${this.path}: ${number} came after ${this.last}`);
    this.last = number;
  }
}

const everyone = Array.from(
  { length: chatting },
  (_, index) => new Member(`/room/${Math.floor(index / members)}`, index),
);
const idlers: WebSocket[] = [];

/** How many open at once. */
const AT_ONCE = 100;

async function inTurns(count: number, act: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await act(next++);
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, worker));
}

/** ms between two looks at the clock. */
const TICK = 20;
/** A member leaves for each so many messages. */
const LEAVES = 50;

const SIZES = [1, 20, 20, 100, 100, 100, 400, 2000];

class Chat {
  private timer: NodeJS.Timeout | undefined = undefined;
  private owed = 0;
  private sinceLeave = 0;
  private readonly leaving = new Set<Promise<void>>();

  begin(): void {
    this.timer ??= setInterval(() => this.tick(), TICK);
  }

  async pause(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    await Promise.all(this.leaving);
  }

  private tick(): void {
    // A late tick is not made up for: a machine that is busy is asked less.
    for (this.owed += (rate * TICK) / 1000; this.owed >= 1; this.owed--) {
      const size = random.chance(0.5) ? 20_000 : random.pick(SIZES);
      random.pick(everyone).send('x'.repeat(size));
      if (++this.sinceLeave < LEAVES) continue;
      this.sinceLeave = 0;
      this.replace(random.pick(everyone));
    }
  }

  private replace(member: Member): void {
    if (!member.isIn) return;
    tally.replaced++;
    const leaving = member
      .leave()
      .then(() => member.enter())
      .catch((error: unknown) => fail(`a member does not come back: ${String(error)}`))
      .finally(() => this.leaving.delete(leaving));
    this.leaving.add(leaving);
  }
}

const chat = new Chat();

const answers: WebSocketLoadAnswers = {
  holdings,
  open: async () => {
    await inTurns(idle, async (index) => {
      const socket = await opened(webSocket(`${url}/idle`, { http: clientOf(index) }));
      socket.subscribe({ error: (error: unknown) => fail(`an idle socket: ${String(error)}`) });
      idlers.push(socket);
    });
    await inTurns(chatting, (index) => everyone[index]!.enter());
  },
  chat: () => chat.begin(),
  pause: () => chat.pause(),
  rest: async (last) => {
    const begin = performance.now();
    // A member that has come since has no number yet.
    const isBehind = ({ path, last: own }: Member): boolean => own !== 0 && own !== last[path];
    while (everyone.some(isBehind)) {
      if (performance.now() - begin > PATIENCE) return fail('a member has not got the last message of its room');
      await sleep(20);
    }
  },
  account: () => tally,
  close: async () => {
    await inTurns(everyone.length, (index) => everyone[index]!.leave());
    await inTurns(idlers.length, (index) => closed(idlers[index]!));
    idlers.length = 0;
    for (const http of clients) http.close();
  },
};
answering(answers);
