/** The words of a paragraph, a heading or a table cell, without its markup, and where each character stands in the source. */

/** A node of textlint's syntax tree, as far as it is used here. */
export interface ProseNode {
  readonly type: string;
  readonly range: readonly [number, number];
  readonly children?: readonly ProseNode[];
}

export interface PlainText {
  readonly text: string;
  /** The offset in the source of each character of `text`. */
  readonly offsets: readonly number[];
}

/** Stands for inline code: one word that no rule looks into. */
export const CODE = '\u{E000}';

/** The plain text of `node`, whose offsets are those of `source`. Inline code is one character, an image or a tag is nothing. */
export function plainText(node: ProseNode, source: string): PlainText {
  let text = '';
  const offsets: number[] = [];
  const add = (character: string, offset: number): void => {
    // The lines of a paragraph are joined, and their indentation is dropped.
    const isSpace = /\s/.test(character);
    if (isSpace && (text === '' || text.endsWith(' '))) return;
    text += isSpace ? ' ' : character;
    offsets.push(offset);
  };
  const visit = ({ type, range: [start, end], children }: ProseNode): void => {
    if (type === 'Code') add(CODE, start);
    else if (type === 'Break') add(' ', start);
    else if (type === 'Str') for (let offset = start; offset < end; offset++) add(source[offset]!, offset);
    else for (const child of children ?? []) visit(child);
  };
  visit(node);
  return { text, offsets };
}
