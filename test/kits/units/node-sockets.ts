/** The shared parts of tests of real sockets: certificates made for the test, a listener that remembers, and a look at open descriptors. */
import { readdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { generate } from 'selfsigned';
import { noop, Subscription } from 'rxjs';
import {
  type Accepted,
  listen,
  type ListenAddress,
  ListenFailure,
  type ListenOptions,
  type NodeSocket,
} from '../../../src/node/index.js';
import { PATIENCE } from '../patience.js';

export interface Pem {
  readonly key: string;
  readonly cert: string;
}

/** From when, and until when, a certificate is valid. */
export interface Validity {
  readonly notBeforeDate?: Date;
  readonly notAfterDate?: Date;
}

/** A certificate for `name`, signed by itself or by `ca`; valid for a year, unless `validity` says otherwise. */
export async function certificate(name: string, ca?: Pem, validity: Validity = {}): Promise<Pem> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: name }], {
    algorithm: 'sha256',
    keyType: 'ec',
    ...(ca === undefined ? {} : { ca }),
    ...validity,
  });
  return { key, cert };
}

/** A certificate that may sign others. */
export async function authority(name: string): Promise<Pem> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: name }], {
    algorithm: 'sha256',
    keyType: 'ec',
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, digitalSignature: true, critical: true },
    ],
  });
  return { key, cert };
}

/** A listener on 127.0.0.1 that keeps what it accepted. */
export class Listening {
  readonly sockets: NodeSocket[] = [];
  readonly failures: ListenFailure[] = [];
  readonly address: Promise<ListenAddress>;
  readonly subscription = new Subscription();

  constructor(options: ListenOptions) {
    const { path, fd } = options;
    const where = path === undefined && fd === undefined ? { host: '127.0.0.1' } : {};
    this.address = new Promise((resolve, reject) => {
      const accepting = listen({ ...where, ...options, listening: resolve }).subscribe({
        next: (accepted) => this.accept(accepted),
        error: reject,
      });
      this.subscription.add(accepting);
    });
  }

  get port(): Promise<number> {
    return this.address.then(({ port }) => port!);
  }

  get codes(): string[] {
    return this.failures.map(({ error }) => error.code);
  }

  end(): void {
    this.subscription.unsubscribe();
    for (const socket of this.sockets) socket.destroy();
  }

  private accept(accepted: Accepted): void {
    if (accepted instanceof ListenFailure) this.failures.push(accepted);
    else this.sockets.push(accepted.on('error', () => undefined));
  }
}

/** A TLS client that trusts anybody, after its handshake. */
export function secured(options: ConnectionOptions & { readonly allowHalfOpen?: boolean }): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: '127.0.0.1', rejectUnauthorized: false, ...options }, () => resolve(socket));
    socket.on('error', reject);
  });
}

/** The ClientHello that a client of OpenSSL sends. */
export function helloOf(options: ConnectionOptions): Promise<Buffer> {
  return new Promise((resolve) => {
    const below = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, done) => {
        resolve(chunk);
        done();
      },
    });
    connectTls({ socket: below, ...options }).on('error', () => undefined);
  });
}

/** The name on the certificate that the server showed. */
export function shownName(socket: TLSSocket): string {
  return String(socket.getPeerCertificate().subject.CN);
}

/** Waits for `condition`, which events outside of this process bring about. */
export async function until(condition: () => boolean): Promise<void> {
  for (const begin = Date.now(); !condition(); await new Promise((resolve) => setTimeout(resolve, 5))) {
    if (Date.now() - begin > PATIENCE) throw new Error(`waited in vain until ${condition.toString()}`);
  }
}

/** The end of a socket, whatever it is; what still comes is thrown away. */
export function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) return resolve();
    socket.on('error', noop).once('close', () => resolve());
    socket.once('end', () => socket.end()).resume();
  });
}

/** How many descriptors this process has open; undefined if the system does not report it. */
export function openDescriptors(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}
