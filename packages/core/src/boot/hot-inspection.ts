/* The inspection commands that go through the fast door: recorded state and process truth, no oclif, no plugin code. */
import { readEndpoints, renderEndpoints, renderState, showState as readState } from '../inspection/read-only.js';
import type { HotContext, HotResult } from './hot-commands.js';

export async function showState({ env, cwd, route }: HotContext): Promise<HotResult> {
  const report = readState({ env, cwd, repo: route.repo, mode: route.mode });
  return { exitCode: report.found ? 0 : 1, json: report, text: `${renderState(report)}\n` };
}

export async function showEndpoints({ env, cwd, route, now }: HotContext): Promise<HotResult> {
  const report = await readEndpoints({ env, cwd, repo: route.repo, mode: route.mode, projects: [...route.projects, ...route.passthroughArgs], nowMs: now() });
  return { exitCode: report.ok ? 0 : 1, json: report, text: `${renderEndpoints(report)}\n` };
}
