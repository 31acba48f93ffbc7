import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvctlError } from '../contract/index.js';
import { errnoOf, replaceUserFile, toWriteError } from '../fs/index.js';
import { hookFunctions, invalid, nodeHookFile, type HookName } from './hook-files.js';
import { exportedJson, readShellHooks, shellHookFile, type ShellHook } from './shell-hooks.js';

/** The document of `migrate-hooks --json`. */
export interface MigrateHooksReport {
  readonly source: string;
  readonly target: string;
  readonly converted: readonly string[];
  /** Functions that do more than name a JSON value: of these a stub was written. */
  readonly unsupported: readonly string[];
}

/**
 * Writes `.envctl.hooks.mjs` from the shell hooks of a project. A body that sets ENVCTL_HOOK_JSON and nothing else is converted; of any other a
 * stub with the body as a comment is written, and the report names it. Throws ENVCTL_E_HOOK_INVALID when there is nothing to convert, and when the
 * target exists and `force` is false.
 */
export async function migrateHooks(projectRoot: string, options: { readonly force: boolean }): Promise<MigrateHooksReport> {
  const [source, target] = [join(projectRoot, shellHookFile), join(projectRoot, nodeHookFile)];
  const hooks = readShellHooks((await readIfThere(source))?.toString('utf8') ?? '');
  if (hooks.length === 0) throw new EnvctlError('ENVCTL_E_HOOK_INVALID', `There is nothing to migrate: ${source} defines neither envctl_setup_infrastructure nor envctl_define_services.`, { hints: ['docs: hooks of a project are functions of .envctl.hooks.mjs'] });
  const present = await readIfThere(target);
  if (!options.force && present !== undefined) throw invalid(`${target} exists already.`, ['envctl migrate-hooks --force replaces it']);
  const parts = hooks.map((hook) => ({ hook, json: exportedJson(hook.body) }));
  const isWritten = await replaceUserFile(target, Buffer.from(render(parts)), { newMode: 0o644, expected: present }).catch((error: unknown) => {
    throw toWriteError(target, error);
  });
  if (!isWritten) throw invalid(`${target} was changed meanwhile; nothing was written.`, ['envctl migrate-hooks']);
  const names = (wanted: boolean) => parts.filter(({ json }) => (json !== undefined) === wanted).map(({ hook }) => hook.name);
  return { source, target, converted: names(true), unsupported: names(false) };
}

function render(parts: readonly { readonly hook: ShellHook; readonly json: unknown }[]): string {
  const functions = parts.map(({ hook, json }) => {
    const name = (Object.keys(hookFunctions) as HookName[]).find((candidate) => hookFunctions[candidate].python === hook.name)!;
    const head = `/** @type {NonNullable<import('@envctl/core').Hooks['${name}']>} */\nexport function ${name}(context) {\n`;
    if (json !== undefined) return `${head}  return ${JSON.stringify(json, null, 2).replaceAll('\n', '\n  ')};\n}\n`;
    const body = hook.body.split('\n').filter((line) => line.trim() !== '').map((line) => `  //   ${line.trim()}`).join('\n');
    return `${head}  // The shell function did this; write it here, and return what it defined:\n${body}\n  throw new Error('${name} of ${nodeHookFile} is still to be written');\n}\n`;
  });
  return `// Hooks of this project for envctl, made from ${shellHookFile}.\n\n${functions.join('\n')}`;
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
