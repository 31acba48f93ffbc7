import ts from 'typescript';

export interface SourceText {
  /** Path from the workspace root with forward slashes: `packages/core/src/fs/index.ts`. */
  readonly path: string;
  readonly text: string;
}

/** One fact about a file that a law may care about. */
export type Fact = { readonly line: number } & (
  | { readonly kind: 'import'; readonly specifier: string; readonly isTypeOnly: boolean; readonly isBare: boolean }
  | { readonly kind: 'environment' | 'exit' | 'console' | 'signal-handler'; readonly what: string }
  | { readonly kind: 'mutable-module-state' | 'work-at-import'; readonly what: string }
);

const containerNames: ReadonlySet<string> = new Set(['Map', 'Set', 'WeakMap', 'WeakSet', 'Array']);
const mutatingMethods: ReadonlySet<string> = new Set([
  'push', 'pop', 'shift', 'unshift', 'splice', 'sort', 'reverse', 'fill', 'copyWithin', 'set', 'add', 'delete', 'clear',
]);
const effectModules = /^(?:node:)?(?:fs|fs\/promises|child_process|net|http|https|dgram|worker_threads|cluster)$/;

/** Everything the laws ask about, read from the syntax alone. */
export function scanSource(source: SourceText): readonly Fact[] {
  const file = ts.createSourceFile(source.path, source.text, ts.ScriptTarget.ES2023, true, ts.ScriptKind.TS);
  const facts: Fact[] = [];
  const lineOf = (node: ts.Node): number => file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
  const visit = (node: ts.Node): void => {
    const imported = importOf(node);
    if (imported !== undefined) facts.push({ kind: 'import', line: lineOf(node), ...imported });
    const use = ambientUseOf(node);
    if (use !== undefined) facts.push({ ...use, line: lineOf(node) });
    ts.forEachChild(node, visit);
  };
  visit(file);
  return [...facts, ...moduleStateOf(file, lineOf), ...importWorkOf(file, lineOf)];
}

function importOf(node: ts.Node): { specifier: string; isTypeOnly: boolean; isBare: boolean } | undefined {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    const isTypeOnly = node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
    return { specifier: node.moduleSpecifier.text, isTypeOnly, isBare: node.importClause === undefined };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined && ts.isStringLiteral(node.moduleSpecifier)) {
    return { specifier: node.moduleSpecifier.text, isTypeOnly: node.isTypeOnly, isBare: false };
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal)) {
    return { specifier: node.argument.literal.text, isTypeOnly: true, isBare: false };
  }
  if (ts.isCallExpression(node)) {
    const isImport = node.expression.kind === ts.SyntaxKind.ImportKeyword;
    const isRequire = ts.isIdentifier(node.expression) && node.expression.text === 'require';
    const [argument] = node.arguments;
    if ((isImport || isRequire) && argument !== undefined && ts.isStringLiteralLike(argument)) {
      return { specifier: argument.text, isTypeOnly: false, isBare: false };
    }
  }
  return undefined;
}

type AmbientUse = { readonly kind: 'environment' | 'exit' | 'console' | 'signal-handler'; readonly what: string };

function ambientUseOf(node: ts.Node): AmbientUse | undefined {
  if (ts.isIdentifier(node) && node.text === 'console' && isFreeIdentifier(node)) return { kind: 'console', what: 'console' };
  const member = memberOfProcess(node);
  if (member === undefined) return undefined;
  if (member === 'env') return { kind: 'environment', what: 'process.env' };
  if (member === 'exit' || member === 'reallyExit' || member === 'abort') return { kind: 'exit', what: `process.${member}` };
  const isListening = ['on', 'once', 'addListener', 'prependListener', 'prependOnceListener'].includes(member);
  return isListening ? { kind: 'signal-handler', what: `process.${member}` } : undefined;
}

/** `env` of `process.env`, `process['env']`, `globalThis.process.env`, `const { env } = process`, `import { env } from 'node:process'`. */
function memberOfProcess(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node) && isProcess(node.expression)) return node.name.text;
  if (ts.isElementAccessExpression(node) && isProcess(node.expression) && ts.isStringLiteralLike(node.argumentExpression)) {
    return node.argumentExpression.text;
  }
  if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
    const { initializer } = node.parent.parent as ts.VariableDeclaration;
    if (initializer !== undefined && isProcess(initializer)) return (node.propertyName ?? node.name).getText();
  }
  if (ts.isImportSpecifier(node)) {
    const { moduleSpecifier } = node.parent.parent.parent as ts.ImportDeclaration;
    const isProcessModule = ts.isStringLiteral(moduleSpecifier) && /^(?:node:)?process$/.test(moduleSpecifier.text);
    if (isProcessModule) return (node.propertyName ?? node.name).text;
  }
  return undefined;
}

