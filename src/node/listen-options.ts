/** The options of `listen`, and which of them go together. */
import type { Observable } from 'rxjs';
import {
  anyValue,
  booleanValue,
  checkNumber,
  checkOptions,
  functionValue,
  integerOf,
  objectValue,
  type OptionCheck,
  type OptionTable,
  textValue,
} from '../option-checks.js';
import type { ListenTlsOptions } from './tls-options.js';

/** Where a listener is reached. */
export interface ListenAddress {
  /** `http://host:port` or `https://host:port`; `unix:path` of a unix socket. */
  readonly url: string;
  readonly port: number | undefined;
  readonly path: string | undefined;
}

/** Where and how to listen. */
export interface ListenOptions {
  /** A port; 0, or none, is one that is free. */
  readonly port?: number;
  /** The address to listen on: all of them unless set. */
  readonly host?: string;
  /** A unix socket, in place of a port. The file of a program that has died is replaced; one that a program listens on is not. */
  readonly path?: string;
  /** The permissions of the unix socket's file, which decide who may connect, such as `0o660`. Those of the process's umask unless set. */
  readonly mode?: number;
  /** The descriptor of a socket that is bound, or listens already: from systemd, or a parent process. In place of a port. */
  readonly fd?: number;
  /** Whether several processes may listen on the port, each with a part of its connections (SO_REUSEPORT): Node 22.12 or later. */
  readonly reusePort?: boolean;
  /** TLS. An Observable of options renews the certificate, and all else, with each of its values, without a restart. */
  readonly tls?: ListenTlsOptions | Observable<ListenTlsOptions>;
  /** Connections that the kernel keeps for us to accept: 511 unless set. */
  readonly backlog?: number;
  /** Connections at once; those past it are closed, and emitted as failures. */
  readonly maxConnections?: number;
  /**
   * ms without a byte after which TCP asks whether the client is still there (RFC 9293 section 3.8.4): 60,000 unless set, `Infinity`
   * is never. A client that has vanished (no power, no network) then ends its connection with `connection-reset`, some ten more
   * unanswered questions later.
   */
  readonly tcpKeepAlive?: number;
  /** Called once connections are accepted. */
  readonly listening?: (address: ListenAddress) => void;
}

/** The permissions of a file. */
const modeValue: OptionCheck = (name, value) => {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0o777) return;
  throw new RangeError(`${name}: expected the permissions of a file, from 0o000 to 0o777`);
};

/** The kernel counts in seconds. */
const keepAliveValue: OptionCheck = (name, value) =>
  void checkNumber(name, value as number, 1000, Infinity, 'ms from 1000, or Infinity');

/** What each option has to be. A port is looked at when it is listened on: it often comes from the environment. */
export const LISTEN_OPTIONS: OptionTable<ListenOptions> = {
  port: anyValue,
  host: textValue,
  path: textValue,
  mode: modeValue,
  fd: integerOf(0),
  reusePort: booleanValue,
  tls: objectValue,
  backlog: integerOf(1),
  maxConnections: integerOf(1),
  tcpKeepAlive: keepAliveValue,
  listening: functionValue,
};

/** Options that would have no effect together. */
const EXCLUSIVE: readonly (readonly [keyof ListenOptions, keyof ListenOptions])[] = [
  ['path', 'port'],
  ['path', 'host'],
  ['path', 'fd'],
  ['path', 'reusePort'],
  ['fd', 'port'],
  ['fd', 'host'],
  ['fd', 'reusePort'],
];

/** @throws RangeError or TypeError for options that are not those of `listen`, or that do not go together. */
export function checkListenOptions(options: ListenOptions): void {
  checkOptions('listen', options, LISTEN_OPTIONS);
  for (const [one, other] of EXCLUSIVE) {
    if (options[one] !== undefined && options[other] !== undefined && options[other] !== false) {
      throw new RangeError(`listen: ${one} and ${other} do not go together: set one of them`);
    }
  }
  if (options.mode !== undefined && options.path === undefined) {
    throw new RangeError('listen: mode is for the file of a unix socket: set path');
  }
}
