/**
 * The Priority field, and the value of PRIORITY_UPDATE (RFC 9218 sections 4 and 5): a dictionary (RFC 8941 section 3.2)
 * of which `u` and `i` mean something.
 */

/** How soon a response is wanted. */
export interface Priority {
  /** 0 is the most urgent, 7 the least. */
  readonly urgency: number;
  /** Whether parts of it are of use: it may then share its turn with others. */
  readonly incremental: boolean;
}

export const DEFAULT_URGENCY = 3;

/** The priority without a valid field (RFC 9218 section 4). */
export const DEFAULT_PRIORITY: Priority = Object.freeze({ urgency: DEFAULT_URGENCY, incremental: false });

/** A member of a dictionary: its key, a bare item or none, parameters, and a comma or the end. */
const MEMBER =
  /[ \t]*([a-z*][a-z0-9_.*-]*)(?:=("(?:[ !#-[\]-~]|\\["\\])*"|\([^()]*\)|[^ \t",;()]*))?(?:;(?:"[^"]*"|[^",])*)?[ \t]*(?:,|$)/y;

/** Longer values than this are ignored: `u` and `i` take 7 octets. */
const LONGEST = 128;

/** Values that were read before: there are few that mean something. */
const known = new Map<string, Priority>();
const MAX_KNOWN = 64;

/** The priority in `value`. A value that is not a dictionary has no effect, nor has a member that is out of range. */
export function parsePriority(value: string): Priority {
  const before = known.get(value);
  if (before !== undefined) return before;
  const priority = readPriority(value);
  if (known.size < MAX_KNOWN && value.length <= 16) known.set(value, priority);
  return priority;
}

function readPriority(value: string): Priority {
  let urgency = DEFAULT_URGENCY;
  let incremental = false;
  if (value.length > LONGEST) return DEFAULT_PRIORITY;
  MEMBER.lastIndex = 0;
  while (MEMBER.lastIndex < value.length) {
    const member = MEMBER.exec(value);
    if (member === null) return DEFAULT_PRIORITY;
    const [, key, item] = member;
    if (key === 'u' && item !== undefined && /^[0-7]$/.test(item)) urgency = Number(item);
    else if (key === 'i' && (item === undefined || item === '?1' || item === '?0')) incremental = item !== '?0';
  }
  return urgency === DEFAULT_URGENCY && !incremental ? DEFAULT_PRIORITY : { urgency, incremental };
}

/** `priority` as the value of a Priority field. */
export function serializePriority({ urgency, incremental }: Priority): string {
  return incremental ? `u=${urgency}, i` : `u=${urgency}`;
}
