import { EnvctlCommand, type CommandContract, type CommandResult } from '@envctl/core/command';

interface PluginList {
  readonly plugins: readonly PluginRow[];
}

interface PluginRow {
  readonly name: string;
  readonly version: string;
  /** core, bundled, user (installed) or link */
  readonly origin: string;
  /** Whether what it declares counts: all of it, all but its problems, or nothing. */
  readonly status: 'active' | 'degraded' | 'inactive';
  readonly problems: readonly { readonly path: string; readonly code: string; readonly message: string; readonly mend: string }[];
  /** Kinds of contributions with the ids that count: `{ dependencies: ['postgres'] }`. */
  readonly contributes: Readonly<Record<string, readonly string[]>>;
}

/** What is loaded and what it brings, from manifests alone; installing and linking are sub-commands. */
export default class Plugins extends EnvctlCommand<PluginList> {
  static override summary = 'List the plugins and what each brings.';
  static override examples = ['<%= config.bin %> plugins', '<%= config.bin %> plugins --json', '<%= config.bin %> plugins install <package>', '<%= config.bin %> plugins link <directory>'];
  static override envctl: CommandContract = { family: 'utility', bootstrap: 'skip', statePolicy: 'none', mutates: false };

  protected execute(): Promise<CommandResult<PluginList>> {
    const plugins = this.invocation.manifest.plugins.map(({ name, version, origin, status, problems, envctl }) => {
      const setAside = new Set(problems.map(({ path }) => /\.contributes\.\w+\[\d+\]/.exec(path)?.[0]));
      return { name, version, origin, status, problems, contributes: status === 'inactive' ? {} : contributionsOf(envctl, setAside) };
    });
    return Promise.resolve({ data: { plugins } });
  }

  protected render({ plugins }: PluginList): string {
    return plugins
      .map(({ name, version, origin, status, problems, contributes }) => {
        const brings = Object.entries(contributes).map(([kind, ids]) => `  ${kind}: ${ids.join(', ')}`);
        const faults = problems.flatMap(({ path, code, message, mend }) => [`  Problem: ${path}: ${message} [${code}]`, `    → ${mend}`]);
        return [`${name} ${version} (${origin})${status === 'active' ? '' : `: ${status}`}`, ...brings, ...faults].join('\n');
      })
      .join('\n');
  }
}

/** `setAside`: places of entries that do not count, `.contributes.config[2]`. */
function contributionsOf(manifest: unknown, setAside: ReadonlySet<string | undefined>): Readonly<Record<string, readonly string[]>> {
  const contributes = (manifest as { readonly contributes?: unknown } | undefined)?.contributes;
  if (typeof contributes !== 'object' || contributes === null) return {};
  return Object.fromEntries(
    Object.entries(contributes)
      .filter((entry): entry is [string, readonly unknown[]] => Array.isArray(entry[1]))
      .map(([kind, entries]): [string, readonly string[]] => [kind, entries.filter((_, index) => !setAside.has(`.contributes.${kind}[${index}]`)).map(idOf)])
      .filter(([, ids]) => ids.length > 0),
  );
}

/** Config keys are named `key`, signals `event`, everything else `id`. */
function idOf(entry: unknown): string {
  const { id, key, event } = (entry ?? {}) as { readonly id?: unknown; readonly key?: unknown; readonly event?: unknown };
  return String(id ?? key ?? event ?? '?');
}
