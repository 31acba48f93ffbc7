import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EnvctlError } from '../contract/index.js';
import { readShellHooks, shellHookFile } from './shell-hooks.js';

export type HookName = 'setupInfrastructure' | 'defineServices';
export type HookLanguage = 'node' | 'python';

/** The hooks of one project, by what their file says; nothing of it is run to find out. */
export interface ProjectHooks {
  readonly file: string;
  readonly language: HookLanguage;
  readonly hooks: readonly HookName[];
}

export const nodeHookFile = '.envctl.hooks.mjs';
const pythonHookFile = '.envctl_hooks.py';

/** What a hook is called in a file of each language. */
export const hookFunctions: Readonly<Record<HookName, Readonly<Record<HookLanguage, string>>>> = {
  setupInfrastructure: { node: 'setupInfrastructure', python: 'envctl_setup_infrastructure' },
  defineServices: { node: 'defineServices', python: 'envctl_define_services' },
};

/**
 * Reads which hooks a project has; undefined when it has no hook file, or one without code. Throws ENVCTL_E_HOOK_INVALID for two of them,
 * for code that names no hook, and for the shell hooks of the original, which are not run.
 */
export function findHooks(projectRoot: string): ProjectHooks | undefined {
  const [node, python] = [nodeHookFile, pythonHookFile].map((name) => readText(join(projectRoot, name)));
  if (node !== undefined && python !== undefined) {
    throw invalid(`${projectRoot} has both ${nodeHookFile} and ${pythonHookFile}; which one is meant?`, [`remove ${join(projectRoot, pythonHookFile)} or ${join(projectRoot, nodeHookFile)}`]);
  }
  if (node !== undefined) return toHooks(join(projectRoot, nodeHookFile), 'node', node);
  if (python !== undefined) return toHooks(join(projectRoot, pythonHookFile), 'python', python);
  const shell = readShellHooks(readText(join(projectRoot, shellHookFile)) ?? '');
  if (shell.length === 0) return undefined;
  const names = shell.map(({ name }) => name).join(' and ');
  throw invalid(`${join(projectRoot, shellHookFile)} defines ${names}: shell hooks are not run any more.`, ['envctl migrate-hooks', 'or remove the functions, or set ENVCTL_ENABLE_HOOK_BRIDGE=false to start without them']);
}

function toHooks(file: string, language: HookLanguage, text: string): ProjectHooks | undefined {
  const names: readonly HookName[] = ['setupInfrastructure', 'defineServices'];
  const code = withoutComments(text, language);
  const hooks = names.filter((name) => new RegExp(`\\b${hookFunctions[name][language]}\\b`).test(code));
  if (hooks.length > 0) return { file, language, hooks };
  if (code.trim() === '') return undefined;
  const [first, second] = names.map((name) => hookFunctions[name][language]);
  throw invalid(`${file} names no hook: neither ${first} nor ${second} stands in it.`, [`define or import ${first} or ${second} by name in it, or remove the file`, 'ENVCTL_ENABLE_HOOK_BRIDGE=false starts without hooks']);
}

function withoutComments(text: string, language: HookLanguage): string {
  return language === 'python' ? text.replace(/^\s*#.*$/gm, '') : text.replace(/\/\*[^]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

export function invalid(message: string, hints: readonly string[], data: Readonly<Record<string, unknown>> = {}): EnvctlError {
  return new EnvctlError('ENVCTL_E_HOOK_INVALID', message, { hints: [...hints], data });
}
