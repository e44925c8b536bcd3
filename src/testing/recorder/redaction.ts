/** Secrets in recorded bytes: replaced when a head is read, so that no recording has them, in any form. */
import { arrayValue, checkOptions, type OptionCheck, type OptionTable, textValue } from '../../option-checks.js';

/** The parts of a recording that are hidden. */
export interface Redaction {
  /** Names of header fields whose values are secrets, in place of {@link SECRET_FIELDS}. */
  readonly fields?: readonly string[];
  /** Whether values in queries are secrets (all of them, or those of some names): not unless set. */
  readonly query?: boolean | readonly string[];
  /** The text in place of a secret: `REDACTED` unless set. */
  readonly placeholder?: string;
}

const OPTIONS: OptionTable<Redaction> = {
  fields: arrayValue,
  query: (name, value) => (typeof value === 'boolean' ? undefined : arrayValue(name, value)),
  placeholder: (name, value) => (value === '' ? undefined : textValue(name, value)),
};

/** A redaction, or `false`. */
export const checkRedaction: OptionCheck = (name, value) => {
  if (value !== false) checkOptions(name, value as Redaction, OPTIONS);
};

/** Fields that carry secrets: credentials, and proofs of a session. */
export const SECRET_FIELDS: readonly string[] = Object.freeze([
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
]);

/** Redacts heads. */
export class Redactor {
  private readonly fields: ReadonlySet<string>;
  private readonly placeholder: string;
  private readonly isSecretParameter: (name: string) => boolean;
  private readonly fieldLines: RegExp | undefined;

  constructor(redaction: Redaction | false) {
    checkRedaction('redact', redaction);
    const {
      fields,
      query = false,
      placeholder = 'REDACTED',
    } = redaction === false ? { fields: [] } : { fields: SECRET_FIELDS, ...redaction };
    this.fields = new Set(fields.map((name) => name.toLowerCase()));
    this.placeholder = placeholder;
    this.isSecretParameter = typeof query === 'boolean' ? () => query : (name) => query.includes(name);
    const names = [...this.fields].map((name) => name.replace(/[^\w-]/g, '\\$&'));
    // To the end of the line, or of the lines that are folded after it (obs-fold), or of the recording.
    this.fieldLines =
      names.length === 0 ? undefined : new RegExp(`^(${names.join('|')})([ \\t]*:[ \\t]*)(?:.|\\r?\\n[ \\t])*`, 'gim');
  }

  /** The value of a field. */
  value(name: string, value: string): string {
    if (this.fields.has(name.toLowerCase())) return this.placeholder;
    // The address of the last page (RFC 9110 section 10.1.3) repeats a secret of a query.
    return name === ':path' || name === 'referer' || name === 'location' ? this.target(value) : value;
  }

  /** A request target, or a URL. */
  target(target: string): string {
    const at = target.indexOf('?');
    if (at < 0) return target;
    const parameters = target.slice(at + 1).split('&');
    const redacted = parameters.map((parameter) => {
      const [name = ''] = parameter.split('=', 1);
      return name.length < parameter.length && this.isSecretParameter(name) ? `${name}=${this.placeholder}` : parameter;
    });
    return `${target.slice(0, at)}?${redacted.join('&')}`;
  }

  /** Text that may be a part of a message: field lines by how they look. */
  text(text: string): string {
    const { fieldLines } = this;
    const lines = fieldLines === undefined ? text : text.replace(fieldLines, `$1$2${this.placeholder}`);
    return lines.replace(/^([A-Z]+ )(\S+)/gm, (_, method: string, target: string) => method + this.target(target));
  }
}
