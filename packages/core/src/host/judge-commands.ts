import { commandSchema } from './command-schema.js';
import { describeDiagnostic, type Diagnostic } from './diagnostic.js';

/** The commands a plugin declares, by its oclif manifest. */
export interface CommandSource {
  readonly name: string;
  readonly version: string;
  readonly commands: readonly object[];
}

/**
 * Sets aside the commands that cannot be routed, so that one of them costs only itself. Never throws.
 * `warnings` has a line for each of the `diagnostics`.
 */
export function judgeCommands<P extends CommandSource>(plugins: Iterable<P>): { readonly commandsOf: (plugin: P) => readonly object[]; readonly warnings: readonly string[]; readonly diagnostics: readonly Diagnostic[] } {
  const kept = new Map<P, readonly object[]>();
  const diagnostics: Diagnostic[] = [];
  for (const plugin of plugins) {
    kept.set(plugin, plugin.commands.filter((command) => {
      const issue = commandSchema.safeParse(command).error?.issues[0];
      if (issue === undefined) return true;
      const { name, version } = plugin;
      const id = String((command as { readonly id?: unknown }).id);
      diagnostics.push({
        plugin: name,
        version,
        path: ['oclif.manifest.json', id, ...issue.path].join('.'),
        code: 'ENVCTL_E_PLUGIN_MANIFEST',
        message: issue.message,
        mend: `the command ${id} is left out; correct it, or install a version that does`,
      });
      return false;
    }));
  }
  return { commandsOf: (plugin) => kept.get(plugin) ?? [], warnings: diagnostics.map(describeDiagnostic), diagnostics };
}
