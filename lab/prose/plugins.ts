/**
 * Plugins of textlint: one reads documents in Markdown, the other programs. Rules see the prose of a program as Markdown, and their
 * findings are reported at the place in the program.
 */
import type { TextlintMessage, TextlintPluginCreator, TextlintPluginProcessor } from '@textlint/kernel';
import { parse } from '@textlint/markdown-to-ast';
import { type ProseKind, type ProseLine, proseOf } from './typescript-prose.js';

/** What a message of a program has as its `data`. */
export interface ProgramMessageData {
  readonly kind: ProseKind;
}

class TypeScriptProcessor implements TextlintPluginProcessor {
  /** By path: the kernel asks for the processor of a file twice, for each of its steps. */
  private readonly linesOf = new Map<string, readonly ProseLine[]>();

  availableExtensions(): string[] {
    return ['.ts', '.mjs', '.js', '.cjs'];
  }

  processor(): ReturnType<TextlintPluginProcessor['processor']> {
    return {
      preProcess: (code, path = 'program.ts') => {
        const lines = proseOf(code, path);
        this.linesOf.set(path, lines);
        const text = lines.map((line) => line.text).join('\n');
        return { text, ast: parse(text) };
      },
      postProcess: (messages, filePath = 'program.ts') => ({
        messages: messages.map((message) => inProgram(message, this.linesOf.get(filePath)!)),
        filePath,
      }),
    };
  }
}

function inProgram(message: TextlintMessage, lines: readonly ProseLine[]): TextlintMessage {
  const { start } = message.loc;
  const { line, column, kind } = lines[start.line - 1]!;
  const data: ProgramMessageData = { kind };
  // A column within a string is that of the string: its escapes have another length.
  const place = { line, column: kind === 'comment' ? column + start.column - 1 : column };
  return { ...message, loc: { start: place, end: place }, data };
}

class MarkdownProcessor implements TextlintPluginProcessor {
  availableExtensions(): string[] {
    return ['.md'];
  }

  processor(): ReturnType<TextlintPluginProcessor['processor']> {
    return {
      preProcess: (text) => parse(text),
      postProcess: (messages, filePath = 'document.md') => ({ messages, filePath }),
    };
  }
}

export const markdownPlugin: TextlintPluginCreator = { Processor: MarkdownProcessor };
export const typescriptPlugin: TextlintPluginCreator = { Processor: TypeScriptProcessor };
