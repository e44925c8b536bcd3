/** Where the chunks of a body flow in a file: through `pipe`, constants, functions of RxJS, and callbacks that give a body. */
import type { Rule, SourceCode } from 'eslint';
import type * as estree from 'estree';
import { type Export, exportOf, variableOf } from './import-names.js';
import { ENDING_OPERATORS, LEAKING_OPERATORS, type LeakingOperator } from './leaking-operators.js';
import { calledOn, isFunction, propertyOf, resultsOf, some, unwrapped } from './node-shapes.js';
import { Types } from './type-information.js';

/** Operators of rxpaf that gather a body into one value. */
const GATHERING = new Set(['collect']);
/** Functions of RxJS that combine sources: the chunks stay chunks. */
const COMBINING = new Set(['concat', 'from', 'iif', 'merge', 'race', 'connectable']);
/** Functions of RxJS whose result ends at once. */
const IMMEDIATE = new Set(['of', 'range', 'throwError', 'EMPTY']);
/** Operators whose callback may give a body: its chunks come out. */
const FLATTENING = new Set(['catchError', 'concatMap', 'exhaustMap', 'flatMap', 'mergeMap', 'switchMap']);
/** Functions of RxJS whose options may have a connector, and the place of the options. */
const CONNECTING: ReadonlyMap<string, number> = new Map([
  ['share', 0],
  ['connect', 1],
  ['connectable', 1],
]);
/** Operators that give their source to a callback. */
const SELECTING = new Set(['connect', 'multicast', 'publish', 'publishReplay']);

const replayed: LeakingOperator = { instead: '`tee(n)`, or a replay of a few' };
const unawaited: LeakingOperator = { instead: '`consume(work)`' };

/** Something that leaks. */
export interface Leak {
  readonly node: estree.SimpleCallExpression;
  readonly name: string;
  readonly leak: LeakingOperator;
  readonly messageId: 'leaks' | 'unawaited';
}

type Found = (leak: Leak) => void;

export class ChunkFlow {
  private readonly types: Types;

  constructor(private readonly sourceCode: SourceCode) {
    this.types = Types.of(sourceCode);
  }

  /** Whether the chunks of a body come from `node`. */
  comeFrom(node: estree.Node): boolean {
    const source = unwrapped(node);
    if (this.types.isBody(source)) return true;
    if (source.type === 'Identifier') return this.comeFromVariable(source);
    if (source.type === 'ArrayExpression') return source.elements.some((each) => each !== null && this.comeFrom(each));
    if (source.type !== 'CallExpression') return false;
    const called = this.rxjsName(source.callee);
    if (called !== undefined && COMBINING.has(called)) return this.anyComesFrom(source.arguments);
    if (called === 'defer') return this.gives(source.arguments[0]);
    const object = calledOn(source, 'pipe');
    if (object !== undefined) return this.follow(source.arguments, this.comeFrom(object), () => undefined);
    const observable = calledOn(source, 'asObservable');
    return observable !== undefined && this.comeFrom(observable);
  }

  /** Follows the chunks through operators, and calls `found` for those that leak. Whether chunks come out at the end. */
  follow(operators: estree.CallExpression['arguments'], come: boolean, found: Found): boolean {
    let flowing = come;
    for (const node of operators) {
      if (node.type !== 'CallExpression') continue;
      const called = exportOf(this.sourceCode, node.callee);
      if (called === undefined) continue;
      if (called.from === 'rxpaf') flowing &&= this.passes(node, called);
      else if (called.name === 'pipe') flowing = this.follow(node.arguments, flowing, found);
      else {
        if (flowing) this.lookAt(node, called.name, found);
        if (ENDING_OPERATORS.has(called.name)) flowing = false;
        flowing ||= FLATTENING.has(called.name) && this.gives(node.arguments[0]);
      }
    }
    return flowing;
  }

  /** The call of a function of RxJS that combines a body with others, or shares it. */
  lookAtCreation(node: estree.SimpleCallExpression, found: Found): void {
    const name = this.rxjsName(node.callee);
    if (name === 'zip' && this.anyComesFrom(node.arguments))
      found({ node, name, leak: LEAKING_OPERATORS['zip']!, messageId: 'leaks' });
    if (name === 'connectable' && this.hasReplay(node, name) && this.anyComesFrom(node.arguments.slice(0, 1)))
      found({ node, name, leak: replayed, messageId: 'leaks' });
  }

  /** The call of `subscribe` or `forEach` on a body. */
  lookAtReader(node: estree.SimpleCallExpression, name: string, found: Found): void {
    const [reader] = node.arguments;
    if (reader === undefined) return;
    if (this.isAsync(reader)) found({ node, name, leak: unawaited, messageId: 'unawaited' });
    else if (this.isReplay(reader)) found({ node, name: 'ReplaySubject', leak: replayed, messageId: 'leaks' });
  }

