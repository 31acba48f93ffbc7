/** Runs one hook of a project in a process of its own: on the ledger before it begins, ended when it takes too long, nothing of it left. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { EnvctlError, errorMessage, isEnvctlError, type EventEmitter, type HookContext } from '../contract/index.js';
import type { AcquireContext } from '../resources/index.js';
import { runServiceTask, taskEnvironment } from '../services/index.js';
import { hookFunctions, type HookName, type ProjectHooks } from './hook-files.js';
import { parsePayload, type HookPayloads } from './hook-payload-schema.js';

export interface HookRequest<N extends HookName> {
  readonly hook: N;
  readonly hooks: ProjectHooks;
  readonly context: HookContext;
  /** Program and first arguments of the project's Python; used for a Python file. */
  readonly python: readonly [string, ...string[]];
  readonly callerEnv: Readonly<Record<string, string | undefined>>;
  /** Where its log and its files go. */
  readonly runDirectory: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly redact: (text: string) => string;
}

export interface HookEnvironment extends AcquireContext {
  readonly events: EventEmitter;
}

const resultLimitBytes = 1024 * 1024;

/** `found` is false when the file has no such function after all. Throws ENVCTL_E_HOOK_FAILED, and the reason of an abort. */
export async function runHook<N extends HookName>(engine: HookEnvironment, request: HookRequest<N>): Promise<{ readonly found: boolean; readonly payload: HookPayloads[N] }> {
  const { hook, hooks, context } = request;
  const tell = (found: boolean, success: boolean, hasPayload: boolean): void => engine.events.emit('hook.bridge.invoke', { project: context.project_name, hook: hookFunctions[hook].python, found, success, has_payload: hasPayload });
  try {
    const answer = await ask(engine, request);
    if (answer.error !== undefined) {
      throw failed(request, answer.stage === 'load' ? `Failed to load ${hooks.file}: ${request.redact(answer.error)}` : `${hookFunctions[hook][hooks.language]} of ${hooks.file} failed: ${request.redact(answer.error)}`);
    }
    const parsed = parsePayload(hook, answer.payload);
    if (!parsed.ok) throw failed(request, `${hookFunctions[hook][hooks.language]} of ${hooks.file} gave back what envctl cannot use: ${request.redact(parsed.problems.join('; '))}`);
    tell(answer.found, true, answer.payload !== undefined && answer.payload !== null);
    return { found: answer.found, payload: parsed.value };
  } catch (error) {
    request.signal.throwIfAborted();
    tell(true, false, false);
    if (isEnvctlError(error) && error.code !== 'ENVCTL_E_RUN_TIMEOUT') throw error;
    throw failed(request, `${hookFunctions[hook][hooks.language]} of ${hooks.file} failed: ${errorMessage(error)}`);
  }
}

interface Answer {
  readonly found: boolean;
  readonly payload?: unknown;
  readonly stage?: string;
  readonly error?: string;
}

async function ask<N extends HookName>(engine: HookEnvironment, request: HookRequest<N>): Promise<Answer> {
  const { hook, hooks, context, runDirectory } = request;
  const stem = join(runDirectory, `${context.project_name.replace(/[/ ]/g, '_')}_hook_${hook}`);
  const [contextFile, resultFile] = [`${stem}.context.json`, `${stem}.result.json`];
  await mkdir(runDirectory, { recursive: true, mode: 0o700 });
  await rm(resultFile, { force: true });
  // The context has the passwords of the dependencies.
  await writeFile(contextFile, JSON.stringify(context), { mode: 0o600 });
  try {
    const task = await runServiceTask(engine, {
      name: `hook ${hook}`,
      project: context.project_name,
      runId: context.run_id,
      command: toCommand(request, contextFile, resultFile),
      cwd: context.project_root,
      env: taskEnvironment(request.callerEnv, hooks.language === 'python' ? { PYTHONDONTWRITEBYTECODE: '1' } : {}),
      logPath: logPathOf(request),
      timeoutMs: request.timeoutMs,
      signal: request.signal,
    });
    const text = await readFile(resultFile, 'utf8').catch(() => undefined);
    if (text === undefined) throw failed(request, `${hookFunctions[hook][hooks.language]} of ${hooks.file} ended with ${task.code} and without a result${task.lines.length === 0 ? '' : `: ${request.redact(task.lines.at(-1)!)}`}`);
    if (text.length > resultLimitBytes) throw failed(request, `${hookFunctions[hook][hooks.language]} of ${hooks.file} gave back more than 1 MiB`);
    return JSON.parse(text) as Answer;
  } finally {
    await Promise.all([contextFile, resultFile].map((file) => rm(file, { force: true })));
  }
}

function toCommand({ hook, hooks, python }: HookRequest<HookName>, contextFile: string, resultFile: string): readonly [string, ...string[]] {
  const words = [hooks.file, hookFunctions[hook][hooks.language], contextFile, resultFile];
  if (hooks.language === 'python') return [...python, assetPath('hook-bridge.py'), ...words];
  return [process.execPath, assetPath('hook-bridge.mjs'), ...words, pathToFileURL(join(dirname(assetPath('hook-bridge.mjs')), '../dist/index.js')).href];
}

export function logPathOf({ hook, context, runDirectory }: Pick<HookRequest<HookName>, 'hook' | 'context' | 'runDirectory'>): string {
  return join(runDirectory, `${context.project_name.replace(/[/ ]/g, '_')}_hook_${hook}.log`);
}

function failed(request: HookRequest<HookName>, message: string): EnvctlError {
  return new EnvctlError('ENVCTL_E_HOOK_FAILED', message, { kind: 'environment', hints: [`less ${logPathOf(request)}`, 'ENVCTL_ENABLE_HOOK_BRIDGE=false starts without hooks'], data: { hook: request.hook, file: request.hooks.file, project: request.context.project_name } });
}

// From dist/hooks or from a bundled chunk anywhere below dist.
function assetPath(name: string): string {
  for (let directory = dirname(fileURLToPath(import.meta.url)); directory !== dirname(directory); directory = dirname(directory)) {
    const path = join(directory, 'assets', name);
    if (existsSync(path)) return path;
  }
  throw new EnvctlError('ENVCTL_E_BUG', `assets/${name} is missing from the installed package.`, { kind: 'bug' });
}
