/** Which public functions take options, as TypeScript knows it: every export of every entry point, its methods and its constructor. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const root = join(__dirname, '../../..');

/** The entry points of the package, and the file of each. */
function entryPoints(): readonly (readonly [name: string, file: string])[] {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { exports: object };
  return Object.keys(exports)
    .filter((path) => !path.endsWith('.json'))
    .map((path) => [path.replace('.', 'rxpaf'), join(root, 'src', path, 'index.ts')]);
}

/** What an option may be, as `typeof` has it; `any` if its type is unknown. */
export type OptionKind =
  'any' | 'bigint' | 'boolean' | 'function' | 'null' | 'number' | 'object' | 'string' | 'undefined';

/** The options of a function, by the name of the function: `rxpaf collect`, `rxpaf Body` (its constructor), `rxpaf Client#get`. */
export type FunctionOptions = Readonly<Record<string, Readonly<Record<string, readonly OptionKind[]>>>>;

/** The functions of the package that take options. */
export function functionsWithOptions(): FunctionOptions {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: unknown;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const entries = entryPoints();
  const files = entries.map(([, file]) => file);
  const walk = new Walk(ts.createProgram(files, options));
  for (const [name, file] of entries) walk.visit(name, file);
  return Object.fromEntries(
    [...walk.found].map(([name, options]) => [
      name,
      Object.fromEntries([...options].map(([option, kinds]) => [option, [...kinds].sort()])),
    ]),
  );
}

/** Types that are optional in all their parts and are not options: observers, and fields, which may have any name. */
const NO_OPTIONS = /Partial<Observer<|^FieldsInit$/;

const KINDS: readonly (readonly [flags: number, kind: OptionKind])[] = [
  [ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.TypeParameter, 'any'],
  [ts.TypeFlags.BigIntLike, 'bigint'],
  [ts.TypeFlags.BooleanLike, 'boolean'],
  [ts.TypeFlags.Null, 'null'],
  [ts.TypeFlags.NumberLike, 'number'],
  [ts.TypeFlags.StringLike, 'string'],
  [ts.TypeFlags.Undefined, 'undefined'],
];

class Walk {
  readonly found = new Map<string, Map<string, Set<OptionKind>>>();
  private readonly checker: ts.TypeChecker;

  constructor(private readonly program: ts.Program) {
    this.checker = program.getTypeChecker();
  }

  visit(entry: string, file: string): void {
    const { checker } = this;
    const module = checker.getSymbolAtLocation(this.program.getSourceFile(file)!)!;
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      this.visitExport(`${entry} ${exported.name}`, symbol);
    }
  }

  private visitExport(name: string, symbol: ts.Symbol): void {
    const { checker } = this;
    const look = (path: string, signatures: readonly ts.Signature[]): void => {
      for (const type of signatures.flatMap((signature) => this.optionTypesOf(signature))) {
        const options = this.found.get(path) ?? new Map<string, Set<OptionKind>>();
        this.found.set(path, options);
        for (const [option, kind] of this.optionsOf(type))
          options.set(option, (options.get(option) ?? new Set<OptionKind>()).add(kind));
      }
    };
    const lookIn = (type: ts.Type, separator: string): void => {
      for (const property of checker.getPropertiesOfType(type)) {
        if (!property.declarations?.some((declaration) => isOurs(declaration) && !isPrivate(declaration))) continue;
        const member = checker.getNonNullableType(checker.getTypeOfSymbol(property));
        look(`${name}${separator}${property.name}`, member.getCallSignatures());
      }
    };
    if (symbol.flags & ts.SymbolFlags.Value) {
      const type = checker.getTypeOfSymbol(symbol);
      look(name, [...type.getCallSignatures(), ...type.getConstructSignatures()]);
      lookIn(type, '.');
    }
    if (symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface))
      lookIn(checker.getDeclaredTypeOfSymbol(symbol), '#');
  }

  /** The types of those parameters of `signature` that are options. */
  private optionTypesOf(signature: ts.Signature): ts.Type[] {
    const { declaration } = signature;
    if (declaration === undefined || !isOurs(declaration) || isInternal(declaration)) return [];
    return signature.getParameters().flatMap((parameter) => {
      const type = this.checker.getNonNullableType(this.checker.getTypeOfSymbol(parameter));
      const name = this.checker.typeToString(type);
      if (NO_OPTIONS.test(name)) return [];
      const isNamed = [parameter.name, name].some((each) => /(options|init)$/i.test(each));
      return isNamed || this.isOptional(type) ? [type] : [];
    });
  }

  /** The options of `type`, and each kind that they may be. */
  private optionsOf(type: ts.Type): (readonly [option: string, kind: OptionKind])[] {
    const members = type.isUnion() ? type.types : [type];
    return members
      .filter((member) => (member.flags & ts.TypeFlags.Object) !== 0 || member.isIntersection())
      .filter((member) => !this.checker.isArrayLikeType(member) && member.getCallSignatures().length === 0)
      .flatMap((member) => this.checker.getPropertiesOfType(member))
      .filter((option) => !option.declarations?.some(isInternal))
      .flatMap((option) =>
        this.kindsOf(this.checker.getTypeOfSymbol(option)).map((kind) => [option.name, kind] as const),
      );
  }

  /** Whether all that an object of this type has may be left out. */
  private isOptional(type: ts.Type): boolean {
    if (type.isUnion()) return type.types.some((member) => this.isOptional(member));
    const isObject = (type.flags & ts.TypeFlags.Object) !== 0 || type.isIntersection();
    if (!isObject || type.getCallSignatures().length > 0) return false;
    const properties = this.checker.getPropertiesOfType(type);
    return properties.length > 0 && properties.every(({ flags }) => (flags & ts.SymbolFlags.Optional) !== 0);
  }

  private kindsOf(type: ts.Type): OptionKind[] {
    if (type.isUnion()) return type.types.flatMap((member) => this.kindsOf(member));
    const [, kind] = KINDS.find(([flags]) => (type.flags & flags) !== 0) ?? [];
    if (kind !== undefined) return [kind];
    return [this.checker.getSignaturesOfType(type, ts.SignatureKind.Call).length > 0 ? 'function' : 'object'];
  }
}

function isOurs(declaration: ts.Declaration): boolean {
  return declaration.getSourceFile().fileName.startsWith(join(root, 'src'));
}

function isPrivate(declaration: ts.Declaration): boolean {
  const { name } = declaration as ts.NamedDeclaration;
  const flags = ts.getCombinedModifierFlags(declaration);
  const isSymbol = name !== undefined && ts.isComputedPropertyName(name);
  return isSymbol || (flags & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) !== 0 || isInternal(declaration);
}

/** `@internal`: the declarations of the package do not have it. */
function isInternal(declaration: ts.Node): boolean {
  return ts.getJSDocTags(declaration).some(({ tagName }) => tagName.text === 'internal');
}