  private lookAt(node: estree.SimpleCallExpression, name: string, found: Found): void {
    const leak = Object.hasOwn(LEAKING_OPERATORS, name) ? LEAKING_OPERATORS[name] : undefined;
    if (leak !== undefined && this.leaks(node, leak)) found({ node, name, leak, messageId: 'leaks' });
    else if (this.hasReplay(node, name)) found({ node, name, leak: replayed, messageId: 'leaks' });
    else if (name === 'tap') this.lookAtReader(node, name, found);
  }

  /** Whether the operator `node` of rxpaf emits chunks. */
  private passes(node: estree.SimpleCallExpression, { name }: Export): boolean {
    return !GATHERING.has(name) && (name !== 'consume' || this.types.emitsBytes(node));
  }

  private comeFromVariable(identifier: estree.Identifier): boolean {
    const [definition, ...more] = variableOf(this.sourceCode, identifier)?.defs ?? [];
    if (definition === undefined || more.length > 0) return false;
    if (definition.type === 'Parameter') return this.isSelected(definition.node);
    if (definition.type !== 'Variable' || definition.parent.kind !== 'const') return false;
    const { id, init } = definition.node;
    return id.type === 'Identifier' && init != null && this.comeFrom(init);
  }

  /** Whether `callback` is that of `connect(callback)`, and gets chunks. */
  private isSelected(callback: estree.Node & Partial<Rule.NodeParentExtension>): boolean {
    const call = callback.parent;
    if (call?.type !== 'CallExpression' || !SELECTING.has(this.rxjsName(call.callee) ?? '')) return false;
    const { parent } = call;
    if (parent.type !== 'CallExpression') return false;
    const source = calledOn(parent, 'pipe');
    if (source === undefined) return false;
    const before = parent.arguments.slice(0, parent.arguments.indexOf(call));
    return this.follow(before, this.comeFrom(source), () => undefined);
  }

  /** Whether the function `node` gives a body, or chunks of one. */
  private gives(node: estree.Node | undefined): boolean {
    if (node === undefined) return false;
    return this.types.givesBody(node) || resultsOf(node).some((result) => this.comeFrom(result));
  }

  private anyComesFrom(nodes: estree.CallExpression['arguments']): boolean {
    return nodes.some((node) => node.type !== 'SpreadElement' && this.comeFrom(node));
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
    const results = resultsOf(project);
    return (
      results.length > 0 &&
      results.every((result) => {
        const name = this.rxjsName(result.type === 'CallExpression' ? result.callee : result);
        return name !== undefined && IMMEDIATE.has(name);
      })
    );
  }

  /** Whether `size`, an argument that limits what is kept, is missing or unbounded. A Subject keeps as much as it was made with. */
  private isUnbounded(size: estree.Node | undefined): boolean {
    if (size === undefined) return true;
    const [result = size] = resultsOf(size);
    if (result.type === 'Identifier') return result.name === 'Infinity' || this.isReplay(result);
    if (result.type === 'NewExpression') return this.isReplay(result);
    if (result.type !== 'ObjectExpression') return false;
    return this.isUnbounded(propertyOf(result, 'bufferSize'));
  }

  /** Whether the connector among the options of `node` makes a ReplaySubject that keeps all. */
  private hasReplay(node: estree.SimpleCallExpression, name: string): boolean {
    const place = CONNECTING.get(name);
    const connector = place === undefined ? undefined : propertyOf(node.arguments[place], 'connector');
    return connector !== undefined && resultsOf(connector).some((result) => this.isReplay(result));
  }

  /** Whether `node` is a ReplaySubject that keeps all: made here, a constant, or a field with an initial value. */
  private isReplay(node: estree.Node): boolean {
    if (node.type === 'NewExpression')
      return this.rxjsName(node.callee) === 'ReplaySubject' && this.isUnbounded(node.arguments[0]);
    if (node.type === 'MemberExpression') return this.types.isUnboundedReplay(node);
    if (node.type !== 'Identifier') return false;
    const [definition] = variableOf(this.sourceCode, node)?.defs ?? [];
    const init = definition?.type === 'Variable' ? definition.node.init : undefined;
    return init != null && init.type === 'NewExpression' && this.isReplay(init);
  }

  /** Whether `reader`, a function or an observer, returns a Promise that nobody waits for, and retains nothing meanwhile. */
  private isAsync(reader: estree.Node): boolean {
    const next = propertyOf(reader, 'next') ?? reader;
    if (!this.types.givesPromise(next) && !this.types.nextGivesPromise(reader)) return false;
    return !(isFunction(next) && this.retains(next));
  }

  private retains(node: estree.Node): boolean {
    return some(this.sourceCode, node, (each) => {
      const called = each.type === 'CallExpression' ? exportOf(this.sourceCode, each.callee) : undefined;
      return called?.from === 'rxpaf' && called.name === 'retain';
    });
  }

  private rxjsName(node: estree.Node): string | undefined {
    const known = exportOf(this.sourceCode, node);
    return known?.from === 'rxjs' ? known.name : undefined;
  }
}
