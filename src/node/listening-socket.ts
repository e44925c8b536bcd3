/** The socket that a server listens on: a port, the file of a unix socket, or one that was inherited. */
import { chmodSync } from 'node:fs';
import type { AddressInfo, ListenOptions as NodeListenOptions, Server } from 'node:net';
import { ListenError } from '../errors.js';
import { listenError } from './listen-errors.js';
import type { ListenAddress, ListenOptions } from './listen-options.js';
import { checkLength, isFile, removeDeadSocket, withMode } from './unix-socket-file.js';

/** What becomes of it. */
export interface ListeningSocketEvents {
  listening(address: ListenAddress): void;
  /** It does not listen, or no longer. */
  failed(error: ListenError): void;
}

/** Since when Node has it. */
const REUSE_PORT = [
  [22, 12],
  [23, 1],
] as const;

/** @internal */
export class ListeningSocket {
  private giveUp: (() => void) | undefined = undefined;
  private replaced = false;
  private ended = false;

  constructor(
    private readonly server: Server,
    private readonly options: ListenOptions,
    private readonly scheme: 'http' | 'https',
    private readonly events: ListeningSocketEvents,
  ) {}

  begin(): void {
    const error = this.refusal();
    if (error !== undefined) return this.events.failed(error);
    withMode(this.options.mode, () => this.server.listen(this.place(), () => this.onListening()));
  }

  /** An error of the server that is not one of accepting. */
  onError(cause: NodeJS.ErrnoException): void {
    const { path } = this.options;
    const mayBeDead = cause.code === 'EADDRINUSE' && path !== undefined && isFile(path) && !this.replaced;
    if (!mayBeDead) return this.fail(cause);
    this.replaced = true;
    this.giveUp = removeDeadSocket(path, (error) => {
      this.giveUp = undefined;
      if (this.ended) return;
      if (error !== undefined) this.fail(error);
      else this.begin();
    });
  }

  end(): void {
    this.ended = true;
    this.giveUp?.();
    this.server.close();
  }

  private fail(cause: NodeJS.ErrnoException): void {
    this.events.failed(listenError(cause, this.options));
  }

  /** What is known beforehand not to work. */
  private refusal(): ListenError | undefined {
    const { port, path, reusePort } = this.options;
    if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
      return new ListenError('listen-failed', 'the port is not an integer from 0 to 65535');
    }
    if (reusePort === true && !hasReusePort(process.versions.node)) {
      const words = `reusePort needs Node 22.12, or 23.1, or later, and this is ${process.versions.node}`;
      return new ListenError('listen-failed', `${words}: update Node, or let node:cluster share the port`);
    }
    if (path === undefined) return undefined;
    try {
      checkLength(path);
    } catch (cause) {
      return listenError(cause as NodeJS.ErrnoException, this.options);
    }
    return undefined;
  }

  private place(): NodeListenOptions & { fd?: number; reusePort?: boolean } {
    const { backlog = 511, path, fd, port = 0, host, reusePort } = this.options;
    if (path !== undefined) return { backlog, path };
    if (fd !== undefined) return { backlog, fd };
    return { backlog, port, host, ...(reusePort === true ? { reusePort } : {}) };
  }

  private onListening(): void {
    const { path, mode } = this.options;
    // The name of the host was still being resolved when nobody wanted it any more.
    if (this.ended) return void this.server.close();
    try {
      if (path !== undefined && mode !== undefined && isFile(path)) chmodSync(path, mode);
    } catch (cause) {
      return this.fail(cause as NodeJS.ErrnoException);
    }
    this.events.listening(this.address());
  }

  private address(): ListenAddress {
    const address = this.server.address() as AddressInfo | string;
    if (typeof address === 'string') return { url: `unix:${address}`, port: undefined, path: address };
    const { family, port } = address;
    const wildcard = address.address === '::' || address.address === '0.0.0.0';
    const host = wildcard ? 'localhost' : family === 'IPv6' ? `[${address.address}]` : address.address;
    return { url: `${this.scheme}://${host}:${port}`, port, path: undefined };
  }
}

/** Whether that version of Node has `reusePort`: an older one would ignore it. */
export function hasReusePort(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 23 || REUSE_PORT.some(([since, from]) => major === since && minor >= from);
}
