/** A filter of textlint: between `<!-- prose: off -->` and `<!-- prose: on -->` a document quotes sentences that are to be rewritten. */
import type { TextlintFilterRuleReporter } from '@textlint/kernel';

export const quotations: TextlintFilterRuleReporter = ({ Syntax, getSource, shouldIgnore }) => {
  let from: number | undefined;
  return {
    [Syntax.Html](node) {
      const [, state] = /^<!-- prose: (off|on) -->/.exec(getSource(node)) ?? [];
      if (state === 'off') from = node.range[0];
      if (state === 'on' && from !== undefined) {
        shouldIgnore([from, node.range[1]], {});
        from = undefined;
      }
    },
  };
};
