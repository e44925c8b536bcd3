/** What async contexts do in a process that uses no store, and once it does: printed as JSON. A test of Jest always uses one. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { asyncContexts, callForAll } from '../../../src/demand/async-context.js';
import { useAsyncContexts } from '../../../src/node/async-contexts.js';

useAsyncContexts();
const contexts = asyncContexts.current!;
const context = contexts.forHandler();
context.runInAsyncScope(() => undefined, undefined);
const unused = { captured: contexts.capture() !== undefined, used: context.used };

const store = new AsyncLocalStorage<string>();
const read = (): string => store.getStore() ?? 'none';
const briefly = contexts.forHandler();
briefly.runInAsyncScope(() => store.run('briefly', read), undefined);
const entered = contexts.forHandler();
entered.runInAsyncScope(() => store.enterWith('entered'), undefined);
const captured = store.run('caller', () => contexts.capture());
const used = {
  briefly: [briefly.used, briefly.runInAsyncScope(read, undefined)],
  entered: [entered.used, entered.runInAsyncScope(read, undefined)],
  captured: captured?.runInAsyncScope(read, undefined),
  nobody: store.run('caller', () => callForAll(read)),
  here: read(),
};
console.log(JSON.stringify({ unused, used }));
