/** The rules of the project's voice, as rules of textlint. CONTRIBUTING.md shows them with examples. */
import type { TextlintRuleModule } from '@textlint/kernel';
import { type PlainText, plainText, type ProseNode } from './plain-text.js';
import { countWords, sentencesOf } from './sentences.js';

/** Words that a sentence may have. */
export const LONGEST_SENTENCE = 30;

/** A word or a construction that is not written here, and the words that are preferred. */
export interface Phrase {
  /** Matched against one sentence, whose inline code is one private-use character. */
  readonly pattern: RegExp;
  readonly message: string;
  /** Headings may use it: a question without a question mark is a usual title there. */
  readonly inHeadings?: boolean;
}

/** The usual meaning of the word: a client reaches a server through these. */
const INFRASTRUCTURE =
  '(?:(?:an?|the|this|that|your|its|another|several|one|two|more) )?(?:[\\w\\-\u{E000}]+ ){0,3}?(?:prox(?:y|ies)|balancers?|gateways?|nginx|HAProxy|Caddy|Envoy|CDN|firewalls?|NAT|Docker)\\b';

const FINITE = '(?:is|are|was|were|has|have|had|can|cannot|could|may|might|must|will|would|does|did)';
/** Verbs that a sentence about "what ..." is likely to have as its own. */
const MAIN =
  '(?:becomes?|gets?|goes|go|comes?|ends?|counts?|waits?|stays?|needs?|throws?|fails?|costs?|means?|takes?|makes?|belongs?|passes|holds?|stands?|keeps?|runs?|decides?|follows?|depends?)';
/** The rest of "what ..." as the subject of a sentence: the verb of its clause, and then another. A title has the first alone. */
const CLAUSE = `[^?.;:]*?\\b(?:${FINITE}|\\w*[^\\Ws]s|\\w+ed)\\b [^?.;:]*?(?<!,[^,]*)\\b(?:${FINITE}|${MAIN}) (?![^?]*\\?)`;

