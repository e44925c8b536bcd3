/**
 * The rule `rxpaf/no-leaking-operators`: no operator that queues without bound downstream of a Body or a Flow. It follows the chunks
 * through `pipe`, and through constants, up to an operator that makes something else of them.
 */
import type { Rule, SourceCode } from 'eslint';
import type * as estree from 'estree';
import { ENDING_OPERATORS, LEAKING_OPERATORS, type LeakingOperator } from './leaking-operators.js';
import { exportOf, importing, variableOf } from './import-names.js';
import { Types } from './type-information.js';

/** Operators of rxpaf that gather a body into one value. */
const GATHERING = new Set(['collect']);
/** Functions of RxJS that combine sources: the chunks stay chunks. */
const COMBINING = new Set(['concat', 'from', 'merge', 'race']);
/** Functions of RxJS whose result ends at once. */
const IMMEDIATE = new Set(['of', 'range', 'throwError', 'EMPTY']);

/** @see {@link noLeakingOperators} */
class Chunks {
  private readonly sourceCode: SourceCode;
  private readonly types: Types;

  constructor(private readonly context: Rule.RuleContext) {
    this.sourceCode = context.sourceCode;
    this.types = Types.of(context.sourceCode);
  }

  /** Whether the chunks of a body come from `node`. */
  comeFrom(node: estree.Node): boolean {
    const source = unwrapped(node);
    if (this.types.isBody(source)) return true;
    if (source.type === 'Identifier') {
      const [definition, ...more] = variableOf(this.sourceCode, source)?.defs ?? [];
      if (definition?.type !== 'Variable' || definition.parent.kind !== 'const' || more.length > 0) return false;
      const { id, init } = definition.node;
      return id.type === 'Identifier' && init != null && this.comeFrom(init);
    }
    if (source.type !== 'CallExpression') return false;
    const called = exportOf(this.sourceCode, source.callee);
    if (called?.from === 'rxjs' && COMBINING.has(called.name)) {
      return source.arguments.some((argument) => argument.type !== 'SpreadElement' && this.comeFrom(argument));
    }
    const object = calledOn(source, 'pipe') ?? calledOn(source, 'asObservable');
    return object !== undefined && this.comeFrom(object) && this.follow(source.arguments, () => undefined);
  }

  /** Follows the chunks through operators, and calls `found` for those that leak. Whether chunks come out at the end. */
  follow(
    operators: estree.CallExpression['arguments'],
    found: (call: estree.SimpleCallExpression, name: string, leak: LeakingOperator) => void,
  ): boolean {
    for (const call of operators) {
      if (call.type !== 'CallExpression') continue;
      const called = exportOf(this.sourceCode, call.callee);
      if (called === undefined) continue;
      if (called.from === 'rxpaf') {
        if (GATHERING.has(called.name) || (called.name === 'consume' && !this.types.emitsBytes(call))) return false;
        continue;
      }
      if (called.name === 'pipe' && !this.follow(call.arguments, found)) return false;
      const leak = Object.hasOwn(LEAKING_OPERATORS, called.name) ? LEAKING_OPERATORS[called.name] : undefined;
      if (leak !== undefined && this.leaks(call, leak)) found(call, called.name, leak);
      if (ENDING_OPERATORS.has(called.name)) return false;
    }
    return true;
  }

  private leaks(call: estree.SimpleCallExpression, { when }: LeakingOperator): boolean {
    const [first] = call.arguments;
    switch (when) {
      case 'work':
        return first !== undefined && !this.endsAtOnce(first);
      case 'inner':
        return !this.types.takesAllAtOnce(call);
      case 'unkeyed':
        return first === undefined;
      case 'unbounded':
        return this.isUnbounded(first);
      default:
        return true;
    }
  }

  /** Whether the work `project` is certainly over when it has been subscribed to. */
  private endsAtOnce(project: estree.Node): boolean {
    if (this.types.givesAllAtOnce(project)) return true;
    const result = resultOf(project);
    if (result === undefined) return false;
    const name = this.rxjsName(result.type === 'CallExpression' ? result.callee : result);
    return name !== undefined && IMMEDIATE.has(name);
  }