function isProcess(node: ts.Expression): boolean {
  if (ts.isIdentifier(node)) return node.text === 'process' && isFreeIdentifier(node);
  return (
    ts.isPropertyAccessExpression(node) &&
    node.name.text === 'process' &&
    ts.isIdentifier(node.expression) &&
    node.expression.text === 'globalThis'
  );
}

/** False for `x.console`, `{ console: 1 }` and declarations of the same name. */
function isFreeIdentifier(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node && !isLocallyBound(node);
  if (ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isPropertyDeclaration(parent)) {
    return (parent as { initializer?: ts.Node }).initializer === node;
  }
  if (ts.isMethodDeclaration(parent) || ts.isMethodSignature(parent) || ts.isEnumMember(parent)) return false;
  if (ts.isParameter(parent) || ts.isVariableDeclaration(parent)) return parent.initializer === node;
  if (ts.isTypeReferenceNode(parent) || ts.isLiteralTypeNode(parent) || ts.isQualifiedName(parent)) return false;
  return !isLocallyBound(node);
}

/** True when a parameter or variable of an enclosing function has the same name. */
function isLocallyBound(node: ts.Identifier): boolean {
  for (let scope: ts.Node = node.parent; !ts.isSourceFile(scope); scope = scope.parent) {
    if (ts.isFunctionLike(scope) && scope.parameters.some((parameter) => parameter.name.getText() === node.text)) return true;
  }
  return false;
}

function moduleStateOf(file: ts.SourceFile, lineOf: (node: ts.Node) => number): readonly Fact[] {
  const facts: Fact[] = [];
  const mutable = (node: ts.Node, what: string): void => {
    facts.push({ kind: 'mutable-module-state', line: lineOf(node), what });
  };
  const moduleConstants = new Set<string>();
  for (const statement of file.statements) {
    if (ts.isVariableStatement(statement)) {
      if (statement.modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.DeclareKeyword) === true) continue;
      const isConst = (statement.declarationList.flags & ts.NodeFlags.Const) !== 0;
      for (const declaration of statement.declarationList.declarations) {
        const name = declaration.name.getText(file);
        moduleConstants.add(name);
        if (!isConst) mutable(declaration, `${name} is not a const`);
        else if (holdsOpenContainer(declaration, isExported(statement))) mutable(declaration, `${name} is not typed readonly`);
      }
    }
    if (ts.isClassDeclaration(statement)) {
      for (const member of statement.members) {
        if (!ts.isPropertyDeclaration(member)) continue;
        const kinds = new Set(member.modifiers?.map((modifier) => modifier.kind));
        const isOpen = kinds.has(ts.SyntaxKind.StaticKeyword) && !kinds.has(ts.SyntaxKind.ReadonlyKeyword);
        if (isOpen && !isOclifStatic(file, member)) mutable(member, `static ${member.name.getText(file)} is not readonly`);
      }
    }
  }
  const visit = (node: ts.Node): void => {
    const changed = changedName(node);
    if (changed !== undefined && moduleConstants.has(changed) && !isShadowed(node, changed)) mutable(node, `${changed} is changed`);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return facts;
}

/** oclif declares the statics of a command without readonly; a command overrides them once, by declaration. */
function isOclifStatic(file: ts.SourceFile, member: ts.PropertyDeclaration): boolean {
  return member.modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.OverrideKeyword) === true || file.fileName.includes('/commands/');
}

function isExported(statement: ts.VariableStatement): boolean {
  return statement.modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword) === true;
}

/** A filled container that stays in its file and is not changed there is a table; an empty one is there to be filled. */
function holdsOpenContainer(declaration: ts.VariableDeclaration, exported: boolean): boolean {
  const { initializer, type } = declaration;
  if (initializer === undefined) return false;
  if (type !== undefined) return !/^readonly\b|^Readonly|^Partial<Readonly/.test(type.getText()) && isContainer(initializer, exported);
  if (ts.isAsExpression(initializer) || ts.isSatisfiesExpression(initializer)) {
    return initializer.getText().includes('as const') || /\breadonly\b|Readonly/.test(initializer.type.getText())
      ? false
      : isContainer(initializer.expression, exported);
  }
  return isContainer(initializer, exported);
}