export const PHRASES: Readonly<Record<string, Phrase>> = {
  'is-none': {
    pattern: /\b(?:is|are|was|were|be|being) none\b(?! of\b)/gi,
    message: 'Write "is not a ...", "is invalid" or "is missing".',
  },
  'is-no': {
    // "There is no ..." and "is no longer" are plain English.
    pattern:
      /(?<!\bthere )\b(?:is|are|was|were) no (?!longer\b|more\b|less\b|fewer\b|later\b|earlier\b|different\b|bigger\b|larger\b|smaller\b|other\b)\w+/gi,
    message: 'Write "is not a ..." or name the verb: "does not count as a retry".',
  },
  behind: {
    pattern: new RegExp(`\\bbehind\\b(?! ${INFRASTRUCTURE})`, 'gi'),
    message:
      'Write "after" for time and order, "downstream of" for operators. Only a proxy, a gateway or a firewall has a server there.',
  },
  tell: {
    pattern: /\b(?:tell|tells|told|telling)\b/gi,
    message: 'Write "report", "show", "state" or "distinguish"; for an option, "configure".',
  },
  said: {
    pattern: /\bsaid\b/gi,
    message: 'Write "configured", "requested", "announced" or "stated".',
  },
  archaic: {
    pattern:
      /\b(?:anew|lest|whence|hence|thereof|therein|thereby|whereby|whereupon|hitherto|heeds?|heeded|nought|for want of|in want of|of no use|to be had|beside each other|spoiled)\b/gi,
    message: 'Write a word of today: "again", "because", "obeys", "without", "invalid", "available", "concurrently".',
  },
  'free-relative': {
    pattern: new RegExp(
      `(?:^|[:;] )(?:who |what (?!if )${CLAUSE})|\\b(?:since|because|if|when|while|unless|that|than) what\\b`,
      'gi',
    ),
    message: 'Name the subject: "The client that ...", "Bytes that ...".',
    inHeadings: true,
  },
  whoever: {
    pattern:
      /\b(?:whoever|whomever|whatever is|whom)\b|\b(?:the one|the ones|those|one|he|they|somebody|anybody|everybody|nobody|all) who\b/gi,
    message: 'Name the role: "the client", "the server", "a subscriber", "the peer".',
  },
  'left-alone': {
    pattern: /\b(?:leave|leaves|left|leaving|let|lets) (?:\S+ ){0,3}?alone\b/gi,
    message: 'Write "does not change", "does not unsubscribe" or "keeps".',
  },
  leaves: {
    pattern:
      /\b(?:leaves|has left|have left|had left|(?:client|peer|server|reader|subscriber|caller|who|they|it|clients|peers|readers|subscribers) (?:leave|left))\b(?=[.,;:)!?”"]|$| (?:early|before|after|at|in|while|during|first|halfway|without|and|or|again|meanwhile|when|too)\b)/gi,
    message: 'Write "disconnects", "unsubscribes" or "closes the connection".',
  },
  answer: {
    pattern: /\banswer(?:s|ed|ing)?\b/gi,
    message: 'Write "response" and "respond".',
  },
  'where-if': {
    // "Where a listener is reached." names a place; "Where there is one, ..." is a condition.
    pattern:
      /^(?:and |but |or )?(?:where (?!to\b)(?=[^?]*,)(?![^?]*\?)|Where (?!to\b)(?=[^?:]*,)(?![^?]*\?)|where (?=[^?,]*$))/g,
    message: 'Write "if" or "when".',
    inHeadings: true,
  },
  'as-is': {
    pattern: /, as (?:is|are)\b|\bas is\b(?=[.,;:)!]|$)/gi,
    message: 'Write "unchanged", or repeat the verb: "A and B both throw".',
  },
  'double-negative': {
    pattern:
      /\b(?:not|never|no|nobody|nothing|none|cannot) (?:[\w’']+ ){0,2}(?:never|nobody|nothing|none)\b|\bno(?:thing|body)? (?:\w+ )?that (?:is|has|does) not\b|\bnothing but\b|\bnone but\b/gi,
    message: 'Write it as a positive sentence: "only", "every", "always".',
  },
  'of-one-hop': {
    pattern: /\b(?:of|for|to) (?:one|a|each|every) hop\b|\bone hop’?'?s\b/gi,
    message: 'Write "hop-by-hop".',
  },
};

const texts = new WeakMap<ProseNode, PlainText>();

/** Many rules look at one node: its text is made once. */
function textOf(node: ProseNode, source: string): PlainText {
  let text = texts.get(node);
  if (text === undefined) texts.set(node, (text = plainText(node, source)));
  return text;
}

type Finding = readonly [index: number, message: string];

/** A rule of textlint that looks at the plain text of each block of prose. */
function ruleOf(find: (text: string, inHeading: boolean) => Iterable<Finding>): TextlintRuleModule {
  return ({ Syntax, RuleError, report, getSource, locator }) => {
    const source = getSource();
    const look = (node: ProseNode): void => {
      const { text, offsets } = textOf(node, source);
      for (const [index, message] of find(text, node.type === 'Header')) {
        const padding = locator.at((offsets[index] ?? node.range[0]) - node.range[0]);
        report(node as never, new RuleError(message, { padding }));
      }
    };
    return { [Syntax.Paragraph]: look, [Syntax.Header]: look, [Syntax.TableCell]: look };
  };
}

function* longSentences(text: string): Iterable<Finding> {
  for (const sentence of sentencesOf(text)) {
    const words = countWords(sentence.text);
    if (words <= LONGEST_SENTENCE) continue;
    yield [sentence.start, `A sentence of ${words} words: ${LONGEST_SENTENCE} at most. Write two sentences.`];
  }
}

function* phrasesIn(text: string, { pattern, message }: Phrase): Iterable<Finding> {
  for (const sentence of sentencesOf(text)) {
    for (const { index, 0: found } of sentence.text.matchAll(pattern)) {
      yield [sentence.start + index, `"${found.trim()}": ${message}`];
    }
  }
}

/** The rules by their ids. */
export const RULES: Readonly<Record<string, TextlintRuleModule>> = {
  'sentence-length': ruleOf(longSentences),
  ...Object.fromEntries(
    Object.entries(PHRASES).map(([id, phrase]) => [
      id,
      ruleOf((text, inHeading) => (inHeading && phrase.inHeadings === true ? [] : phrasesIn(text, phrase))),
    ]),
  ),
};
