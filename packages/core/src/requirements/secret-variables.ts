import type { ProjectFacts } from '../contract/index.js';
import type { DependencyHandle, RequirementsContext } from './orchestrator.js';

/**
 * Names of the variables by which a dependency hands out a credential, known before it is up: a projection is pure, so it
 * is asked with stand-ins for what only a running server has. A projection that fails on them names none.
 */
export function secretVariableNames(context: Pick<RequirementsContext, 'scope' | 'config' | 'reader'>, project: ProjectFacts, { declaration, definition }: DependencyHandle): readonly string[] {
  const requested = context.config.dependencyMode(declaration.id);
  const planContext = { scope: context.scope, project, config: context.reader, driver: requested === 'auto' ? 'native' : requested } as const;
  try {
    const plan = definition.plan(planContext);
    const ports = Object.fromEntries(plan.ports.map((name) => [name, 1]));
    const credentials = Object.fromEntries((definition.credentials?.(planContext) ?? []).map((name) => [name, 'stand-in']));
    const variables = definition.project({ ...planContext, plan, ports, credentials });
    return Object.keys(variables).filter((name) => variables[name]?.secret === true);
  } catch {
    return [];
  }
}