  /** Whether `size`, an argument for how much is kept, is missing, or means everything. A Subject keeps the size that it was made with. */
  private isUnbounded(size: estree.Node | undefined): boolean {
    if (size === undefined) return true;
    const result = resultOf(size) ?? size;
    if (result.type === 'Identifier') return result.name === 'Infinity';
    if (result.type === 'NewExpression') {
      return this.rxjsName(result.callee) === 'ReplaySubject' && this.isUnbounded(result.arguments[0]);
    }
    if (result.type !== 'ObjectExpression') return false;
    const given = result.properties.find(
      (property) =>
        property.type === 'Property' && property.key.type === 'Identifier' && property.key.name === 'bufferSize',
    );
    return given?.type === 'Property' ? this.isUnbounded(given.value) : true;
  }

  private rxjsName(node: estree.Node): string | undefined {
    const known = exportOf(this.sourceCode, node);
    return known?.from === 'rxjs' ? known.name : undefined;
  }

  report(call: estree.SimpleCallExpression, name: string, { instead, rewrite }: LeakingOperator): void {
    const written = rewrite === undefined ? undefined : this.rewritten(call, rewrite);
    this.context.report({
      node: call.callee,
      messageId: 'leaks',
      data: { name, instead },
      suggest:
        written === undefined ? [] : [{ messageId: 'replace', data: { written: written.text }, fix: written.fix }],
    });
  }

  /** `call`, rewritten with an operator that keeps demand; undefined if a machine cannot rewrite it. */
  private rewritten(
    call: estree.SimpleCallExpression,
    rewrite: NonNullable<LeakingOperator['rewrite']>,
  ): { readonly text: string; readonly fix: (fixer: Rule.RuleFixer) => Rule.Fix[] } | undefined {
    const ours = importing(this.sourceCode, rewrite === 'hold' ? 'hold' : 'consume', call);
    if (ours === undefined) return undefined;
    const replacing = (text: string) => ({
      text,
      fix: (fixer: Rule.RuleFixer) => [...ours.add(fixer), fixer.replaceText(call, text)],
    });
    if (rewrite === 'hold') return replacing(`${ours.local}(${this.sourceCode.getText(call)})`);
    const [project, concurrency, ...more] = call.arguments.map((argument) => this.sourceCode.getText(argument));
    const isNumber = concurrency === undefined || /^(\d+|Infinity)$/.test(concurrency);
    if (project === undefined || more.length > 0 || !isNumber) return undefined;
    if (rewrite === 'consume') return concurrency === undefined ? replacing(`${ours.local}(${project})`) : undefined;
    return replacing(`${ours.local}(${project}, { concurrency: ${concurrency ?? 'Infinity'} })`);
  }
}

/** The object of `call`, if it is a call of its method `name`. */
function calledOn(call: estree.SimpleCallExpression, name: string): estree.Node | undefined {
  const { callee } = call;
  if (callee.type !== 'MemberExpression' || callee.computed || callee.property.type !== 'Identifier') return undefined;
  return callee.property.name === name ? callee.object : undefined;
}

/** The result of a function that is one expression. */
function resultOf(node: estree.Node): estree.Node | undefined {
  return node.type === 'ArrowFunctionExpression' && !node.async ? unwrapped(node.body) : undefined;
}

/** Without the parts that only TypeScript sees: `x!`, `x as Y`, `x satisfies Y`. */
function unwrapped(node: estree.Node): estree.Node {
  const { type, expression } = node as { readonly type: string; readonly expression?: estree.Node };
  const isTransparent = ['TSNonNullExpression', 'TSAsExpression', 'TSSatisfiesExpression', 'ChainExpression'];
  return isTransparent.includes(type) && expression !== undefined ? unwrapped(expression) : node;
}

/** Flags operators that queue without bound downstream of a Body or a Flow, and names a replacement. Needs type information. */
export const noLeakingOperators: Rule.RuleModule = {
  meta: {
    type: 'problem',
    docs: { description: 'Disallow RxJS operators that queue the chunks of a body without bound', recommended: true },
    hasSuggestions: true,
    schema: [],
    messages: {
      leaks: '`{{name}}` queues what a body delivers without bound: its sender is not slowed down. Use {{instead}}.',
      replace: 'Use `{{written}}`.',
    },
  },
  create(context) {
    const chunks = new Chunks(context);
    return {
      CallExpression(node) {
        const source = calledOn(node, 'pipe');
        if (source === undefined || node.arguments.length === 0 || !chunks.comeFrom(source)) return;
        chunks.follow(node.arguments, (call, name, leak) => chunks.report(call, name, leak));
      },
    };
  },
};
