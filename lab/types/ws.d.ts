/** The parts of the package `ws` that the lab uses: it has no types of its own. */
declare module 'ws' {
  import type { Writable } from 'node:stream';

  interface ReceiverOptions {
    readonly isServer: boolean;
    readonly maxPayload: number;
    readonly maxFragments: number;
    readonly extensions: Readonly<Record<string, PerMessageDeflate>>;
  }

  interface Socket {
    on(event: 'message', listener: (data: Buffer, isBinary: boolean) => void): this;
    send(data: string | Buffer, options?: { readonly binary: boolean }): void;
  }

  interface ServerOptions {
    readonly host: string;
    readonly port: number;
    readonly perMessageDeflate: boolean;
    readonly backlog?: number;
  }

  export class WebSocketServer {
    constructor(options: ServerOptions, listening: () => void);
    on(event: 'connection', listener: (socket: Socket) => void): this;
    address(): { readonly port: number };
  }

  export class Receiver extends Writable {
    constructor(options: ReceiverOptions);
  }

  export class PerMessageDeflate {
    static readonly extensionName: string;
    constructor(options: { readonly isServer: boolean; readonly maxPayload: number });
    accept(configurations: readonly Readonly<Record<string, readonly unknown[]>>[]): unknown;
    cleanup(): void;
  }
}
