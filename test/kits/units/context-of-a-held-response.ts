/**
 * A process that uses no store when its requests arrive: the first response is given within a store, and lets the second one go on. Prints
 * the store that the second one sees.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { defer, Observable, of, Subject } from 'rxjs';
import { memoryPair } from '../../../src/flow/index.js';
import { service } from '../../../src/server/index.js';
import type { HttpResponse } from '../../../src/drive/response.js';
import { bytes, text } from '../../../src/drive/response-builders.js';
import { useAsyncContexts } from '../../../src/node/async-contexts.js';

useAsyncContexts();
const store = new AsyncLocalStorage<string>();
const seen: string[] = [];
const first = new Subject<HttpResponse>();
const [server, client] = memoryPair();
const info = { alpn: () => 'http/1.1', peer: () => 'client', injection: () => server };
const running = new Observable<void>((subscriber) => subscriber.next())
  .pipe(
    service(info, ({ path }) => {
      if (path === '/first') return first;
      return bytes(defer(() => (seen.push(store.getStore() ?? 'none'), of('second'))));
    }),
  )
  .subscribe();
client.subscribe();
for (const path of ['/first', '/second']) client.next(Buffer.from(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`));
store.run('first', () => first.next(text('first')));
console.log(JSON.stringify(seen));
running.unsubscribe();
