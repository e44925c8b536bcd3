/** The prose of a program: its comments, the messages in its strings, and the titles of its tests, as Markdown. */
import ts from 'typescript';

export type ProseKind = 'comment' | 'message' | 'title';

/** A line of the Markdown, and where it stands in the program; both counted from one. */
export interface ProseLine {
  readonly text: string;
  readonly kind: ProseKind;
  readonly line: number;
  readonly column: number;
}

/** Comments that speak to a tool. */
const DIRECTIVE = /^\s*(?:eslint|@ts-|prettier-|istanbul|Stryker|@jest|c8 |#|\/)/;
/** A diagram or a table that is drawn in a comment: gaps within the line, or a row of marks. */
const DRAWING = /\S {2,}\S|[-|^(#]{4,}|^\s*[│├└┌─]/;
/** Functions that a test file calls with a title. */
const TITLED = /^(?:it|test|describe\w*|with[A-Z]\w*|on[A-Z]\w*)$/;
const TAG = /^@(\w+)\s*(.*)$/;
/** Tags whose first word is a name or a type: it is not prose. */
const NAMED_TAGS = new Set(['param', 'typeParam', 'throws', 'property', 'template', 'see']);
/** Tags whose text is code. */
const CODE_TAGS = new Set(['category', 'group', 'type', 'module', 'defaultValue', 'default', 'internal']);

const blank = (text: string): string => text.replace(/[^\n]/g, ' ');
/** The same length, so that the columns stay: an inline tag is code. */
const asCode = (found: string): string => `\`${'_'.repeat(Math.max(1, found.length - 2))}\``;

/** A long list of names has no punctuation: it is data. */
const LIST_OF_NAMES = /^\s*[\w-]+(?:\s+[\w-]+){50,}\s*$/;

/** Many lines, none of which ends as a sentence does: a program, or the configuration of one. */
const isProgram = (text: string): boolean => text.split('\n').length > 8 && !/[.:]\s*$/m.test(text);

/** Whether a string is a sentence or a part of one: three words in a row. */
const isProse = (text: string): boolean =>
  /(?:^|[\s"'(])\p{L}[\p{L}’']* \p{L}[\p{L}’']*,? [\p{L}`]/u.test(text) &&
  !LIST_OF_NAMES.test(text) &&
  !isProgram(text);

/** The prose of `code`, with an empty line between any two blocks. */
export function proseOf(code: string, path: string): ProseLine[] {
  const file = ts.createSourceFile(path, code, ts.ScriptTarget.Latest, true);
  const isTest = /\.test\.ts$/.test(path);
  const lines: ProseLine[] = [];
  const placeOf = (offset: number): { line: number; column: number } => {
    const { line, character } = file.getLineAndCharacterOfPosition(offset);
    return { line: line + 1, column: character + 1 };
  };
  const add = (kind: ProseKind, text: string, offset: number): void => {
    lines.push({ text, kind, ...placeOf(offset) });
  };
  const endBlock = (kind: ProseKind, offset: number): void => add(kind, '', offset);

  for (const block of commentBlocks(file, code)) {
    addComment(block, (text, offset) => add('comment', text, offset));
    endBlock('comment', block[0]!.offset);
  }
  const visit = (node: ts.Node): void => {
    const text = stringOf(node);
    if (text === undefined) return ts.forEachChild(node, visit);
    if (quotesStandard(node)) return;
    const kind = titledBy(node) !== undefined ? 'title' : 'message';
    const offset = node.getStart(file);
    if ((kind === 'title') === isTest && (kind === 'title' || isProse(text))) {
      // The title of a group is a heading: it need not be a sentence.
      const mark = kind === 'title' && titledBy(node)?.startsWith('describe') === true ? '# ' : '';
      for (const line of text.split('\n')) add(kind, mark + line.trim(), offset);
      endBlock(kind, offset);
    }
    computedIn(node).forEach(visit);
  };
  visit(file);
  return lines;
}

/** Whether a string quotes a standard word by word: a property `sentence` beside the `section` that has it. */
function quotesStandard({ parent }: ts.Node): boolean {
  if (!ts.isPropertyAssignment(parent) || parent.name.getText() !== 'sentence') return false;
  return parent.parent.properties.some(({ name }) => name?.getText() === 'section');
}

interface CommentLine {
  readonly text: string;
  readonly offset: number;
}

/** The comments of a file: a block comment is a block, and so are line comments in consecutive lines. */
function commentBlocks(file: ts.SourceFile, code: string): CommentLine[][] {
  const ranges = new Map<number, ts.CommentRange>();
  const visit = (node: ts.Node): void => {
    const before = ts.getLeadingCommentRanges(code, node.pos) ?? [];
    const after = ts.getTrailingCommentRanges(code, node.end) ?? [];
    // A template's text can look like a comment.
    if (!isTextOfTemplate(node)) for (const range of [...before, ...after]) ranges.set(range.pos, range);
    if (node.kind !== ts.SyntaxKind.JSDoc) for (const child of node.getChildren(file)) visit(child);
  };
  visit(file);
  const blocks: CommentLine[][] = [];
  let lastLine = -2;
  let lastColumn = -1;
  for (const { pos, end, kind } of [...ranges.values()].sort((a, b) => a.pos - b.pos)) {
    if (kind === ts.SyntaxKind.MultiLineCommentTrivia) {
      blocks.push(linesOfBlock(code.slice(pos, end), pos));
      lastLine = -2;
      continue;
    }
    const { line, character } = file.getLineAndCharacterOfPosition(pos);
    const text = code.slice(pos + 2, end);
    if (DIRECTIVE.test(text)) continue;
    const comment = { text: text.replace(/^ /, ''), offset: pos + (text.startsWith(' ') ? 3 : 2) };
    if (line === lastLine + 1 && character === lastColumn) blocks.at(-1)!.push(comment);
    else blocks.push([comment]);
    lastLine = line;
    lastColumn = character;
  }
  return blocks.filter((block) => block.length > 0);
}

function isTextOfTemplate({ kind }: ts.Node): boolean {
  return kind >= ts.SyntaxKind.FirstTemplateToken && kind <= ts.SyntaxKind.LastTemplateToken;
}

/** The lines between the marks of a block comment, without their asterisks. */
function linesOfBlock(comment: string, start: number): CommentLine[] {
  const inner = comment.replace(/^\/\*+/, blank).replace(/\*+\/$/, blank);
  if (DIRECTIVE.test(inner)) return [];
  let offset = start;
  return inner.split('\n').map((line) => {
    const margin = /^\s*(?:\* ?)?/.exec(line)![0].length;
    // Within the asterisks, indentation is Markdown's.
    const [text, column] = /^\s*\*/.test(line) ? [line.slice(margin), margin] : [line.trimStart(), margin];
    const found = { text: text.trimEnd(), offset: offset + column };
    offset += line.length + 1;
    return found;
  });
}

/** Adds the lines of a comment: an `@example` that is not fenced and drawings are left out, and a tag begins a paragraph. */
function addComment(block: readonly CommentLine[], add: (text: string, offset: number) => void): void {
  let inFence = false;
  let inCode = false;
  for (const { text, offset } of block) {
    const isFence = /^\s*(?:```|~~~)/.test(text);
    if (isFence) inFence = !inFence;
    if (isFence || inFence) {
      add('', offset);
      continue;
    }
    const tag = TAG.exec(text);
    if (tag !== null) {
      const [, name, rest] = tag as unknown as [string, string, string];
      inCode = name === 'example' || CODE_TAGS.has(name);
      const prose = NAMED_TAGS.has(name) ? rest.replace(/^(?:\{[^}]*\}|\S+)\s*(?:- )?/, '') : rest;
      add('', offset);
      if (!inCode) add(inline(prose), offset + text.length - prose.length);
    } else if (inCode || DRAWING.test(text)) add('', offset);
    else add(inline(text), offset);
  }
}

const inline = (text: string): string => text.replace(/\{@\w+[^}]*\}/g, asCode);

/** The text of a string, a template, or strings that are added; what a template computes is code. */
function stringOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) {
    return node.head.text + node.templateSpans.map(({ literal }) => `\`_\`${literal.text}`).join('');
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [stringOf(node.left), stringOf(node.right)];
    if (left === undefined && right === undefined) return undefined;
    return `${left ?? '`_`'}${right ?? '`_`'}`;
  }
  return undefined;
}

/** The parts of a string that are computed, which may contain strings of their own. */
function computedIn(node: ts.Node): readonly ts.Node[] {
  if (ts.isStringLiteralLike(node)) return [];
  if (ts.isTemplateExpression(node)) return node.templateSpans.map(({ expression }) => expression);
  if (ts.isBinaryExpression(node) && stringOf(node) !== undefined) return [node.left, node.right].flatMap(computedIn);
  return [node];
}

/** The function whose title a string is, if it is one: the first argument of `it`, `it.each([...])`, `describe.skip` and so on. */
function titledBy(node: ts.Node): string | undefined {
  const { parent } = node;
  if (!ts.isCallExpression(parent) || parent.arguments[0] !== node) return undefined;
  let callee: ts.Expression = parent.expression;
  for (;;) {
    if (ts.isPropertyAccessExpression(callee) || ts.isCallExpression(callee)) callee = callee.expression;
    else if (ts.isTaggedTemplateExpression(callee)) callee = callee.tag;
    else return ts.isIdentifier(callee) && TITLED.test(callee.text) ? callee.text : undefined;
  }
}
