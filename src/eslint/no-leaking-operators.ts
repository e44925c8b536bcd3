/**
 * The rule `rxpaf/no-leaking-operators`. It flags operators that queue without bound downstream of a Body, a Flow or a WebSocket, and
 * callbacks whose Promise RxJS does not wait for. It also flags operators that `hold` cannot hold.
 */
import type { Rule, SourceCode } from 'eslint';
import type * as estree from 'estree';
import { ChunkFlow, type Leak } from './chunk-flow.js';
import { NOT_ONE_TO_ONE } from './hold-operators.js';
import { exportOf, importing } from './import-names.js';
import type { LeakingOperator } from './leaking-operators.js';
import { calledOn, resultsOf } from './node-shapes.js';

class Reporter {
  private readonly sourceCode: SourceCode;

  constructor(private readonly context: Rule.RuleContext) {
    this.sourceCode = context.sourceCode;
  }

  readonly report = ({ node, name, leak: { instead, rewrite }, messageId }: Leak): void => {
    const written = rewrite === undefined ? undefined : this.rewritten(node, rewrite);
    this.context.report({
      node: node.callee,
      messageId,
      data: { name, instead },
      suggest:
        written === undefined ? [] : [{ messageId: 'replace', data: { written: written.text }, fix: written.fix }],
    });
  };

  /** The operators in `hold(...)`, where each has to emit one value for each, in order. */
  reportHeld(operator: estree.Node): void {
    if (operator.type !== 'CallExpression') {
      for (const result of resultsOf(operator)) if (isPipe(result)) this.reportAllHeld(result.arguments);
      return;
    }
    const called = exportOf(this.sourceCode, operator.callee);
    if (called === undefined) return;
    if (called.name === 'pipe') return this.reportAllHeld(operator.arguments);
    const instead = NOT_ONE_TO_ONE.get(called.name);
    if (instead === undefined) return;
    const data = { name: called.name, instead };
    this.context.report({ node: operator.callee, messageId: 'notOneToOne', data });
  }

  private reportAllHeld(operators: readonly estree.Node[]): void {
    for (const operator of operators) this.reportHeld(operator);
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

function isPipe(node: estree.Node): node is estree.SimpleCallExpression {
  return node.type === 'CallExpression' && calledOn(node, 'pipe') !== undefined;
}

/** Flags operators that queue without bound downstream of a Body or a Flow, and names a replacement. Needs type information. */
export const noLeakingOperators: Rule.RuleModule = {
  meta: {
    type: 'problem',
    docs: { description: 'Disallow RxJS operators that queue the chunks of a body without bound', recommended: true },
    hasSuggestions: true,
    schema: [],
    messages: {
      leaks:
        '`{{name}}` queues the chunks of a body or the messages of a socket without bound: the sender is not slowed down. Use {{instead}}.',
      unawaited:
        '`{{name}}` does not wait for the Promise of its callback: the sender is not slowed down. Use {{instead}}.',
      notOneToOne: '`hold` needs an operator that emits one value for each, in order; `{{name}}` does not. {{instead}}',
      replace: 'Use `{{written}}`.',
    },
  },
  create(context) {
    const chunks = new ChunkFlow(context.sourceCode);
    const reporter = new Reporter(context);
    return {
      CallExpression(node) {
        chunks.lookAtCreation(node, reporter.report);
        const [first] = node.arguments;
        if (first === undefined) return;
        const source = calledOn(node, 'pipe');
        if (source !== undefined) chunks.follow(node.arguments, chunks.comeFrom(source), reporter.report);
        for (const name of ['subscribe', 'forEach']) {
          const read = calledOn(node, name);
          if (read !== undefined && chunks.comeFrom(read)) chunks.lookAtReader(node, name, reporter.report);
        }
        const called = exportOf(context.sourceCode, node.callee);
        if (called?.from === 'rxpaf' && called.name === 'hold') reporter.reportHeld(first);
      },
    };
  },
};
