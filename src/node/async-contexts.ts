/* eslint-disable @typescript-eslint/unbound-method -- a method is put on a prototype */
/**
 * Async contexts (AsyncLocalStorage), for the seam of the core.
 *
 * Most processes use none, and those must not pay: a resource costs 60 ns, a call in its scope 20. So a handler runs in a resource that is
 * used again until a store is set in it. A caller's context is kept only while stores are in use. Node cannot report either, but it sets a
 * store as a property of the current resource, or of a new one. The resources here have a prototype that notices.
 */
import { AsyncResource } from 'node:async_hooks';
import { type AsyncContext, asyncContexts, type HandlerContext } from '../demand/async-context.js';

class Resource extends AsyncResource implements HandlerContext {
  /** Whether a property was set that not every resource has. On the prototype, it is false. */
  declare used: boolean;

  constructor() {
    super('RXPAF', { requireManualDestroy: true });
  }
}
Resource.prototype.used = false;
// Found here, a call costs 20 ns; through the proxy above, 300.
Resource.prototype.runInAsyncScope = AsyncResource.prototype.runInAsyncScope;

// The properties of every resource are on the prototype itself, where the code above does not notice them.
for (const symbol of Object.getOwnPropertySymbols(new Resource())) {
  Object.defineProperty(Resource.prototype, symbol, { value: undefined, writable: true });
}
Object.setPrototypeOf(
  Resource.prototype,
  new Proxy(AsyncResource.prototype, {
    set(_target, key, value, receiver: object) {
      (receiver as Resource).used = true;
      return Reflect.defineProperty(receiver, key, { value, writable: true, enumerable: true, configurable: true });
    },
  }),
);

/**
 * Whether Node keeps stores in resources. Newer ones keep them elsewhere (AsyncContextFrame): a context is then always kept. To try it
 * with a store would slow the process down for good: once a store has been used, each resource costs more.
 */
function noticesStores(): boolean {
  const [major] = process.versions.node.split('.').map(Number);
  const flags = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' ');
  if (flags.includes('--no-async-context-frame')) return true;
  return major! < 24 && !flags.includes('--experimental-async-context-frame');
}

let installed = false;

/** Makes the core call callbacks in the context of their own request. The first call counts. */
export function useAsyncContexts(): void {
  if (installed) return;
  installed = true;
  const isNoticed = noticesStores();
  const nobody: AsyncContext = new Resource();
  asyncContexts.current = {
    nobody,
    inUse: () => !isNoticed || new Resource().used,
    capture: () => {
      const resource = new Resource();
      return !isNoticed || resource.used ? resource : undefined;
    },
    forHandler: () => nobody.runInAsyncScope(() => new Resource(), undefined),
  };
}
