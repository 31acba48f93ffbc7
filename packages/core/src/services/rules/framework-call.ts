import { nodeFrameworks, type NodeFramework } from './node-frameworks.js';
import type { PackageFacts } from './package-json.js';
import type { LastCommand } from './script-command.js';

/** In the order in which they are asked for: a development server before a built one. */
export const frameworkScripts: readonly string[] = ['dev', 'start:dev', 'develop', 'serve', 'start'];

/** The framework whose development server is called. */
export function frameworkOf(call: LastCommand, facts: Pick<PackageFacts, 'dependencies'>): NodeFramework | undefined {
  return nodeFrameworks.find((framework) => mayBeOf(framework, facts) && calls(framework, call));
}

export function mayBeOf({ dependsOn }: NodeFramework, { dependencies }: Pick<PackageFacts, 'dependencies'>): boolean {
  return dependsOn === undefined || dependsOn.some((name) => dependencies.has(name));
}

export function calls(framework: NodeFramework, call: LastCommand): boolean {
  const word = subcommandOf(call);
  return (
    framework.programs.includes(call.program) &&
    (framework.starts.includes(word) || framework.otherWords?.includes(word) === false) &&
    (framework.servesBy === undefined || call.args.includes(framework.servesBy))
  );
}

function subcommandOf(call: LastCommand): string {
  const first = call.args[0] ?? '';
  return /^[-./]/.test(first) ? '' : first;
}

/** The words of a call without those that say otherwise what `options` do. */
export function withoutOptions(args: readonly string[], options: readonly string[]): readonly string[] {
  return args.filter((word, index) => {
    if (options.includes(word.split('=')[0]!)) return false;
    const before = args[index - 1];
    return !(before !== undefined && options.includes(before) && !word.startsWith('-'));
  });
}

/** True when a script starts programs of other packages, or several at once. */
export function startsOthers(script: string): boolean {
  return /(?<![\w-])(?:concurrently|turbo|nx|lerna|npm-run-all|run-p|run-s)\b|--workspaces?\b|--prefix\b|\bcd\s/.test(script);
}
