/* The names a completion offers: from recorded state and the configuration. Whatever cannot be read offers nothing; nothing is written. */
import { describeKeysForCompletion, readBootstrapConfig, standardServices, type KeyNames } from '../config/read-only.js';
import type { ConfigKeyDeclaration, DependencyDeclaration } from '../contract/index.js';
import { mainProjectName, resolveRepository } from '../projects/read-only.js';
import { readLatestState, serviceName, type RunState } from '../state/read-only.js';
import type { LineFacts, LiveNames } from './complete-line.js';

export interface LiveNamesInputs {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly declared: { readonly dependencies: readonly DependencyDeclaration[]; readonly configKeys: readonly ConfigKeyDeclaration[] };
}

interface Recorded {
  readonly mode: 'main' | 'trees';
  readonly state: RunState | undefined;
  readonly additionalServices: readonly string[];
}

export function createLiveNames({ env, cwd, declared }: LiveNamesInputs): LiveNames {
  const recorded = (facts: LineFacts): Recorded | undefined =>
    orNothing(() => {
      const { root } = resolveRepository(cwd, facts.repo);
      const config = readBootstrapConfig(root, env);
      return { mode: facts.mode ?? config.defaultMode, additionalServices: config.additionalServices, state: readLatestState(config.scopeDirectory, facts.mode) };
    });
  const projects = (facts: LineFacts): readonly string[] => {
    const found = recorded(facts);
    if (found === undefined) return [];
    const { state, mode } = found;
    const running = state === undefined ? [] : [...Object.values(state.services).map(({ name, project }) => project ?? name.replace(/ \S+$/, '')), ...Object.keys(state.requirements)];
    return unique([...(mode === 'main' ? [mainProjectName] : []), ...running]);
  };
  return {
    projects,
    services: (facts) => {
      const { state, additionalServices = [] } = recorded(facts) ?? {};
      const types = [...standardServices, ...additionalServices];
      const configured = projects(facts).filter((project) => project === mainProjectName).flatMap((project) => types.map((type) => serviceName(project, type)));
      return unique([...Object.values(state?.services ?? {}).flatMap(({ name, type }) => [name, type]), ...configured, ...types]);
    },
    configKeys: () => orNothing((): readonly KeyNames[] => describeKeysForCompletion({ declarations: declared.configKeys, dependencies: declared.dependencies })) ?? [],
  };
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}

function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
