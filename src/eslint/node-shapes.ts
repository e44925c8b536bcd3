/** Shapes of code that the rule looks for: calls of methods, results of functions, properties of options. */
import type { SourceCode } from 'eslint';
import type * as estree from 'estree';

/** The object of `call`, if it is a call of its method `name`. */
export function calledOn(call: estree.SimpleCallExpression, name: string): estree.Node | undefined {
  const { callee } = call;
  if (callee.type !== 'MemberExpression' || callee.computed || callee.property.type !== 'Identifier') return undefined;
  return callee.property.name === name ? callee.object : undefined;
}

/** Without the parts that only TypeScript sees: `x!`, `x as Y`, `x satisfies Y`. */
export function unwrapped(node: estree.Node): estree.Node {
  const { type, expression } = node as { readonly type: string; readonly expression?: estree.Node };
  const isTransparent = ['TSNonNullExpression', 'TSAsExpression', 'TSSatisfiesExpression', 'ChainExpression'];
  return isTransparent.includes(type) && expression !== undefined ? unwrapped(expression) : node;
}

export function isFunction(node: estree.Node): node is estree.ArrowFunctionExpression | estree.FunctionExpression {
  return node.type === 'ArrowFunctionExpression' || node.type === 'FunctionExpression';
}

/** The expressions that the function `node` returns; none of an async one, whose result is a Promise. */
export function resultsOf(node: estree.Node): estree.Node[] {
  if (!isFunction(node) || node.async === true) return [];
  return node.body.type === 'BlockStatement' ? node.body.body.flatMap(returned) : [unwrapped(node.body)];
}

function returned(statement: estree.Statement): estree.Node[] {
  switch (statement.type) {
    case 'ReturnStatement':
      return statement.argument == null ? [] : [unwrapped(statement.argument)];
    case 'BlockStatement':
      return statement.body.flatMap(returned);
    case 'IfStatement':
      return [statement.consequent, ...(statement.alternate ? [statement.alternate] : [])].flatMap(returned);
    default:
      return [];
  }
}

/** The value of the property `name` of an object literal. */
export function propertyOf(node: estree.Node | undefined, name: string): estree.Node | undefined {
  if (node?.type !== 'ObjectExpression') return undefined;
  for (const property of node.properties) {
    if (property.type !== 'Property' || property.key.type !== 'Identifier') continue;
    if (property.key.name === name) return property.value;
  }
  return undefined;
}

/** Whether `holds` is true of `node`, or of a node in it. */
export function some(sourceCode: SourceCode, node: estree.Node, holds: (node: estree.Node) => boolean): boolean {
  if (holds(node)) return true;
  const parts = node as unknown as Readonly<Record<string, unknown>>;
  return (sourceCode.visitorKeys[node.type] ?? []).some((key) =>
    [parts[key]].flat().some((child) => isNode(child) && some(sourceCode, child, holds)),
  );
}

function isNode(value: unknown): value is estree.Node {
  return typeof value === 'object' && value !== null && 'type' in value;
}
