/** Lists of the opening handshake: tokens, and extensions with their parameters (RFC 6455 sections 4.3 and 9.1). */
import { isToken } from '../../http/fields.js';

/** One element of Sec-WebSocket-Extensions. A parameter without a value is `true`. */
export interface ExtensionOffer {
  readonly name: string;
  readonly parameters: readonly (readonly [name: string, value: string | true])[];
}

/** The elements of a list of tokens, in lower case; empty ones are left out (RFC 9110 section 5.6.1). */
export function tokensOf(value: string | undefined): string[] {
  if (value === undefined) return [];
  return value
    .toLowerCase()
    .split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '');
}

/** The elements of Sec-WebSocket-Extensions, in order; undefined if it is malformed. */
export function parseExtensions(value: string): ExtensionOffer[] | undefined {
  const offers: ExtensionOffer[] = [];
  const scanner = new Scanner(value);
  while (!scanner.atEnd()) {
    if (scanner.takes(',')) continue;
    const offer = parseExtension(scanner);
    if (offer === undefined || !(scanner.atEnd() || scanner.takes(','))) return undefined;
    offers.push(offer);
  }
  return offers;
}

function parseExtension(scanner: Scanner): ExtensionOffer | undefined {
  const name = scanner.token();
  if (name === undefined) return undefined;
  const parameters: [string, string | true][] = [];
  while (scanner.takes(';')) {
    const parameter = scanner.token();
    if (parameter === undefined) return undefined;
    if (!scanner.takes('=')) {
      parameters.push([parameter, true]);
      continue;
    }
    const value = scanner.valueOf();
    // A quoted value is a token as well, once it is unquoted (RFC 6455 section 9.1).
    if (value === undefined || !isToken(value)) return undefined;
    parameters.push([parameter, value]);
  }
  return { name, parameters };
}

/** Reads a field value from left to right; whitespace between its parts does not count. */
class Scanner {
  private at = 0;

  constructor(private readonly text: string) {
    this.skip();
  }

  atEnd(): boolean {
    return this.at >= this.text.length;
  }

  takes(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at++;
    this.skip();
    return true;
  }

  token(): string | undefined {
    return this.matched(/[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y);
  }

  /** A token, or what a quoted string holds. */
  valueOf(): string | undefined {
    if (this.text[this.at] !== '"') return this.token();
    const quoted = this.matched(/"(?:[^"\\]|\\.)*"/y);
    return quoted?.slice(1, -1).replace(/\\(.)/g, '$1');
  }

  private matched(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found === undefined) return undefined;
    this.at += found.length;
    this.skip();
    return found;
  }

  private skip(): void {
    while (this.text[this.at] === ' ' || this.text[this.at] === '\t') this.at++;
  }
}
