import type { ConfigAnswer, ShowConfig, ValueSource } from '../config/index.js';

/** What `show-config` found, for people. */
export function renderShowConfig(data: ShowConfig): string {
  const width = Math.max(...Object.keys(data.origins).map((key) => key.length));
  const values = Object.entries(data.origins).map(([key, { value, source, line, set_as: setAs }]) => {
    const where = [describeSource(source, line, data), ...(setAs === undefined ? [] : [`as ${setAs}`])].join(', ');
    return `  ${key.padEnd(width)}  ${value === '' ? '(empty)' : value}  (${where})`;
  });
  const modes = (['main', 'trees'] as const).map((mode) => `  ${mode.padEnd(5)}  ${componentsOf(data, mode)}`);
  const problems = data.problems.map((problem) => `  ${problem.severity}: ${problem.message}\n    ${problem.hint}`);
  return [
    `Repository  ${data.base_dir}${data.execution_root === data.base_dir ? '' : ` (from ${data.execution_root})`}`,
    `File        ${sourceOf(data)}`,
    `State       ${data.runtime_dir}, scope ${data.scope_id}`,
    `Data        ${data.store_dir}`,
    `Ports       preferred by ${data.preferred_port_strategy}`,
    '',
    `Modes (default: ${data.effective.default_mode ?? 'not valid'})`,
    ...modes,
    '',
    'Values',
    ...values,
    ...(data.launch_env.length === 0 ? [] : ['', 'Variables for services', ...data.launch_env.map(({ section, line, variables }) => `  ${section} (line ${line}): ${variables.map(({ name }) => name).join(', ') || 'none'}`)]),
    ...(problems.length === 0 ? [] : ['', 'Problems', ...problems]),
  ].join('\n');
}

/** What `config` did, for people. */
export function renderConfigAnswer(data: ConfigAnswer): string {
  if (!data.saved) return 'Nothing was saved.';
  return [
    data.changed ? `Saved ${data.path}` : `${data.path} already says so.`,
    ...data.overridden_by_environment.map((key) => `${key} is overruled by the environment of this shell: unset ${key}`),
    ...(data.absent_plugin_keys.length === 0 ? [] : [`Kept, of packages that are not installed: ${data.absent_plugin_keys.map(({ key, package: name }) => `${key} (${name})`).join(', ')}`]),
    ...(data.not_carried.length === 0 ? [] : [`Not taken along from the older file: ${data.not_carried.join(', ')}`]),
    ...(data.ignore_warning === null ? [] : [`Note: ${data.ignore_warning}`]),
    ...(data.changed && data.running ? ['What already runs keeps its settings: envctl restart'] : []),
  ].join('\n');
}

function describeSource(source: ValueSource, line: number | undefined, { legacy_source_path: legacy }: ShowConfig): string {
  switch (source) {
    case 'file':
      return `line ${line ?? 0}`;
    case 'legacy_file':
      return `line ${line ?? 0} of ${legacy ?? 'the older file'}`;
    case 'plugin_default':
      return 'plugin default';
    case 'implied':
    case 'env':
    case 'default':
      return source;
  }
}

function sourceOf(data: ShowConfig): string {
  if (data.config_source === 'envctl') return data.config_file;
  if (data.legacy_source_path !== null) return `${data.legacy_source_path} (older file; envctl config writes ${data.config_file})`;
  return `none; ${data.config_file} does not exist`;
}

function componentsOf(data: ShowConfig, mode: 'main' | 'trees'): string {
  const profile = data.effective.profiles[mode];
  if (!profile.startup_enabled) return 'off';
  const dependencies = Object.entries(profile.dependencies).flatMap(([id, enabled]) => (enabled ? [id] : []));
  const services = Object.entries(profile.additional_services).flatMap(([name, enabled]) => (enabled ? [name] : []));
  return [...(profile.backend ? ['backend'] : []), ...(profile.frontend ? ['frontend'] : []), ...services, ...dependencies].join(', ') || 'nothing';
}
