/**
 * The server of the soak of WebSockets, as a process: `/idle` echoes, and `/room/N` sends each message to all members of the room, with the
 * number that it has there.
 */
import { firstValueFrom, ignoreElements, lastValueFrom, ReplaySubject, Subject, tap } from 'rxjs';
import { type Handler, type NodePeer, serve, text } from 'rxpaf';
import { accept, type WebSocket } from 'rxpaf/ws';
import { answering } from './support/asked.js';
import { holdings, type Holdings } from './support/holdings.js';

/** What it has done. */
export interface WebSocketAccount {
  /** WebSockets that are open. */
  readonly open: number;
  readonly opened: number;
  /** Messages that came to rooms, and deliveries of them. */
  readonly messages: number;
  readonly deliveries: number;
  /** WebSockets that did not end by a closing handshake, by the code of their error. */
  readonly unclean: Readonly<Record<string, number>>;
  /** Faults, by their code. */
  readonly faults: Readonly<Record<string, number>>;
}

// Not an interface: those have no index signature.
export type WebSocketServerAnswers = {
  readonly url: () => Promise<string>;
  readonly holdings: () => Promise<Holdings>;
  readonly account: () => WebSocketAccount;
  /** The number of the last message of each room. */
  readonly last: () => Readonly<Record<string, number>>;
  readonly stop: () => Promise<void>;
};

class Room {
  readonly members = new Set<WebSocket>();
  last = 0;

  enter(socket: WebSocket): void {
    this.members.add(socket);
    socket.subscribe({
      next: (message) => {
        tally.messages++;
        const numbered = `${++this.last} ${message as string}`;
        // A member that is slow holds this delivery, and so its sender.
        for (const member of this.members) {
          tally.deliveries++;
          member.next(numbered);
        }
      },
      // Its end is in the account.
      error: () => undefined,
    });
    socket.ended.subscribe(() => this.members.delete(socket));
  }
}

const rooms = new Map<string, Room>();
const tally = {
  open: 0,
  opened: 0,
  messages: 0,
  deliveries: 0,
  unclean: {} as Record<string, number>,
  faults: {} as Record<string, number>,
};

function roomOf(path: string): Room {
  let room = rooms.get(path);
  if (room === undefined) rooms.set(path, (room = new Room()));
  return room;
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}

function onOpen(socket: WebSocket, path: string): void {
  tally.open++;
  tally.opened++;
  socket.ended.subscribe(({ clean, error }) => {
    tally.open--;
    if (!clean) count(tally.unclean, (error as { readonly code?: string } | undefined)?.code ?? 'unknown');
  });
  if (path === '/idle') socket.subscribe(socket);
  else roomOf(path).enter(socket);
}

const handler: Handler<NodePeer> = {
  request: (request, exchange) =>
    request.path === '/'
      ? text('the soak of WebSockets')
      : accept(request, exchange, { deflate: true }).pipe(
          tap((socket) => onOpen(socket, request.path)),
          ignoreElements(),
        ),
  error: (faults) => faults.pipe(tap(({ code }) => count(tally.faults, code))),
};

const url = new ReplaySubject<string>(1);
const stop = new Subject<void>();
const options = { host: '127.0.0.1', port: 0, stop, connectProtocol: true, backlog: 4096 } as const;
const ended = lastValueFrom(serve({ ...options, listening: (address) => url.next(address.url) }, handler), {
  defaultValue: undefined,
});

const answers: WebSocketServerAnswers = {
  url: () => firstValueFrom(url),
  holdings,
  account: () => tally,
  last: () => Object.fromEntries([...rooms].map(([path, room]) => [path, room.last])),
  stop: async () => {
    stop.next();
    await ended;
  },
};
answering(answers);
