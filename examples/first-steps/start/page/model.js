import { abortOf, isDisconnect, remarks } from './ending.js';

/**
 * The traffic, as far back as it is drawn. Everything has a limit: connections, lines, marbles, dots. Everything past its limit is counted.
 */

/** Pixels per millisecond: the same on every screen, so that a diagram never stretches. */
export const PX_PER_MS = 0.08;
/** ms for which the model keeps what has happened. */
export const KEPT = 30_000;

/** Lines for the exchanges of a connection. An exchange that finds no free line is drawn as a dot. */
const LANES = 6;
const MOST_CONNECTIONS = 80;
const MOST_RECENT = 200;
/** Distances between marbles, as times: events of one moment are drawn side by side, as in any marble diagram. */
const ms = (pixels) => pixels / PX_PER_MS;
const REACH = { request: 10, status: 12, fault: 9, end: 4, credit: 4.5 };
/** The radius of a chunk: it grows by two pixels for ten times the bytes. */
export const radiusOf = (size) => Math.round(Math.min(9, 3 + 2 * Math.log10(Math.max(1, size / 10))) * 2) / 2;
/** The end of an aborted exchange has a wider mark than a plain one. */
const ABORTED = 10;
const reach = ({ kind, size, text }) =>
  kind === 'end' && text !== undefined ? ABORTED : (REACH[kind] ?? radiusOf(size) + 1);
const LANE_GAP = ms(34);
const DOT = ms(6);
/** A marble that would be drawn later than this after its time is merged into the one before it. */
const LATEST = ms(14);

export class Model {
  connections = new Map();
  /** The latest exchanges by number, for the list and the detail. */
  recent = new Map();
  figures = { ended: 0, faults: 0, aborted: 0, dropped: 0, open: 0, rss: 0 };
  /** The number of connections past the limit. */
  hidden = 0;
  version = 0;
  #filter = { text: '', h1: true, h2: true, faultsOnly: false };
  #filterVersion = 0;
  #ends = [];

  get filter() {
    return this.#filter;
  }

  set filter(filter) {
    this.#filter = filter;
    this.#filterVersion++;
    // A dot stands for many exchanges that are no longer known, so no filter can apply to it.
    for (const connection of this.connections.values()) connection.dots = [];
  }

  get filtered() {
    const { text, h1, h2, faultsOnly } = this.#filter;
    return text !== '' || !h1 || !h2 || faultsOnly;
  }

