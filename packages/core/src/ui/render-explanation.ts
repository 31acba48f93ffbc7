import type { StartupExplanation } from '../startup/read-only.js';
import { renderPlan } from './render-plan.js';

/** What a start would do, for people; first why it would not go ahead. */
export function renderExplanation({ mode, problem, reason, decision, command, projects, edges }: StartupExplanation): string {
  const plan = decision === null ? [] : [renderPlan({ command, mode, decision, projects, edges })];
  if (problem === null) return plan.join('');
  const what = reason === 'not_configured' ? 'This repository is not configured: it has no .envctl.' : problem.message;
  return [what, ...problem.hints.map((hint) => `  → ${hint}`), ...(plan.length === 0 ? [] : ['', 'With the defaults, and what is found here:', ...plan])].join('\n');
}
