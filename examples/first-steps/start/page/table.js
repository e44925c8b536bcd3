/* global document */
/** The same exchanges as a table, for users who cannot see the picture. Its twelve rows are made once, and then updated. */
import { abortOf } from './ending.js';
import { bytes, protocol, time } from './format.js';

const ROWS = 12;

export class Table {
  #rows;
  #body;
  #choose;

  /** @param choose - called with the number of the exchange to show in detail. */
  constructor(body, choose) {
    this.#body = body;
    this.#choose = choose;
    this.#rows = Array.from({ length: ROWS }, () => this.#row());
  }

  /** Whether the pointer or the focus is in the table: a row that the user is about to click must not move. */
  get held() {
    return this.#body.matches(':hover, :focus-within');
  }

  fill(exchanges, selected) {
    this.#rows.forEach((row, index) => {
      const exchange = exchanges[index];
      row.element.hidden = exchange === undefined;
      if (exchange === undefined) return;
      row.id = exchange.id;
      const { method, path, status, fault, open, protocol: id, peer, duration } = exchange;
      row.element.classList.toggle('selected', exchange.id === selected);
      row.element.classList.toggle('faulty', fault !== undefined);
      write(row.button, `${method} ${path}`);
      const abort = abortOf(exchange);
      row.element.classList.toggle('aborted', abort !== undefined);
      const remark =
        abort !== undefined ? ` ${abort.mark} ${abort.words}` : fault !== undefined ? ` ✕ ${fault.code}` : '';
      write(row.status, `${status ?? (open ? '…' : '–')}${remark}`);
      write(row.protocol, protocol(id));
      write(row.peer, peer);
      write(row.in, exchange.in === 0 ? '' : bytes(exchange.in));
      write(row.out, exchange.out === 0 ? '' : bytes(exchange.out));
      write(row.time, open ? 'under way' : time(duration));
    });
  }

  #row() {
    const element = this.#body.insertRow();
    element.hidden = true;
    const first = document.createElement('th');
    first.scope = 'row';
    const button = document.createElement('button');
    button.type = 'button';
    first.append(button);
    element.append(first);
    const cell = (...classes) => {
      const made = element.insertCell();
      made.classList.add(...classes);
      return made;
    };
    const row = {
      ...{ element, button, id: undefined },
      ...{ status: cell('status'), protocol: cell('wide'), peer: cell('wide') },
      ...{ in: cell('wide', 'number'), out: cell('wide', 'number'), time: cell('number') },
    };
    button.addEventListener('click', () => {
      if (row.id !== undefined) this.#choose(row.id, button);
    });
    return row;
  }
}

/** Writes only what has changed: a screen reader must not repeat the rest. */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