function isContainer(node: ts.Expression, exported: boolean): boolean {
  if (ts.isArrayLiteralExpression(node)) return exported || node.elements.length === 0;
  if (ts.isObjectLiteralExpression(node)) return node.properties.length === 0;
  const isNew = ts.isNewExpression(node) && ts.isIdentifier(node.expression) && containerNames.has(node.expression.text);
  return isNew && (exported || (node.arguments ?? []).length === 0);
}

/** `x` of `x.y = 1`, `x[y] += 1`, `x.y++`, `delete x.y`, `x.push(1)`. */
function changedName(node: ts.Node): string | undefined {
  if (ts.isBinaryExpression(node)) {
    const isAssignment =
      node.operatorToken.kind >= ts.SyntaxKind.FirstAssignment && node.operatorToken.kind <= ts.SyntaxKind.LastAssignment;
    return isAssignment ? ownerOf(node.left) : undefined;
  }
  if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) {
    const isStep = node.operator === ts.SyntaxKind.PlusPlusToken || node.operator === ts.SyntaxKind.MinusMinusToken;
    return isStep ? ownerOf(node.operand) : undefined;
  }
  if (ts.isDeleteExpression(node)) return ownerOf(node.expression);
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    const { name, expression } = node.expression;
    return mutatingMethods.has(name.text) && ts.isIdentifier(expression) ? expression.text : undefined;
  }
  return undefined;
}

function ownerOf(node: ts.Expression): string | undefined {
  const isMember = ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node);
  return isMember && ts.isIdentifier(node.expression) ? node.expression.text : undefined;
}

function isShadowed(node: ts.Node, name: string): boolean {
  for (let scope: ts.Node = node.parent; !ts.isSourceFile(scope); scope = scope.parent) {
    if (ts.isFunctionLike(scope) && scope.parameters.some((parameter) => parameter.name.getText() === name)) return true;
    if (!ts.isBlock(scope)) continue;
    const isDeclared = scope.statements.some(
      (statement) =>
        ts.isVariableStatement(statement) &&
        statement.declarationList.declarations.some((declaration) => declaration.name.getText() === name),
    );
    if (isDeclared) return true;
  }
  return false;
}

function importWorkOf(file: ts.SourceFile, lineOf: (node: ts.Node) => number): readonly Fact[] {
  const effectNames = new Set<string>();
  for (const statement of file.statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) continue;
    if (!effectModules.test(statement.moduleSpecifier.text)) continue;
    const { importClause } = statement;
    if (importClause?.name !== undefined) effectNames.add(importClause.name.text);
    const bindings = importClause?.namedBindings;
    if (bindings === undefined) continue;
    if (ts.isNamespaceImport(bindings)) effectNames.add(bindings.name.text);
    else for (const element of bindings.elements) effectNames.add(element.name.text);
  }
  return file.statements.flatMap((statement): readonly Fact[] => {
    const work = workOf(statement, effectNames);
    return work === undefined ? [] : [{ kind: 'work-at-import', line: lineOf(statement), what: work }];
  });
}

function workOf(statement: ts.Statement, effectNames: ReadonlySet<string>): string | undefined {
  const isDeclaration =
    ts.isImportDeclaration(statement) ||
    ts.isExportDeclaration(statement) ||
    ts.isExportAssignment(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isEnumDeclaration(statement) ||
    ts.isModuleDeclaration(statement);
  if (isDeclaration) return undefined;
  if (!ts.isVariableStatement(statement)) return 'a statement runs when the file is imported';
  for (const declaration of statement.declarationList.declarations) {
    const effect = declaration.initializer === undefined ? undefined : effectIn(declaration.initializer, effectNames);
    if (effect !== undefined) return `${declaration.name.getText()} is made by ${effect}`;
  }
  return undefined;
}

/** What an initialiser does besides building a value; functions it only defines do not count. */
function effectIn(node: ts.Node, effectNames: ReadonlySet<string>): string | undefined {
  if (ts.isFunctionLike(node)) return undefined;
  if (ts.isAwaitExpression(node)) return 'an await';
  if (ts.isCallExpression(node)) {
    const root = rootIdentifier(node.expression);
    if (root !== undefined && (effectNames.has(root) || root === 'process')) return `a call of ${node.expression.getText()}`;
    if (node.expression.getText() === 'Date.now' || node.expression.getText() === 'Math.random') return node.expression.getText();
  }
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date') return 'the clock';
  return ts.forEachChild(node, (child) => effectIn(child, effectNames));
}

function rootIdentifier(node: ts.Expression): string | undefined {
  if (ts.isIdentifier(node)) return node.text;
  return ts.isPropertyAccessExpression(node) ? rootIdentifier(node.expression) : undefined;
}
