/** undici: the client that implements Node's `fetch`, by its fastest interface. */
import { Agent, request } from 'undici';
import { repeating } from '../support/repeating.js';
import { MIB } from '../support/servers.js';
import { ready } from '../support/worker.js';

const dispatcher = new Agent({ connections: 64 });

async function text(url: string): Promise<string> {
  const { body } = await request(url, { dispatcher });
  return body.text();
}

ready(0, async (task) => {
  if (task.kind === 'get') return repeating(task, (done, failed) => void text(task.url).then(done, failed));
  const begin = performance.now();
  const { body } = await request(task.url, { dispatcher });
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) size += chunk.length;
  return { work: size / MIB, seconds: (performance.now() - begin) / 1000 };
});
