/* global document, fetch, location, navigator, AbortController, Blob, ReadableStream, setTimeout, TextEncoder */
/** The buttons that send traffic: real requests from this browser to this server. */

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A slow upload: a stream on HTTP/2, where browsers can stream a request body; otherwise one piece. */
async function upload() {
  const piece = new TextEncoder().encode('marble. '.repeat(6000));
  let left = 12;
  const body = new ReadableStream({
    async pull(controller) {
      await wait(120);
      if (left-- === 0) controller.close();
      else controller.enqueue(piece);
    },
  });
  const streams = location.protocol === 'https:';
  const content = streams ? { body, duplex: 'half' } : { body: new Blob(Array.from({ length: left }, () => piece)) };
  return fetch('/slow', { method: 'PUT', ...content }).then((answer) => answer.text());
}

/** Reads slowly for a second and a half, then cancels the request. */
async function download() {
  const enough = new AbortController();
  const { body } = await fetch('/download/1000000000', { signal: enough.signal });
  const reader = body.getReader();
  for (let reads = 0; reads < 15; reads++) {
    const { done } = await reader.read();
    if (done) return;
    await wait(100);
  }
  enough.abort();
}

const SENDERS = {
  get: () => fetch('/hello').then((answer) => answer.text()),
  upload,
  download,
  /** One fault before the response, which the error stream responds to, and one halfway through a response. */
  fault: () =>
    Promise.allSettled(['/error', '/error/halfway'].map((path) => fetch(path).then((answer) => answer.text()))),
  async all() {
    const sent = [SENDERS.get(), SENDERS.upload()];
    await wait(400);
    sent.push(SENDERS.download(), SENDERS.get());
    await wait(400);
    sent.push(SENDERS.fault());
    await Promise.allSettled(sent);
  },
};

/** A command whose traffic lasts. */
const COMMAND = `curl -N ${location.protocol === 'https:' ? '-k ' : ''}${location.origin}/events`;

export function senders() {
  for (const button of document.querySelectorAll('[data-send]')) {
    // A request that fails is drawn, too.
    button.addEventListener('click', () => void SENDERS[button.dataset.send]().catch(() => undefined));
  }
  document.getElementById('command').textContent = COMMAND;
  const copy = document.getElementById('copy-command');
  copy.addEventListener('click', () => {
    const copied = navigator.clipboard?.writeText(COMMAND);
    copied?.then(() => (copy.textContent = 'Copied')).catch(() => undefined);
  });
}
