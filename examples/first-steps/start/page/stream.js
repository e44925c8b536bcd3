/* global EventSource, setTimeout */
/** The events that the server sends about its traffic, while the page is not paused. */

export class Stream {
  #source;
  #hears;

  /** @param hears - `open`, `frame` and `state` are called with the events, `link` with the state of the stream. */
  constructor(hears) {
    this.#hears = hears;
  }

  start() {
    if (this.#source !== undefined) return;
    const source = new EventSource('/live');
    this.#source = source;
    for (const name of ['open', 'frame', 'state']) {
      source.addEventListener(name, ({ data }) => {
        // EventSource has an event `open` of its own, without data.
        if (data !== undefined) this.#hears[name](JSON.parse(data));
      });
    }
    source.addEventListener('open', () => this.#hears.link('live'));
    source.addEventListener('error', () => {
      if (source !== this.#source) return;
      this.#hears.link('reconnecting');
      // EventSource gives up after an unexpected response; this retries until the server is available.
      if (source.readyState !== EventSource.CLOSED) return;
      this.#source = undefined;
      setTimeout(() => this.start(), 2000);
    });
  }

  /** Ends the stream: a page that is paused costs the server nothing. */
  stop() {
    this.#source?.close();
    this.#source = undefined;
    this.#hears.link('paused');
  }
}
