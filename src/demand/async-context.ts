/**
 * A seam for Node's async contexts (AsyncLocalStorage). The core knows that callbacks of the program run in the context of their own
 * request, but not how a context is made. Without an implementation (`node/async-contexts.ts`), callbacks are simply called.
 */

/** The context of one request, or of none. */
export interface AsyncContext {
  runInAsyncScope<A extends unknown[], R>(callback: (this: unknown, ...args: A) => R, thisArg: unknown, ...args: A): R;
}

/** A context in which a handler runs. */
export interface HandlerContext extends AsyncContext {
  /** Whether a store was used in it: it is then the handler's own, and not to be used for another one. */
  readonly used: boolean;
}

/** @internal */
export interface AsyncContexts {
  /** The context of no request. */
  readonly nobody: AsyncContext;
  /** Whether a store is in use anywhere in the process. */
  inUse(): boolean;
  /** The context of the caller; undefined while no store is in use. */
  capture(): AsyncContext | undefined;
  /** A context of its own for a handler, made of that of no request. */
  forHandler(): HandlerContext;
}

/**
 * Set once, by the implementation.
 * @internal
 */
export const asyncContexts: { current: AsyncContexts | undefined } = { current: undefined };

/**
 * Calls `callback` in the context of no request: the timers and connections that it begins outlive the caller, and serve others.
 * @internal
 */
export function callForAll<R>(callback: () => R): R {
  const contexts = asyncContexts.current;
  return contexts === undefined ? callback() : contexts.nobody.runInAsyncScope(callback, undefined);
}