  /** Exchanges that ended within the last second. */
  get rate() {
    const since = Date.now() - 1000;
    while (this.#ends.length > 0 && this.#ends[0].time < since) this.#ends.shift();
    return this.#ends.reduce((sum, { count }) => sum + count, 0);
  }

  matches(exchange) {
    if (exchange.seenBy === this.#filterVersion) return exchange.matching;
    const { text, h1, h2, faultsOnly } = this.#filter;
    const { method, path, status, peer, protocol, fault, outcome } = exchange;
    exchange.matching =
      (protocol === 'h2' ? h2 : h1) &&
      (!faultsOnly || fault !== undefined) &&
      (text === '' || `${method} ${path} ${status ?? ''} ${peer} ${outcome ?? ''}`.toLowerCase().includes(text));
    exchange.seenBy = this.#filterVersion;
    return exchange.matching;
  }

  apply(events) {
    this.version++;
    let ended = 0;
    for (const event of events) {
      if (event.kind === 'end') ended++;
      this[`on_${event.kind}`]?.(event);
    }
    if (ended > 0) this.#ends.push({ time: Date.now(), count: ended });
    if (this.#ends.length > 200) this.#ends.shift();
  }

  /** The open connections and exchanges, at the start or after missed events: what the list lacks has ended in the meantime. */
  reconcile({ dropped, at, connections, exchanges }) {
    this.figures.dropped += dropped;
    const openConnections = new Set(connections.map(({ connection }) => connection));
    const openExchanges = new Set(exchanges.map(({ exchange }) => exchange));
    for (const connection of this.connections.values()) {
      if (connection.closedAt === undefined && !openConnections.has(connection.id)) connection.closedAt = at;
      for (const { items } of connection.lanes) {
        for (const exchange of items) if (exchange.open && !openExchanges.has(exchange.id)) this.#close(exchange, at);
      }
    }
    for (const exchange of this.recent.values()) {
      if (exchange.open && !openExchanges.has(exchange.id)) this.#close(exchange, at);
    }
    this.figures.open = 0;
    for (const exchange of this.recent.values()) if (exchange.open) this.figures.open++;
    this.apply([...connections, ...exchanges]);
  }

  /** Drops what has left the picture at its left edge. */
  prune(now) {
    const edge = now - KEPT;
    for (const connection of this.connections.values()) {
      dropBefore(connection.marks, edge);
      dropBefore(connection.taken, edge);
      dropBefore(connection.dots, edge);
      let busy = connection.marks.length > 0 || connection.dots.length > 0;
      for (const { items } of connection.lanes) {
        while (items.length > 0 && !items[0].open && items[0].last < edge) items.shift();
        for (const exchange of items) if (exchange.open) dropBefore(exchange.marks, edge);
        busy ||= items.length > 0;
      }
      if (connection.closedAt !== undefined && connection.closedAt < edge && !busy) {
        this.connections.delete(connection.id);
      }
    }
  }

  on_connection({ connection: id, peer, alpn, recorded, own, at }) {
    if (this.connections.has(id)) return;
    if (this.connections.size >= MOST_CONNECTIONS && !this.#evict()) {
      this.hidden++;
      return;
    }
    this.connections.set(id, {
      ...{ id, peer, alpn, recorded, at, protocol: alpn === 'h2' ? 'h2' : alpn === null ? undefined : 'http/1.1' },
      ...{ closedAt: undefined, reset: false, own, count: 0, faults: 0, received: 0, sent: 0 },
      ...{ marks: [], taken: [], dots: [], lanes: [], y: undefined },
    });
  }

  /** Drops the oldest connection that has ended; false if all are open. */
  #evict() {
    for (const connection of this.connections.values()) {
      if (connection.closedAt === undefined) continue;
      this.connections.delete(connection.id);
      return true;
    }
    return false;
  }

  on_own({ connection: id }) {
    const connection = this.connections.get(id);
    if (connection !== undefined) connection.own = true;
  }

  on_closed({ connection: id, at }) {
    const connection = this.connections.get(id);
    if (connection !== undefined) connection.closedAt ??= at;
  }

  on_reset({ connection: id, at }) {
    const connection = this.connections.get(id);
    if (connection === undefined) return;
    connection.closedAt ??= at;
    connection.reset = true;
  }

  on_received(event) {
    this.#onWire(event, 'marks', 'received');
  }

  on_sent(event) {
    this.#onWire(event, 'marks', 'sent');
  }

  on_taken(event) {
    this.#onWire(event, 'taken', undefined);
  }

  #onWire({ connection: id, kind, at, size, count }, row, sum) {
    const connection = this.connections.get(id);
    if (connection === undefined) return;
    if (sum !== undefined) connection[sum] += size;
    place(connection[row], { kind, at, size, count });
  }

  on_request({ exchange: id, connection, at, protocol, stream, method, path, headers }) {
    if (this.recent.has(id)) return;
    const owner = this.connections.get(connection);
    const exchange = {
      ...{ id, connection, at, protocol, stream, method, path, headers, peer: owner?.peer ?? '' },
      ...{ status: undefined, responseHeaders: [], fault: undefined, outcome: undefined, duration: undefined },
      ...{ in: 0, out: 0, credit: 0, chunksIn: 0, chunksOut: 0, open: true, last: at },
      ...{ marks: [], credits: [], lane: undefined, dot: undefined, seenBy: -1, matching: true },
    };
    this.recent.set(id, exchange);
    this.figures.open++;
    if (this.recent.size > MOST_RECENT) this.#forgetOne();
    if (owner === undefined) return;
    owner.count++;
    owner.protocol = protocol;
    if (this.matches(exchange)) this.#findLane(owner, exchange);
    if (exchange.lane === undefined) this.#dot(owner, exchange);
    place(exchange.marks, { kind: 'request', at, text: method.slice(0, 1) });
  }

  /** Drops the oldest exchange that has ended, or the oldest of all. */
  #forgetOne() {
    for (const exchange of this.recent.values()) {
      if (exchange.open && this.recent.size < 2 * MOST_RECENT) continue;
      if (exchange.open) this.figures.open--;
      this.recent.delete(exchange.id);
      return;
    }
  }

