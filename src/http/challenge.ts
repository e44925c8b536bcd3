/** The challenges of WWW-Authenticate and Proxy-Authenticate (RFC 9110 section 11.6.1). */

/** A way to authenticate that a server or a proxy offers. */
export interface Challenge {
  /** `basic`, `digest`, `bearer`...: in lower case. */
  readonly scheme: string;
  /** By their names in lower case: `realm`, `nonce`, ... */
  readonly parameters: Readonly<Record<string, string>>;
  /** A token68, which some schemes have in place of parameters. */
  readonly token: string | undefined;
}

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const SPACE = '[\\t ]*';
/** auth-param: a token or a quoted string. */
const PARAMETER = new RegExp(
  `${SPACE}(${TOKEN})${SPACE}=${SPACE}(?:(${TOKEN})|"((?:[^"\\\\]|\\\\.)*)")${SPACE}(?=,|$)`,
  'y',
);
/** auth-scheme, and a token68 if there is one. */
const SCHEME = new RegExp(`${SPACE}(${TOKEN})(?: +([A-Za-z0-9\\-._~+/]+=*)${SPACE}(?=,|$))?(?= |,|$)`, 'y');
const COMMA = /[\t ]*(?:,[\t ]*)+/y;

/** The challenges in a field's value. The rest of a value is left out from where it breaks the grammar. */
export function parseChallenges(value: string): Challenge[] {
  const challenges: (Challenge & { readonly parameters: Record<string, string> })[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(value);
    if (found !== null) at = pattern.lastIndex;
    return found;
  };
  match(COMMA);
  while (at < value.length) {
    // A name with "=" is a parameter of the challenge before it.
    const last = challenges.at(-1);
    const parameter = last === undefined ? null : match(PARAMETER);
    if (parameter !== null) {
      const [, name, token, quoted = ''] = parameter;
      last!.parameters[name!.toLowerCase()] = token ?? quoted.replace(/\\(.)/g, '$1');
    } else {
      const scheme = match(SCHEME);
      if (scheme === null) return challenges;
      challenges.push({ scheme: scheme[1]!.toLowerCase(), parameters: {}, token: scheme[2] });
    }
    match(COMMA);
  }
  return challenges;
}
