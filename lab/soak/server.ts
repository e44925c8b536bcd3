/**
 * A server of the soak, as a process: HTTP/1.1 and HTTP/2, in cleartext and over TLS. It keeps account of what it was asked and what
 * became of it, which is compared with what the clients say.
 */
import { firstValueFrom, lastValueFrom, merge, ReplaySubject, Subject, tap } from 'rxjs';
import { type Handler, type NodePeer, serve, type Served, type ServerFault } from 'rxpaf';
import { answer, Meant, numberOf } from './routes.js';
import { answering, settings } from './support/asked.js';
import { Begun } from './support/begun.js';
import { holdings, type Holdings } from './support/holdings.js';

export interface ServerSettings {
  /** 0 is one that is free. */
  readonly ports: { readonly http: number; readonly https: number };
  readonly tls: { readonly key: string; readonly cert: string };
}

/** What it has done. */
export interface Account {
  readonly complete: number;
  /** Exchanges that did not end whole, and were not to. */
  readonly abrupt: number;
  /** Those that were to, in words. */
  readonly lost: readonly string[];
  /** Faults, by their code. */
  readonly faults: Readonly<Record<string, number>>;
  /** Faults that nothing in the load explains, in words. */
  readonly unexplained: readonly string[];
  readonly protocols: Readonly<Record<string, number>>;
}

// Not an interface: those have no index signature.
export type ServerAnswers = {
  /** Waits until it listens. */
  readonly urls: () => Promise<{ readonly http: string; readonly https: string }>;
  readonly holdings: () => Promise<Holdings>;
  readonly account: () => Account;
  /** Of some requests, those whose response it has begun. */
  readonly begun: (ids: readonly number[]) => readonly number[];
  /** Ends gracefully: resolves when every response has been sent. */
  readonly drain: () => Promise<void>;
};

/** Short enough to be met by the stalled and idle connections of the load. */
const LIMITS = { headTimeout: 5_000, idleTimeout: 15_000 } as const;
/** Errors are reported this many times, and counted from then on. */
const SAMPLES = 20;

const { ports, tls } = settings() as ServerSettings;
const stop = new Subject<void>();
const begun = new Begun();
const tally = {
  complete: 0,
  abrupt: 0,
  lost: [] as string[],
  faults: {} as Record<string, number>,
  unexplained: [] as string[],
  protocols: {} as Record<string, number>,
};

function note(list: string[], what: string): void {
  if (list.length < SAMPLES) list.push(what);
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

function onServed({ protocol, request, outcome, status, sent }: Served): void {
  count(tally.protocols, protocol);
  if (outcome === 'complete') tally.complete++;
  else if (numberOf(request.path).abrupt) tally.abrupt++;
  else note(tally.lost, `${protocol} ${request.method} ${request.path}: ${status ?? 'no answer'}, ${sent} bytes`);
}

/** A handler's fault is intended; no handler here gives an invalid response. */
function onFault({ code, cause, scope, initiator, protocol, request }: ServerFault): void {
  count(tally.faults, code);
  const ours = scope === 'exchange' && initiator === 'local' && !(cause instanceof Meant);
  if (!ours || (request !== undefined && numberOf(request.path).abrupt)) return;
  note(tally.unexplained, `${protocol ?? ''} ${request?.path ?? ''}: ${code}, ${cause.message}`);
}

const handler: Handler<NodePeer> = {
  request: (request) => {
    begun.add(numberOf(request.path).id);
    return answer(request);
  },
  error: (faults) => faults.pipe(tap(onFault)),
};

const listening = { http: new ReplaySubject<string>(1), https: new ReplaySubject<string>(1) };
const common = { host: '127.0.0.1', stop, limits: LIMITS };
const served = merge(
  serve({ ...common, port: ports.http, listening: ({ url }) => listening.http.next(url) }, handler),
  serve({ ...common, port: ports.https, tls, listening: ({ url }) => listening.https.next(url) }, handler),
).pipe(tap(onServed));
const ended = lastValueFrom(served, { defaultValue: undefined });

const answers: ServerAnswers = {
  urls: async () => ({ http: await firstValueFrom(listening.http), https: await firstValueFrom(listening.https) }),
  holdings,
  account: () => tally,
  begun: (ids) => ids.filter((id) => begun.has(id)),
  drain: async () => {
    stop.next();
    await ended;
  },
};
answering(answers);
