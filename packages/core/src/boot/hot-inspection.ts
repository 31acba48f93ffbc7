/* The inspection commands that go through the fast door: recorded state and process truth, no oclif, no plugin code. */
import { type ConfiguredInputs, listTargets, readEndpoints, renderEndpoints, renderState, renderTargets, showConfig as readConfig, showState as readState } from '../inspection/read-only.js';
import { EnvctlError } from '../contract/index.js';
import { renderShowConfig } from '../ui/read-only.js';
import type { HotContext, HotResult } from './hot-commands.js';
import { toFailureDocument } from './json-document.js';

export async function showState(context: HotContext): Promise<HotResult | undefined> {
  const shown = await readState(toInputs(context));
  if (shown === undefined) return undefined;
  const { report, warnings } = shown;
  return { exitCode: report.found ? 0 : 1, json: report, text: `${renderState(report)}\n`, warnings };
}

export async function showEndpoints(context: HotContext): Promise<HotResult | undefined> {
  const { route, now } = context;
  const read = await readEndpoints({ ...toInputs(context), projects: [...route.projects, ...route.passthroughArgs], nowMs: now() });
  if (read === undefined) return undefined;
  const { report, warnings } = read;
  if (!report.ok) {
    const { ok: _ok, ...data } = report;
    const error = new EnvctlError(report.error === 'state_not_found' ? 'ENVCTL_E_STATE_NOT_FOUND' : 'ENVCTL_E_TARGET_UNKNOWN', renderEndpoints(report), { data });
    if (!route.json && warnings.length === 0) throw error;
    // Whoever polls for it is answered as quickly as when it runs.
    return { exitCode: 1, json: toFailureDocument(route.command, error), text: '', warnings: [...warnings, `Error: ${error.message}`] };
  }
  return { exitCode: 0, json: report, text: `${renderEndpoints(report)}\n`, warnings };
}

export async function showTargets(context: HotContext): Promise<HotResult | undefined> {
  const listed = await listTargets({ ...toInputs(context), nowMs: context.now() });
  return listed === undefined ? undefined : { exitCode: 0, json: listed.report, text: `${renderTargets(listed.report)}\n`, warnings: listed.warnings };
}

export async function showConfig(context: HotContext): Promise<HotResult | undefined> {
  const shown = await readConfig({ ...toInputs(context), reveal: context.route.flags['reveal'] === true });
  return shown === undefined ? undefined : { exitCode: 0, json: shown, text: `${renderShowConfig(shown)}\n` };
}

function toInputs({ env, cwd, route, manifest, refine }: HotContext): ConfiguredInputs {
  return { env, cwd, repo: route.repo, mode: route.mode, declared: manifest.declared, refine };
}
