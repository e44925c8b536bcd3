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

/** Functions of the package that take options: `rxpaf collect`, `rxpaf Body` (its constructor), `rxpaf Client#get`, `rxpaf/testing h2.data`. */
export function functionsWithOptions(): string[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: unknown;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const entries = entryPoints();
  const files = entries.map(([, file]) => file);
  const walk = new Walk(ts.createProgram(files, options));
  return [...new Set(entries.flatMap(([name, file]) => walk.functionsOf(name, file)))].sort();
}

/** Types that are optional in all their parts and are not options: observers, and fields, which may have any name. */
const NO_OPTIONS = /Partial<Observer<|^FieldsInit$/;

class Walk {
  private readonly checker: ts.TypeChecker;

  constructor(private readonly program: ts.Program) {
    this.checker = program.getTypeChecker();
  }

  functionsOf(entry: string, file: string): string[] {
    const { checker } = this;
    const module = checker.getSymbolAtLocation(this.program.getSourceFile(file)!)!;
    return checker.getExportsOfModule(module).flatMap((exported) => {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      return this.namesOf(`${entry} ${exported.name}`, symbol);
    });
  }

  private namesOf(name: string, symbol: ts.Symbol): string[] {
    const { checker } = this;
    const found: string[] = [];
    const look = (path: string, signatures: readonly ts.Signature[]): void => {
      if (signatures.some((signature) => this.takesOptions(signature))) found.push(path);
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
    return found;
  }

  private takesOptions(signature: ts.Signature): boolean {
    const { declaration } = signature;
    if (declaration === undefined || !isOurs(declaration) || isInternal(declaration)) return false;
    return signature.getParameters().some((parameter) => {
      const type = this.checker.getNonNullableType(this.checker.getTypeOfSymbol(parameter));
      const name = this.checker.typeToString(type);
      if (NO_OPTIONS.test(name)) return false;
      return [parameter.name, name].some((each) => /(options|init)$/i.test(each)) || this.isOptional(type);
    });
  }

  /** Whether all that an object of this type has may be left out. */
  private isOptional(type: ts.Type): boolean {
    if (type.isUnion()) return type.types.some((member) => this.isOptional(member));
    const isObject = (type.flags & ts.TypeFlags.Object) !== 0 || type.isIntersection();
    if (!isObject || type.getCallSignatures().length > 0) return false;
    const properties = this.checker.getPropertiesOfType(type);
    return properties.length > 0 && properties.every(({ flags }) => (flags & ts.SymbolFlags.Optional) !== 0);
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
