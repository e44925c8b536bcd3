/* global document, matchMedia, performance, requestAnimationFrame */
/** The page: it feeds the stream of events into the model, draws the model, and handles the controls. */
import { Detail } from './detail.js';
import { bytes, count } from './format.js';
import { Model } from './model.js';
import { senders } from './senders.js';
import { Stream } from './stream.js';
import { Table } from './table.js';
import { themes } from './theme.js';
import { Timeline } from './timeline.js';

const byId = (id) => document.getElementById(id);

/** ms by which the picture is late, so that all events of a moment have arrived when it is drawn. */
const DELAY = 200;

export const model = new Model();
/** The picture. The tests of the page ask it where things are. */
export const timeline = new Timeline(model, {
  canvas: byId('timeline'),
  scroller: byId('scroller'),
  extent: byId('extent'),
  axis: byId('axis'),
});
const detail = new Detail(() => (timeline.selected = undefined));
const table = new Table(byId('rows'), choose);
const motion = matchMedia('(prefers-reduced-motion: reduce)');

// Time: the clock of the server, computed from the clock of the browser.

let skew = Infinity;
const synchronize = (at) => {
  const difference = Date.now() - at;
  skew = difference < skew ? difference : skew + (difference - skew) * 0.002;
};
const now = () => Date.now() - (skew === Infinity ? 0 : skew) - DELAY;

// The stream.

const link = byId('link');
const stream = new Stream({
  open: (message) => {
    synchronize(message.at);
    model.reconcile(message);
  },
  frame: (events) => model.apply(events),
  state: ({ at, rss }) => {
    synchronize(at);
    model.figures.rss = rss;
  },
  link: (state) => {
    link.textContent = state;
    link.dataset.state = state;
  },
});

const pause = byId('pause');
let stoppedAt;
function toggle() {
  stoppedAt = stoppedAt === undefined ? now() : undefined;
  const paused = stoppedAt !== undefined;
  pause.setAttribute('aria-pressed', String(paused));
  pause.textContent = paused ? 'Go on' : 'Pause';
  if (paused) stream.stop();
  else stream.start();
}
pause.addEventListener('click', toggle);

// The filters and the detail.

function refilter() {
  const [h1, h2, faultsOnly] = ['show-h1', 'show-h2', 'faults-only'].map((id) => byId(id).checked);
  model.filter = { text: byId('filter').value.trim().toLowerCase(), h1, h2, faultsOnly };
  refresh(true);
}
for (const id of ['filter', 'show-h1', 'show-h2', 'faults-only']) byId(id).addEventListener('input', refilter);

function choose(id, opener) {
  const exchange = model.recent.get(id);
  if (exchange === undefined) return;
  timeline.selected = id;
  detail.show(exchange, opener);
}

const canvas = byId('timeline');
const place = (event) => timeline.at(event.offsetX, event.offsetY);
canvas.addEventListener('click', (event) => {
  const id = place(event);
  if (id === undefined) detail.close();
  else choose(id, byId('scroller'));
});
canvas.addEventListener('pointermove', (event) => {
  canvas.style.cursor = place(event) === undefined ? 'default' : 'pointer';
});

document.addEventListener('keydown', (event) => {
  const typing = event.target.matches('input, textarea');
  if (event.key === 'Escape') detail.close();
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === 'p') toggle();
  if (event.key === '/') {
    event.preventDefault();
    byId('filter').focus();
  }
});

// The figures and the list, twice a second; the spoken summary, every ten seconds.

const figure = Object.fromEntries(
  [...document.querySelectorAll('[data-figure]')].map((element) => [element.dataset.figure, element]),
);
const write = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};

function refresh(anyway = false) {
  const { figures, connections } = model;
  const open = [...connections.values()].filter(
    ({ closedAt, own, count }) => closedAt === undefined && !(own && count === 0),
  );
  write(figure.rate, String(model.rate));
  write(figure.connections, String(open.length + model.hidden));
  write(figure.open, String(figures.open));
  write(figure.faults, String(figures.faults));
  write(figure.aborted, String(figures.aborted));
  write(figure.dropped, String(figures.dropped));
  write(figure.rss, figures.rss === 0 ? '–' : bytes(figures.rss));
  const { memory } = performance;
  write(figure.page, memory === undefined ? '–' : bytes(memory.usedJSHeapSize));
  byId('empty').hidden = !timeline.empty || model.filtered;
  detail.refresh();
  if (table.held && !anyway) return;
  const latest = [];
  for (const exchange of [...model.recent.values()].reverse()) {
    if (latest.length === 12) break;
    if (model.matches(exchange)) latest.push(exchange);
  }
  table.fill(latest, timeline.selected);
}

let heard = { ended: 0, aborted: 0, faults: 0 };
function summarize() {
  const { ended, aborted, faults } = model.figures;
  if (ended === heard.ended && faults === heard.faults) return;
  byId('summary').textContent =
    `In the last ten seconds: ${count(ended - heard.ended, 'exchange')}, ` +
    `${aborted - heard.aborted} of them aborted, ${count(faults - heard.faults, 'fault')}.`;
  heard = { ended, aborted, faults };
}

setInterval(() => {
  if (stoppedAt === undefined) model.prune(now());
  refresh();
}, 500);
setInterval(summarize, 10_000);

// The picture: once a frame of the screen; less often if it takes long; once a second if the user prefers reduced motion.

let drawn = 0;
let cost = 0;
function draw(time) {
  requestAnimationFrame(draw);
  const pace = motion.matches ? 1000 : cost > 10 ? 50 : 0;
  if (time - drawn < pace) return;
  drawn = time;
  timeline.still = motion.matches;
  const begin = performance.now();
  timeline.draw(stoppedAt ?? now(), stoppedAt !== undefined);
  cost = cost * 0.9 + (performance.now() - begin) * 0.1;
}

themes((colours) => {
  timeline.marbles.colours = colours;
});
senders();
stream.start();
requestAnimationFrame(draw);
