/* global devicePixelRatio, document, ResizeObserver */
/**
 * The picture: a line for each connection, with its bytes and their credit, and below it a line for each exchange. Time runs from
 * left to right, with now at the right edge, as in any marble diagram. The axis above the picture does not move: its labels say how
 * long ago an event was. Only the visible part is drawn.
 */
import { Marbles } from './marbles.js';
import { PX_PER_MS, radiusOf } from './model.js';
import { remarks } from './ending.js';
import { count as counted } from './format.js';

const CONNECTION = 52;
const LANE = 50;
const DOTS = 24;
const SPACE = 10;
/** Pixels from now to the right edge: room for the arrow. */
const RIGHT = 22;

const MONO = '11.5px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace';
/** Pixels of margin, left and right. */
const EDGE = 8;
const SANS = '600 11px ui-sans-serif, system-ui, sans-serif';

export class Timeline {
  marbles = new Marbles();
  /** The number of the exchange that is shown in detail. */
  selected = undefined;
  #canvas;
  #scroller;
  #extent;
  #axis;
  #ticks = [];
  #charWidth = 7;
  #paused = false;
  #context;
  #model;
  #width = 0;
  #height = 0;
  #now = 0;
  #total = -1;
  /** Reduced motion: connections jump to their places. */
  still = false;

  constructor(model, { canvas, scroller, extent, axis }) {
    this.#model = model;
    this.#canvas = canvas;
    this.#scroller = scroller;
    this.#extent = extent;
    this.#axis = axis;
    this.#context = canvas.getContext('2d');
    new ResizeObserver(() => this.#resize()).observe(scroller);
    this.#resize();
  }

  #resize() {
    this.#width = this.#scroller.clientWidth;
    this.#height = this.#scroller.clientHeight;
    this.#canvas.width = Math.round(this.#width * devicePixelRatio);
    this.#canvas.height = Math.round(this.#height * devicePixelRatio);
    this.#canvas.style.width = `${this.#width}px`;
    this.#canvas.style.height = `${this.#height}px`;
    this.#context.font = MONO;
    this.#charWidth = this.#context.measureText('0'.repeat(20)).width / 20;
    this.#layAxis();
    if (this.#now > 0) this.draw(this.#now, this.#paused);
  }

  /** `now` at the right end, and a label every second on a narrow screen, every other second on a wide one. */
  #layAxis() {
    const labels = [];
    this.#ticks = [];
    const step = this.#width < 640 ? 1 : 2;
    for (let seconds = 0; ; seconds++) {
      const x = this.#width - RIGHT - seconds * 1000 * PX_PER_MS;
      if (x < 0) break;
      this.#ticks.push(x);
      if (seconds % step !== 0 || x < 18) continue;
      const label = document.createElement('span');
      label.textContent = seconds === 0 ? this.#nowLabel : `−${seconds} s`;
      label.classList.toggle('now', seconds === 0);
      label.style.left = `${x}px`;
      labels.push(label);
    }
    this.#axis.replaceChildren(...labels);
  }

