/** The meaning of a name in a file: the export of RxJS or of rxpaf, under any imported name. */
import type { Rule, Scope, SourceCode } from 'eslint';
import type * as estree from 'estree';

/** An export of one of the two packages. */
export interface Export {
  readonly from: 'rxjs' | 'rxpaf';
  readonly name: string;
}

const MODULES: Readonly<Record<string, Export['from']>> = {
  rxjs: 'rxjs',
  'rxjs/operators': 'rxjs',
  rxpaf: 'rxpaf',
};

/** The variable that `identifier` refers to. */
export function variableOf(sourceCode: SourceCode, identifier: estree.Identifier): Scope.Variable | undefined {
  let scope: Scope.Scope | null = sourceCode.getScope(identifier);
  while (scope !== null) {
    const variable = scope.set.get(identifier.name);
    if (variable !== undefined) return variable;
    scope = scope.upper;
  }
  return undefined;
}

/** The export that `node` stands for: `delay`, `d` if it was imported as that, `rx.delay`. */
export function exportOf(sourceCode: SourceCode, node: estree.Node): Export | undefined {
  if (node.type === 'Identifier') {
    const imported = importOf(sourceCode, node);
    if (imported?.specifier.type !== 'ImportSpecifier') return undefined;
    return { from: imported.from, name: nameOf(imported.specifier.imported) };
  }
  if (node.type !== 'MemberExpression' || node.computed || node.object.type !== 'Identifier') return undefined;
  const imported = importOf(sourceCode, node.object);
  if (imported?.specifier.type !== 'ImportNamespaceSpecifier' || node.property.type !== 'Identifier') return undefined;
  return { from: imported.from, name: node.property.name };
}

function importOf(
  sourceCode: SourceCode,
  identifier: estree.Identifier,
): { from: Export['from']; specifier: estree.ImportDeclaration['specifiers'][number] } | undefined {
  const [definition] = variableOf(sourceCode, identifier)?.defs ?? [];
  if (definition?.type !== 'ImportBinding') return undefined;
  const from = MODULES[String(definition.parent.source.value)];
  return from === undefined ? undefined : { from, specifier: definition.node };
}

function nameOf(node: estree.Identifier | estree.Literal): string {
  return node.type === 'Identifier' ? node.name : String(node.value);
}

/** How `name` of rxpaf can be used at `node`, and the import that has to be added; undefined if the name stands for something else. */
export function importing(
  sourceCode: SourceCode,
  name: string,
  node: estree.Node,
): { readonly local: string; readonly add: (fixer: Rule.RuleFixer) => Rule.Fix[] } | undefined {
  const imports = sourceCode.ast.body.filter((statement) => statement.type === 'ImportDeclaration');
  const ours = imports.filter(({ source }) => source.value === 'rxpaf').filter((statement) => !isTypeOnly(statement));
  const named = ours.flatMap(({ specifiers }) => specifiers).filter(({ type }) => type === 'ImportSpecifier');
  const known = named.find((specifier) => 'imported' in specifier && nameOf(specifier.imported) === name);
  if (known !== undefined && !isTypeOnly(known)) return { local: known.local.name, add: () => [] };
  if (variableOf(sourceCode, { ...(node as estree.Identifier), name }) !== undefined) return undefined;
  const last = named.at(-1);
  const behind = imports.at(-1);
  return {
    local: name,
    add: (fixer) => {
      if (last !== undefined) return [fixer.insertTextAfter(last, `, ${name}`)];
      const line = `import { ${name} } from 'rxpaf';`;
      if (behind !== undefined) return [fixer.insertTextAfter(behind, `\n${line}`)];
      return [fixer.insertTextBeforeRange([0, 0], `${line}\n`)];
    },
  };
}

/** `import type`, which the types of ESTree know nothing of. */
function isTypeOnly(node: object): boolean {
  return 'importKind' in node && node.importKind === 'type';
}