  #findLane(connection, exchange) {
    const { lanes } = connection;
    let lane = lanes.find(({ items }) => {
      const before = items.at(-1);
      if (before === undefined) return true;
      const end = before.last + LANE_GAP;
      return !before.open && end < exchange.at && end + labelTime(before) < exchange.at;
    });
    if (lane === undefined && lanes.length < LANES) lanes.push((lane = { items: [] }));
    if (lane === undefined) return;
    exchange.lane = lane;
    lane.items.push(exchange);
  }

  #dot(connection, exchange) {
    if (!this.matches(exchange)) return;
    const latest = connection.dots.at(-1);
    const at = exchange.at - (exchange.at % DOT);
    const faults = exchange.fault !== undefined;
    if (latest?.t === at) {
      latest.count++;
      latest.id = exchange.id;
      latest.faults ||= faults;
      exchange.dot = latest;
    } else {
      exchange.dot = { t: at, count: 1, id: exchange.id, faults, abort: undefined };
      connection.dots.push(exchange.dot);
    }
  }

  on_response({ exchange: id, at, status, headers }) {
    const exchange = this.recent.get(id);
    if (exchange === undefined) return;
    exchange.status = status;
    exchange.responseHeaders = headers;
    this.#mark(exchange, { kind: 'status', at, text: String(status) });
  }

  on_in(event) {
    this.#onChunk(event, 'in', 'chunksIn');
  }

  on_out(event) {
    this.#onChunk(event, 'out', 'chunksOut');
  }

  #onChunk({ exchange: id, kind, at, size, count }, sum, number) {
    const exchange = this.recent.get(id);
    if (exchange === undefined) return;
    exchange[sum] += size;
    exchange[number] += count;
    this.#mark(exchange, { kind, at, size, count });
  }

  on_credit({ exchange: id, at, size, count }) {
    const exchange = this.recent.get(id);
    if (exchange === undefined) return;
    exchange.credit += size;
    place(exchange.credits, { kind: 'credit', at, size, count });
    dropBefore(exchange.credits, at - KEPT);
  }

  on_fault({ exchange: id, connection: connectionId, at, code, scope, message, status }) {
    const connection = this.connections.get(connectionId);
    // A client disconnect is not a fault: the exchanges of the client end as aborted.
    if (isDisconnect({ code })) {
      if (connection !== undefined && id === null) connection.reset = true;
      return;
    }
    this.figures.faults++;
    if (connection !== undefined) connection.faults++;
    const exchange = this.recent.get(id);
    const fault = { code, scope, message, status };
    if (exchange === undefined) {
      if (connection !== undefined) place(connection.marks, { kind: 'fault', at, fault });
      return;
    }
    exchange.fault = fault;
    exchange.seenBy = -1;
    this.#mark(exchange, { kind: 'fault', at });
    if (exchange.lane !== undefined || connection === undefined) return;
    if (this.filter.faultsOnly) this.#dot(connection, exchange);
    else if (exchange.dot !== undefined) exchange.dot.faults = true;
  }

  on_end({ exchange: id, at, status, outcome, received, sent, duration }) {
    this.figures.ended++;
    const exchange = this.recent.get(id);
    if (exchange === undefined) return;
    exchange.status = status ?? exchange.status;
    exchange.in = Math.max(exchange.in, received);
    exchange.duration = duration;
    if (outcome === 'aborted') this.figures.aborted++;
    if (exchange.fault !== undefined && status !== null && !exchange.marks.some(({ kind }) => kind === 'status')) {
      this.#mark(exchange, { kind: 'status', at, text: String(status) });
    }
    // Of the response to a fault, only its size is reported.
    if (exchange.chunksOut === 0 && sent > 0) this.on_out({ exchange: id, kind: 'out', at, size: sent, count: 1 });
    exchange.out = sent;
    this.#close(exchange, at, outcome);
  }

  #close(exchange, at, outcome = 'unseen') {
    if (!exchange.open) return;
    exchange.open = false;
    exchange.outcome = outcome;
    exchange.seenBy = -1;
    this.figures.open--;
    const mark = abortOf(exchange)?.mark;
    if (mark !== undefined && exchange.dot !== undefined) exchange.dot.abort = mark;
    this.#mark(exchange, { kind: 'end', at, text: mark });
  }

  #mark(exchange, mark) {
    place(exchange.marks, mark);
    exchange.last = exchange.marks.at(-1).t;
  }
}

/** The time by which the label above a line is longer than the line. */
function labelTime(exchange) {
  const [remark] = remarks(exchange);
  const label = ms(7 * Math.min(exchange.path.length + exchange.method.length + remark.length + 3, 48));
  return Math.max(0, exchange.at + label - exchange.last - LANE_GAP);
}

/** Adds a mark to its row: beside the last one if the two would overlap, or merged into it if there are many. */
function place(row, mark) {
  const last = row.at(-1);
  mark.t = last === undefined ? mark.at : Math.max(mark.at, last.t + ms(reach(last) + reach(mark) + 1));
  if (last !== undefined && mark.size !== undefined && mark.t > mark.at + LATEST) {
    for (let index = row.length - 1; index >= 0 && index > row.length - 4; index--) {
      if (row[index].kind !== mark.kind) continue;
      row[index].size += mark.size;
      row[index].count += mark.count;
      return;
    }
  }
  row.push(mark);
}

function dropBefore(row, edge) {
  let gone = 0;
  while (gone < row.length && row[gone].t < edge) gone++;
  if (gone > 0) row.splice(0, gone);
}
