/** The parts of the package `ws` that the fuzzer uses: it has no types of its own. */
declare module 'ws' {
  import type { Writable } from 'node:stream';

  interface ReceiverOptions {
    readonly isServer: boolean;
    readonly maxPayload: number;
    readonly maxFragments: number;
    readonly extensions: Readonly<Record<string, PerMessageDeflate>>;
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
