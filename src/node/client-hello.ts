/**
 * The name that a client asks for, read from its ClientHello before TLS sees it (RFC 8446 section 4.1.2, RFC 6066 section 3). The rules of
 * that name decide about the whole handshake, and so about the resumption of a session. OpenSSL shows the name only after it has resumed one.
 */

/** A ClientHello is some hundred bytes; with a large ticket and a post-quantum key a few thousand. */
const LONGEST_HELLO = 32 * 1024;

const RECORD_HEADER = 5;
const MESSAGE_HEADER = 4;
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const HOST_NAME = 0;

/** What is known of the name: `needed` bytes have to be there for more to be known. */
export type AskedName = { readonly needed: number } | { readonly needed: undefined; readonly name: string | undefined };

/** Bytes in which no name is found, and none will be: they are for TLS to judge. */
const NAMELESS: AskedName = { needed: undefined, name: undefined };

/** The name in the ClientHello that `bytes` begin with. It never throws: bytes that are not one have no name. */
export function askedName(bytes: Buffer): AskedName {
  const hello = firstMessage(bytes);
  if (!Buffer.isBuffer(hello)) return hello;
  try {
    return { needed: undefined, name: nameIn(hello) };
  } catch {
    // A length that points past the end.
    return NAMELESS;
  }
}

/** The first handshake message, which may be in several records (RFC 8446 section 5.1). */
function firstMessage(bytes: Buffer): Buffer | AskedName {
  const fragments: Buffer[] = [];
  let size = 0;
  for (let at = 0; ;) {
    if (at + RECORD_HEADER > bytes.length) return needs(at + RECORD_HEADER, bytes);
    const end = at + RECORD_HEADER + bytes.readUInt16BE(at + 3);
    if (bytes[at] !== HANDSHAKE) return NAMELESS;
    if (end > bytes.length) return needs(end, bytes);
    fragments.push(bytes.subarray(at + RECORD_HEADER, end));
    size += end - at - RECORD_HEADER;
    at = end;
    if (size < MESSAGE_HEADER) continue;
    const message = fragments.length === 1 ? fragments[0]! : Buffer.concat(fragments);
    if (message[0] !== CLIENT_HELLO) return NAMELESS;
    if (message.length >= MESSAGE_HEADER + message.readUIntBE(1, 3)) return message;
  }
}

function needs(needed: number, { length }: Buffer): AskedName {
  return length > 0 && needed > LONGEST_HELLO ? NAMELESS : { needed };
}

/** The first name of the server_name extension, in lower case. Throws where a length is wrong. */
function nameIn(hello: Buffer): string | undefined {
  // legacy_version and random
  let at = MESSAGE_HEADER + 2 + 32;
  at += 1 + hello.readUInt8(at); // legacy_session_id
  at += 2 + hello.readUInt16BE(at); // cipher_suites
  at += 1 + hello.readUInt8(at); // legacy_compression_methods
  const end = at + 2 + hello.readUInt16BE(at);
  at += 2;
  while (at < end) {
    const type = hello.readUInt16BE(at);
    const size = hello.readUInt16BE(at + 2);
    if (type === SERVER_NAME) return firstName(hello.subarray(at + 4, at + 4 + size));
    at += 4 + size;
  }
  return undefined;
}

/** ServerNameList (RFC 6066 section 3): a name type, and a name in two bytes of length. */
function firstName(extension: Buffer): string | undefined {
  if (extension.readUInt8(2) !== HOST_NAME) return undefined;
  const size = extension.readUInt16BE(3);
  return extension.toString('latin1', 5, 5 + size).toLowerCase();
}
