/** What tests of Node's transports share: contexts, what a connection comes to, and a look at what is left open. */
import { firstValueFrom } from 'rxjs';
import { generate } from 'selfsigned';
import { ClientError } from '../../../src/errors.js';
import { Context } from '../../../src/flow/context.js';
import type { Flow } from '../../../src/flow/flow.js';
import { HOST, PORT, SCHEME } from '../../../src/flow/context-keys.js';
import { type ClientTlsOptions, TLS_OPTIONS } from '../../../src/node/context-keys.js';
import type { Pem } from './node-sockets.js';
import { resolve } from '../../../src/node/default-transports.js';

export const local = (port: number): Context => Context.EMPTY.add(HOST, '127.0.0.1').add(PORT, port);

/** `https://localhost:port`, where only `ca` is trusted. */
export function secureLocal(port: number, { ca, ...tls }: ClientTlsOptions): Context {
  const trusted = ca === undefined ? tls : { ...tls, ca };
  return Context.EMPTY.add(SCHEME, 'https').add(HOST, 'localhost').add(PORT, port).add(TLS_OPTIONS, trusted);
}

/** A flow, or the error in place of it. */
export async function connectionOf(context: Context): Promise<Flow> {
  return firstValueFrom(resolve(context));
}

export async function failureOf(context: Context): Promise<ClientError> {
  const error: unknown = await connectionOf(context).then(
    (flow) => {
      flow.error();
      return 'it connected';
    },
    (failure: unknown) => failure,
  );
  if (error instanceof ClientError) return error;
  throw new Error(`no ClientError: ${String(error)}`);
}

/** All text that a flow brings, until its end. */
export function textIn(flow: Flow): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    flow.subscribe({
      next: (chunk) => void (text += Buffer.from(chunk).toString()),
      error: reject,
      complete: () => resolve(text),
    });
  });
}

/** Sockets that this process has open, listening ones too. */
export function openSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => /TCP|Pipe|TLS/.test(name)).length;
}

/** A certificate with names of servers, and addresses, signed by itself or by `ca`. */
export async function serverCertificate(names: readonly string[], ca?: Pem, expired = false): Promise<Pem> {
  const altNames = names.map((name) => (/^[\d.]+$/.test(name) ? { type: 7, ip: name } : { type: 2, value: name }));
  const { private: key, cert } = await generate([{ name: 'commonName', value: names[0]! }], {
    algorithm: 'sha256',
    keyType: 'ec',
    extensions: [{ name: 'subjectAltName', altNames: altNames as never }],
    ...(ca === undefined ? {} : { ca }),
    ...(expired ? { notBeforeDate: new Date('2001-01-01'), notAfterDate: new Date('2002-01-01') } : {}),
  });
  return { key, cert };
}
