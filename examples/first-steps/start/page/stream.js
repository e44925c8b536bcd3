/* global EventSource, setTimeout */
/** The server's own account of its traffic: server-sent events, for as long as somebody looks. */

export class Stream {
  #source;
  #hears;

  /** @param hears - `open`, `frame` and `state` get what comes; `link` how the stream is. */
  constructor(hears) {
    this.#hears = hears;
  }

  start() {
    if (this.#source !== undefined) return;
    const source = new EventSource('/live');
    this.#source = source;
    for (const name of ['open', 'frame', 'state']) {
      source.addEventListener(name, ({ data }) => {
        // The browser calls its own beginning `open`, too: that one has no data.
        if (data !== undefined) this.#hears[name](JSON.parse(data));
      });
    }
    source.addEventListener('open', () => this.#hears.link('live'));
    source.addEventListener('error', () => {
      if (source !== this.#source) return;
      this.#hears.link('reconnecting');
      // It gives up where the answer is not what it wants; a server that comes back has it again.
      if (source.readyState !== EventSource.CLOSED) return;
      this.#source = undefined;
      setTimeout(() => this.start(), 2000);
    });
  }

  /** Lets the server go: while nobody looks, looking costs it nothing. */
  stop() {
    this.#source?.close();
    this.#source = undefined;
    this.#hears.link('paused');
  }
}
