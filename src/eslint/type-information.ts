/**
 * TypeScript's knowledge: whether an expression is a `ByteSource`, as a Body and a Flow are, and whether the result of a function is all
 * there at once.
 */
import type { SourceCode } from 'eslint';
import type * as estree from 'estree';
import type * as ts from 'typescript';

/** The part of typescript-eslint's parser services that is used. */
interface Services {
  readonly program: ts.Program;
  readonly esTreeNodeToTSNodeMap: { get(node: estree.Node): ts.Node };
}

/** Looks up the types of one file. */
export class Types {
  private readonly checker: ts.TypeChecker;

  private constructor(private readonly services: Services) {
    this.checker = services.program.getTypeChecker();
  }

  /** @throws Error if the file was parsed without type information. */
  static of(sourceCode: SourceCode): Types {
    const services = sourceCode.parserServices as Partial<Services> | undefined;
    if (services?.program == null || services.esTreeNodeToTSNodeMap === undefined) {
      throw new Error(
        'rxpaf/no-leaking-operators needs type information: parse the file with typescript-eslint, and set ' +
          '`languageOptions.parserOptions.projectService`',
      );
    }
    return new Types(services as Services);
  }

  /**
   * Whether `node` is a `ByteSource`: a Body, a Flow, a subclass of one, or a similar type. By its members and not by its name: the package
   * may be there twice, and a class of the program's own may implement it.
   */
  isBody(node: estree.Node): boolean {
    const type = this.typeOf(node);
    // Of an intersection each part may give a member; of a union one that is a source is enough.
    return type.isUnion() ? type.types.some((member) => this.isSource(member)) : this.isSource(type);
  }

  private isSource(type: ts.Type): boolean {
    const members = this.checker.getApparentType(type);
    return MEMBERS.every((name) => members.getProperty(name) !== undefined);
  }

  /** Whether a result of the function `node` is a `ByteSource`. */
  givesBody(node: estree.Node): boolean {
    return this.resultsOf(this.typeOf(node)).some((type) => some(type, (each) => this.isSource(each)));
  }

  /** Whether a result of the function `node` is a Promise. */
  givesPromise(node: estree.Node): boolean {
    return this.resultsOf(this.typeOf(node)).some((type) => some(type, (each) => this.isPromise(each)));
  }

  /** Whether a result of `next` of the observer `node` is a Promise. */
  nextGivesPromise(node: estree.Node): boolean {
    const next = this.typeOf(node).getProperty('next');
    if (next === undefined) return false;
    const type = this.checker.getTypeOfSymbolAtLocation(next, this.services.esTreeNodeToTSNodeMap.get(node));
    return this.resultsOf(type).some((each) => some(each, (part) => this.isPromise(part)));
  }

  /** Whether `node` is a field with a ReplaySubject that keeps all as its initial value. */
  isUnboundedReplay(node: estree.Node): boolean {
    const symbol = this.checker.getSymbolAtLocation(this.services.esTreeNodeToTSNodeMap.get(node));
    const { initializer } = (symbol?.valueDeclaration ?? {}) as { readonly initializer?: ts.Node };
    return (
      initializer !== undefined && /^new (\w+\.)?ReplaySubject(<.*>)?(\(\)|\(Infinity\)|)$/s.test(initializer.getText())
    );
  }

  private resultsOf(type: ts.Type): ts.Type[] {
    return type.getCallSignatures().map((signature) => signature.getReturnType());
  }

  private isPromise(type: ts.Type): boolean {
    return this.checker.getApparentType(type).getProperty('then') !== undefined;
  }

  /** Whether every result of the function `node` is iterated at once (an array, a string). */
  givesAllAtOnce(node: estree.Node): boolean {
    const signatures = this.typeOf(node).getCallSignatures();
    return signatures.length > 0 && signatures.every((signature) => this.isIterable(signature.getReturnType()));
  }

  /** Whether the operator `node` takes a value that is iterated at once. */
  takesAllAtOnce(node: estree.Node): boolean {
    const element = this.elementOf(this.typeOf(node).getCallSignatures()[0]?.getParameters()[0], node);
    return element !== undefined && this.isIterable(element);
  }

  /** Whether the operator `node` emits bytes or text. */
  emitsBytes(node: estree.Node): boolean {
    const emitted = this.typeOf(node).getCallSignatures()[0]?.getReturnType();
    const element = emitted && this.argumentOf(emitted);
    if (element === undefined) return false;
    return some(element, (type) => BYTES.has(nameOf(this.checker.getApparentType(type))));
  }

  private typeOf(node: estree.Node): ts.Type {
    return this.checker.getApparentType(this.checker.getTypeAtLocation(this.services.esTreeNodeToTSNodeMap.get(node)));
  }

  private elementOf(parameter: ts.Symbol | undefined, node: estree.Node): ts.Type | undefined {
    if (parameter === undefined) return undefined;
    const at = this.services.esTreeNodeToTSNodeMap.get(node);
    return this.argumentOf(this.checker.getTypeOfSymbolAtLocation(parameter, at));
  }

  /** The T of an Observable<T>. */
  private argumentOf(type: ts.Type): ts.Type | undefined {
    return this.checker.getTypeArguments(type as ts.TypeReference)[0];
  }

  private isIterable(type: ts.Type): boolean {
    const members = type.isUnion() ? type.types : [type];
    return members.every((member) =>
      this.checker
        .getApparentType(member)
        .getProperties()
        .some(({ name }) => name.startsWith('__@iterator')),
    );
  }
}

/** The members of a `ByteSource`, which no other class of RxJS has. */
const MEMBERS = ['pipe', 'subscribe', 'unacked', 'window'] as const;

/** The types of chunks. */
const BYTES = new Set(['Uint8Array', 'Buffer', 'ArrayBuffer', 'String']);

function some(type: ts.Type, holds: (type: ts.Type) => boolean): boolean {
  return type.isUnionOrIntersection() ? type.types.some((member) => some(member, holds)) : holds(type);
}

/** The name that a type was declared with, empty without one. */
function nameOf(type: ts.Type): string {
  return (type.symbol as ts.Symbol | undefined)?.name ?? '';
}
