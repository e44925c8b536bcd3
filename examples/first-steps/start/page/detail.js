/* global document, fetch, navigator */
/** Shows one exchange in detail, and copies its connection as a test. Clients choose the texts: they are set as text, never as HTML. */
import { abortOf } from './ending.js';
import { bytes, count, protocol, time } from './format.js';

const byId = (id) => document.getElementById(id);

export class Detail {
  exchange = undefined;
  #panel = byId('detail');
  #title = byId('detail-title');
  #body = byId('detail-body');
  #copy = byId('copy-test');
  #told = byId('copy-told');
  #text = byId('test-text');
  #opener;
  #closed;
  #shown = '';

  /** @param closed - called when the user closes the detail. */
  constructor(closed) {
    this.#closed = closed;
    byId('detail-close').addEventListener('click', () => this.close());
    this.#copy.addEventListener('click', () => void this.#copyTest());
  }

  get open() {
    return !this.#panel.hidden;
  }

  show(exchange, opener) {
    this.exchange = exchange;
    this.#opener = opener;
    this.#told.textContent = '';
    this.#text.hidden = true;
    this.#shown = '';
    this.#panel.hidden = false;
    document.documentElement.classList.add('with-detail');
    this.refresh();
    this.#title.focus({ preventScroll: true });
  }

  close() {
    if (!this.open) return;
    this.#panel.hidden = true;
    document.documentElement.classList.remove('with-detail');
    this.exchange = undefined;
    this.#opener?.focus({ preventScroll: true });
    this.#closed();
  }

  /** Shows what has changed: the exchange may still be open. */
  refresh() {
    if (this.exchange === undefined) return;
    const parts = partsOf(this.exchange);
    const shown = JSON.stringify(parts);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#title.textContent = `${this.exchange.method} ${this.exchange.path}`;
    this.#body.replaceChildren(...parts.map(({ title, lines }) => list(title, lines)));
  }

  async #copyTest() {
    const { connection } = this.exchange;
    const answer = await fetch(`/live/connections/${connection}/test`).catch(() => undefined);
    const text = answer === undefined ? 'The server does not respond.' : await answer.text();
    this.#text.textContent = text;
    this.#text.hidden = false;
    if (answer?.ok !== true) {
      this.#told.textContent = 'There is no recording.';
      return;
    }
    const copied = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    );
    this.#told.textContent = copied === true ? 'Copied.' : 'Here it is, to be copied by hand.';
  }
}

function partsOf(exchange) {
  const { protocol: id, stream, peer, status, duration, open, fault, headers, responseHeaders } = exchange;
  const parts = [
    {
      title: undefined,
      lines: [
        ['protocol', stream === null ? protocol(id) : `${protocol(id)}, stream ${stream}`],
        ['peer', peer],
        ['status', String(status ?? 'none yet')],
        ['time', open ? 'under way' : time(duration)],
        ['end', endOf(exchange)],
        ['request', `${bytes(exchange.in)} in ${count(exchange.chunksIn, 'chunk')}`],
        ['credit', creditOf(exchange)],
        ['response', responseOf(exchange)],
      ],
    },
  ];
  if (fault !== undefined) {
    const { code, scope, message } = fault;
    parts.push({
      title: 'Fault',
      lines: [
        ['code', code],
        ['scope', scope],
        ['message', message],
      ],
    });
  }
  parts.push({ title: 'Request fields', lines: headers }, { title: 'Response fields', lines: responseHeaders });
  return parts.filter(({ lines }) => lines.length > 0);
}

function endOf(exchange) {
  const { open, outcome } = exchange;
  if (open) return 'none yet';
  const abort = abortOf(exchange);
  if (abort !== undefined) return `${abort.mark} aborted: ${abort.sentence}`;
  return outcome === 'unseen' ? 'not seen: this page missed some events' : `| ${outcome}`;
}

function creditOf({ in: received, credit, chunksIn, open }) {
  const waiting = chunksIn === 0 ? 0 : Math.max(0, received - credit);
  return `${bytes(credit)} taken by the handler${open && waiting > 0 ? `, ${bytes(waiting)} waiting for it` : ''}`;
}

/** For an aborted response: how much of it was sent. */
function responseOf({ out, chunksOut, outcome, responseHeaders }) {
  const length = responseHeaders.find(([name]) => name === 'content-length')?.[1];
  const whole = outcome === 'aborted' && length != null ? ` of ${bytes(Number(length))}` : '';
  return `${bytes(out)}${whole} in ${count(chunksOut, 'chunk')}`;
}

function list(title, lines) {
  const section = document.createElement('section');
  if (title !== undefined) section.append(element('h3', title));
  const dl = document.createElement('dl');
  for (const [name, value] of lines) {
    const row = document.createElement('div');
    const shown = element('dd', value ?? 'not shown');
    shown.classList.toggle('secret', value === null);
    row.append(element('dt', name), shown);
    dl.append(row);
  }
  section.append(dl);
  return section;
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
