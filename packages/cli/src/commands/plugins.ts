import { EnvctlCommand, type CommandContract, type CommandResult } from '@envctl/core/command';

interface PluginList {
  readonly plugins: readonly PluginRow[];
}

interface PluginRow {
  readonly name: string;
  readonly version: string;
  /** core, bundled, user (installed) or link */
  readonly origin: string;
  /** Kinds of contributions with the ids declared: `{ dependencies: ['postgres'] }`. */
  readonly contributes: Readonly<Record<string, readonly string[]>>;
}

/** What is loaded and what it brings, from manifests alone; installing and linking are sub-commands. */
export default class Plugins extends EnvctlCommand<PluginList> {
  static override summary = 'List the plugins and what each brings.';
  static override examples = ['<%= config.bin %> plugins', '<%= config.bin %> plugins --json', '<%= config.bin %> plugins install <package>', '<%= config.bin %> plugins link <directory>'];
  static override envctl: CommandContract = { family: 'utility', bootstrap: 'skip', statePolicy: 'none', mutates: false };

  protected execute(): Promise<CommandResult<PluginList>> {
    const plugins = this.invocation.manifest.plugins.map(({ name, version, origin, envctl }) => ({ name, version, origin, contributes: contributionsOf(envctl) }));
    return Promise.resolve({ data: { plugins } });
  }

  protected render({ plugins }: PluginList): string {
    return plugins
      .map(({ name, version, origin, contributes }) => {
        const brings = Object.entries(contributes).map(([kind, ids]) => `${kind}: ${ids.join(', ')}`);
        return [`${name} ${version} (${origin})`, ...brings.map((line) => `  ${line}`)].join('\n');
      })
      .join('\n');
  }
}

function contributionsOf(manifest: unknown): Readonly<Record<string, readonly string[]>> {
  const contributes = (manifest as { readonly contributes?: unknown } | undefined)?.contributes;
  if (typeof contributes !== 'object' || contributes === null) return {};
  return Object.fromEntries(
    Object.entries(contributes)
      .filter((entry): entry is [string, readonly unknown[]] => Array.isArray(entry[1]) && entry[1].length > 0)
      .map(([kind, entries]) => [kind, entries.map(idOf)]),
  );
}

/** Config keys are named `key`, signals `event`, everything else `id`. */
function idOf(entry: unknown): string {
  const { id, key, event } = (entry ?? {}) as { readonly id?: unknown; readonly key?: unknown; readonly event?: unknown };
  return String(id ?? key ?? event ?? '?');
}
