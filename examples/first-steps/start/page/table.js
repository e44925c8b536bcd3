/* global document */
/** The same exchanges as a list, for who does not look at pictures: twelve rows that are made once, and filled anew. */
import { abortOf } from './ending.js';
import { bytes, protocol, time } from './format.js';

const ROWS = 12;

export class Table {
  #rows;
  #body;
  #choose;

  /** @param choose - gets the number of the exchange that is to be shown in detail. */
  constructor(body, choose) {
    this.#body = body;
    this.#choose = choose;
    this.#rows = Array.from({ length: ROWS }, () => this.#row());
  }

  /** Whether somebody is in it: what is to be clicked must not move away. */
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

/** Only what has changed: a reader of the screen is not to hear it again. */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
