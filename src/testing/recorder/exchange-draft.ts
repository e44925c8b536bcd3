/** An exchange while it is being read. */
import { concat } from '../../bytes.js';
import type { Exchange, FieldsTold } from './exchange.js';
import type { Redactor } from './redaction.js';
import type { Side } from './direction.js';

export class Draft {
  method = '';
  target = '';
  requestHeaders: FieldsTold = {};
  readonly content: Uint8Array[] = [];
  whole = false;
  status: number | undefined = undefined;
  responseHeaders: FieldsTold = {};
  readonly body: Uint8Array[] = [];
  answered = false;
  reset = false;
  /** When the head came; when the response was over, or the exchange broken off. */
  begun: number;
  ended = Infinity;

  constructor(
    readonly stream: number,
    begun: number,
  ) {
    this.begun = begun;
  }

  answer(status: number, fields: readonly string[], redactor: Redactor): void {
    this.status = status;
    // The Date of a replay differs.
    const told = Object.entries(toldFields(fields, redactor)).filter(([name]) => name !== 'date');
    this.responseHeaders = Object.fromEntries(told);
  }

  finished(sent: Side): Exchange {
    const { stream, method, target, requestHeaders, whole, status, responseHeaders } = this;
    const cut = this.reset || sent.end !== undefined;
    const outcome = this.answered ? 'complete' : cut ? 'aborted' : 'open';
    const [content, body] = [concatAll(this.content), concatAll(this.body)];
    return { stream, method, target, requestHeaders, content, whole, status, responseHeaders, body, outcome };
  }
}

function concatAll(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 0 ? new Uint8Array() : concat(parts);
}

/** Names and values in turn, as they are shown; without pseudo-header fields. */
export function toldFields(lines: readonly string[], redactor: Redactor): FieldsTold {
  const told: Record<string, string> = {};
  for (let at = 0; at < lines.length; at += 2) {
    const name = lines[at]!.toLowerCase();
    if (name.startsWith(':')) continue;
    const value = redactor.value(name, lines[at + 1]!);
    const before = Object.hasOwn(told, name) ? told[name]! : undefined;
    // However a cookie is cut, it is one secret (RFC 9113 section 8.2.3).
    told[name] =
      before === undefined || before === value ? value : `${before}${name === 'cookie' ? '; ' : ', '}${value}`;
  }
  return told;
}