  get #nowLabel() {
    return this.#paused ? 'paused' : 'now';
  }

  #x(at) {
    return this.#width - RIGHT - (this.#now - at) * PX_PER_MS;
  }

  /** The connections to show, newest first, with their heights. */
  #visible() {
    const { connections, filtered } = this.#model;
    const visible = [];
    for (const connection of connections.values()) {
      const lanes = connection.lanes.filter((lane) => this.#shows(lane));
      if (connection.own && connection.count === 0) continue;
      if (lanes.length === 0 && connection.dots.length === 0 && (filtered || this.#past(connection))) continue;
      const height = CONNECTION + lanes.length * LANE + (connection.dots.length > 0 ? DOTS : 0) + SPACE;
      visible.push({ connection, lanes, height });
    }
    return visible.reverse();
  }

  /** A line stays while any part of it is in the picture. */
  #shows({ items }) {
    const last = items.findLast((exchange) => this.#model.matches(exchange));
    return last !== undefined && (last.open || this.#x(last.last) > 0);
  }

  /** Whether the connection has ended and left the picture. */
  #past({ closedAt, marks }) {
    return closedAt !== undefined && this.#x(Math.max(closedAt, marks.at(-1)?.t ?? 0)) < 0;
  }

  get empty() {
    return this.#visible().length === 0;
  }

  /** The places of the connections, in pixels of the canvas. No two of them overlap. */
  get rows() {
    const top = this.#scroller.scrollTop;
    const drawn = this.#visible().filter(({ connection }) => connection.y !== undefined);
    return drawn.map(({ connection, height }) => ({
      ...{ id: connection.id, peer: connection.peer },
      ...{ top: connection.y - top, bottom: connection.y - top + height },
    }));
  }

  /** Moves the connections towards their places, all by the same fraction, so that no connection overlaps the next one. */
  #arrange(visible) {
    let y = SPACE;
    const places = visible.map(({ height }) => {
      y += height;
      return y - height;
    });
    // New connections slide in from above the first known one.
    const known = visible.findIndex(({ connection }) => connection.y !== undefined);
    for (let index = known - 1; index >= 0; index--) {
      visible[index].connection.y = visible[index + 1].connection.y - visible[index].height;
    }
    let free = -Infinity;
    for (let index = 0; index < visible.length; index++) {
      const { connection, height } = visible[index];
      const from = connection.y ?? places[index];
      const to = places[index];
      const place = this.still || Math.abs(to - from) < 1 ? to : from + (to - from) * 0.22;
      connection.y = Math.max(place, free);
      free = connection.y + height;
    }
    return y;
  }

  draw(now, paused = false) {
    this.#now = now;
    if (paused !== this.#paused) {
      this.#paused = paused;
      this.#layAxis();
    }
    const context = this.#context;
    const { paper } = this.marbles.colours;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.fillStyle = paper;
    context.fillRect(0, 0, this.#width, this.#height);
    context.fillStyle = this.marbles.colours.grid;
    for (const x of this.#ticks) context.fillRect(Math.round(x), 0, 1, this.#height);
    const visible = this.#visible();
    const y = this.#arrange(visible);
    if (y !== this.#total) {
      this.#total = y;
      this.#extent.style.height = `${Math.max(y, this.#height)}px`;
    }
    const top = this.#scroller.scrollTop;
    for (const { connection, lanes, height } of visible) {
      const at = connection.y - top;
      if (at + height > 0 && at < this.#height) this.#drawConnection(connection, lanes, at, height);
    }
  }

  #drawConnection(connection, lanes, y, height) {
    const { colours } = this.marbles;
    const context = this.#context;
    context.fillStyle = colours.rule;
    context.fillRect(0, y + height - SPACE / 2, this.#width, 1);
    this.#label(connection, y + 13);
    const line = y + 31;
    const end = connection.closedAt;
    const from = Math.max(0, this.#x(connection.at));
    const to = Math.min(this.#x(Math.max(end ?? Infinity, connection.marks.at(-1)?.t ?? 0)), this.#width - RIGHT);
    this.#line(from, to, line, colours.quiet, 1);
    if (end === undefined) this.#arrow(to, line, colours.quiet);
    else if (to >= 0) {
      if (connection.reset) this.marbles.draw(context, 'abort', 'h1', to, line, 7, '!');
      else this.#bar(to, line, colours.quiet, 7);
    }
    for (const mark of connection.marks) this.#mark(mark, line, 'h1', 0.75);
    for (const mark of connection.taken) this.#credit(mark, y + 44);
    let lane = y + CONNECTION;
    for (const { items } of lanes) {
      for (let index = 0; index < items.length; index++) {
        const exchange = items[index];
        if (this.#model.matches(exchange)) this.#drawExchange(exchange, lane, items[index - 1], items[index + 1]);
      }
      lane += LANE;
    }
    if (connection.dots.length > 0) this.#drawDots(connection, lane + 10);
  }

  #label({ peer, alpn, protocol, recorded, count }, y) {
    const context = this.#context;
    const { colours } = this.marbles;
    const hue = protocol === 'h2' ? 'h2' : 'h1';
    const chip = alpn === null ? `no ALPN${protocol === undefined ? '' : `: ${protocol}`}` : `ALPN ${alpn}`;
    context.font = SANS;
    context.textBaseline = 'middle';
    context.textAlign = 'left';
    const width = context.measureText(chip).width + 16;
    context.beginPath();
    context.roundRect(EDGE, y - 9, width, 18, 9);
    context.fillStyle = protocol === undefined ? colours.rule : colours[`${hue}-soft`];
    context.fill();
    context.fillStyle = colours.ink;
    context.fillText(chip, 16, y + 0.5);
    context.font = MONO;
    const x = EDGE + width + EDGE;
    const most = Math.floor((this.#width - EDGE - x) / this.#charWidth);
    const exchanges = counted(count, 'exchange');
    const more = [recorded ? exchanges : `${exchanges}, not recorded`, exchanges, ''].find(
      (text) => peer.length + 1 + text.length <= most || text === '',
    );
    const name = middle(peer, most);
    context.fillText(name, x, y + 0.5);
    context.fillStyle = colours.quiet;
    if (more !== '') context.fillText(more, x + (name.length + 1) * this.#charWidth, y + 0.5);
  }

  #drawExchange(exchange, y, previous, next) {
    const context = this.#context;
    const { colours } = this.marbles;
    const now = this.#width - RIGHT;
    const start = this.#x(exchange.marks[0]?.t ?? exchange.at);
    const end = exchange.open ? now : Math.min(now, this.#x(exchange.last));
    if (start > now || end < -20) return;
    const line = y + 26;
    if (exchange.id === this.selected) {
      context.beginPath();
      context.roundRect(start - 14, y, Math.max(end - start + 26, 60), LANE - 2, 8);
      context.fillStyle = colours.select;
      context.fill();
    }
    // An exchange that began before the left edge is named at that edge.
    let left = Math.max(start - 9, EDGE);
    // The first exchange of a line may have its name further left, if the name would not fit before the right edge.
    if (previous === undefined) left = Math.max(EDGE, Math.min(left, this.#width - EDGE - this.#nameWidth(exchange)));
    const room = (next === undefined ? this.#width - EDGE : this.#x(next.at) - 14) - left;
    if (exchange.open || end > 30) this.#name(exchange, left, y + 9, room);
    this.#line(Math.max(0, exchange.open ? this.#x(exchange.at) : start), end, line, colours.ink, 1.25);
    if (exchange.open) this.#arrow(end, line, colours.ink);
    for (const mark of exchange.credits) this.#credit(mark, y + 43);
    const hue = exchange.protocol === 'h2' ? 'h2' : 'h1';
    for (const mark of exchange.marks) this.#mark(mark, line, hue, 1);
  }

  #nameWidth(exchange) {
    const { method, path, open } = exchange;
    const remark = open ? '' : ` ${remarks(exchange).at(-1)}`;
    return Math.ceil(`${method} ${path}${remark}`.length * this.#charWidth) + 1;
  }

  #name(exchange, x, y, room) {
    const { method, path, fault } = exchange;
    const context = this.#context;
    const { colours } = this.marbles;
    context.font = MONO;
    context.textBaseline = 'middle';
    context.textAlign = 'left';
    const most = Math.floor(room / this.#charWidth);
    if (most < 4) return;
    const whole = `${method} ${path}`;
    const choices = remarks(exchange);
    // The path is shortened, but never the word `aborted`.
    const remark = choices.find((text) => whole.length + 1 + text.length <= most) ?? choices.at(-1);
    const left = most - (remark === '' ? 0 : remark.length + 1);
    const name = left < 4 ? '' : whole.length > left ? `${whole.slice(0, left - 1)}…` : whole;
    context.fillStyle = colours.ink;
    context.fillText(name, x, y);
    if (remark.length > most) return;
    const [mark] = remark;
    context.fillStyle = mark === '!' ? colours.warn : fault === undefined ? colours.quiet : colours.fault;
    context.fillText(remark, x + (name === '' ? 0 : name.length + 1) * this.#charWidth, y);
  }

  #mark({ kind, t, size, text }, y, hue, scale) {
    const x = this.#x(t);
    if (x < -12 || x > this.#width - RIGHT) return;
    if (kind === 'end' && text !== undefined) return this.marbles.draw(this.#context, 'abort', hue, x, y, 8.5, text);
    if (kind === 'end') return this.#bar(x, y, this.marbles.colours.ink, 9);
    const radius = kind === 'request' ? 9.5 : kind === 'status' ? 11 : kind === 'fault' ? 9 : radiusOf(size) * scale;
    this.marbles.draw(this.#context, kind, hue, x, y, radius, text);
  }

  #credit({ t, size }, y) {
    const x = this.#x(t);
    if (x < -12 || x > this.#width - RIGHT) return;
    this.marbles.draw(this.#context, 'credit', 'h1', x, y, Math.min(4.5, radiusOf(size) * 0.6));
  }

  /** Exchanges without a line: one dot for those of one moment. */
  #drawDots({ dots, protocol }, y) {
    const hue = protocol === 'h2' ? 'h2' : 'h1';
    for (const { t, count, faults, abort } of dots) {
      const x = this.#x(t);
      if (x < -12 || x > this.#width - RIGHT) continue;
      const radius = Math.min(6.5, 2.5 + Math.round(Math.log2(count)));
      if (abort !== undefined) this.marbles.draw(this.#context, 'abort', hue, x, y, 6, abort);
      else if (faults) this.marbles.draw(this.#context, 'fault', hue, x, y, 6);
      else this.marbles.draw(this.#context, 'dot', hue, x, y, radius);
    }
  }

  #line(from, to, y, colour, width) {
    if (to <= from) return;
    const context = this.#context;
    context.fillStyle = colour;
    context.fillRect(from, y - width / 2, to - from, width);
  }

  #bar(x, y, colour, reach) {
    this.#context.fillStyle = colour;
    this.#context.fillRect(x - 1, y - reach, 2, 2 * reach);
  }

  #arrow(x, y, colour) {
    const context = this.#context;
    context.beginPath();
    context.moveTo(x, y - 4);
    context.lineTo(x + 8, y);
    context.lineTo(x, y + 4);
    context.fillStyle = colour;
    context.fill();
  }

  /** The number of the exchange at a position of the canvas. */
  at(x, y) {
    const there = y + this.#scroller.scrollTop;
    for (const { connection, lanes, height } of this.#visible()) {
      if (there < connection.y || there >= connection.y + height) continue;
      const row = there - connection.y - CONNECTION;
      const lane = lanes[Math.floor(row / LANE)];
      if (row < 0) return undefined;
      if (lane === undefined) return this.#nearestDot(connection.dots, x);
      return lane.items.findLast((exchange) => this.#covers(exchange, x))?.id;
    }
    return undefined;
  }

  #covers(exchange, x) {
    const start = this.#x(exchange.at) - 14;
    const end = exchange.open ? this.#width : Math.max(this.#x(exchange.last) + 14, start + 90);
    return x >= start && x <= end && this.#model.matches(exchange);
  }

  #nearestDot(dots, x) {
    let nearest;
    for (const dot of dots) {
      if (nearest === undefined || Math.abs(this.#x(dot.t) - x) < Math.abs(this.#x(nearest.t) - x)) nearest = dot;
    }
    return nearest !== undefined && Math.abs(this.#x(nearest.t) - x) < 12 ? nearest.id : undefined;
  }
}

/** Shortens a text in its middle: the host and the port of an address both matter. */
function middle(text, most) {
  if (text.length <= most) return text;
  if (most < 3) return '';
  const tail = Math.min(7, Math.floor((most - 1) / 2));
  return `${text.slice(0, most - 1 - tail)}…${text.slice(-tail)}`;
}
