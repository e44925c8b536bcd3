/** The certificate that a client is shown, by the server name that it asks for (SNI, RFC 6066 section 3). */
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';

/** The context of a server name; undefined is the default one. */
export type NamedContexts = (name: string) => SecureContext | undefined;

/** @param options - by server name; `*.` stands for one label. */
export function namedContexts(options: Readonly<Record<string, SecureContextOptions>> = {}): NamedContexts {
  const contexts = new Map(
    Object.entries(options).map(([name, context]) => [name.toLowerCase(), createSecureContext(context)]),
  );
  return (name) => {
    const lower = name.toLowerCase();
    return contexts.get(lower) ?? contexts.get(lower.replace(/^[^.]*/, '*'));
  };
}
