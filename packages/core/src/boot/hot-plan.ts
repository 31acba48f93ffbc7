/* What a start would do, through the fast door: where neither a server nor a plugin has to be asked. A refusal is the other door's to tell. */
import { explainStartup as explain, type PlanInputs, preflight as foresee } from '../inspection/read-only.js';
import { assertPrograms } from '../processes/read-only.js';
import { renderExplanation, renderPlan } from '../ui/read-only.js';
import type { HotContext, HotResult } from './hot-commands.js';
import { findsPackage } from './plugin-root.js';

export async function explainStartup(context: HotContext): Promise<HotResult | undefined> {
  assertDeclaredPrograms(context, ['explain-startup']);
  const explained = await explain(toInputs(context));
  return explained === undefined ? undefined : { exitCode: 0, json: explained.explanation, text: `${renderExplanation(explained.explanation)}\n`, warnings: explained.warnings };
}

export async function preflight(context: HotContext): Promise<HotResult | undefined> {
  assertDeclaredPrograms(context, ['preflight', 'start']);
  const foreseen = await foresee(toInputs(context));
  return foreseen === undefined ? undefined : { exitCode: 0, json: foreseen.report, text: `${renderPlan(foreseen.plan)}\n`, warnings: foreseen.warnings };
}

function assertDeclaredPrograms({ manifest, env }: HotContext, ids: readonly string[]): void {
  const programs = manifest.commands.filter(({ id }) => ids.includes(id)).flatMap(({ envctl }) => envctl?.prerequisites ?? []);
  assertPrograms(programs, env['PATH'] ?? '');
}

function toInputs({ env, cwd, route, manifest, packageRoot, refine, now }: HotContext): PlanInputs {
  return {
    env, cwd, repo: route.repo, mode: route.mode, declared: manifest.declared, refine, route, nowMs: now(),
    findsPackage: packageRoot === undefined ? undefined : (dependency, name) => findsPackage(manifest, packageRoot, dependency, name),
  };
}
