/* What the pages of oclif's own commands say here: oclif knows neither our order of plugins nor our help. */

export interface ForeignPage {
  readonly examples: readonly string[];
  readonly description?: string;
  /** Flags that do nothing here are left out. */
  readonly flags?: Readonly<Record<string, never>>;
}

const precedence = 'An id that core or a bundled plugin has stays theirs; envctl plugins lists the clash.';

/** By command id. */
export const foreignPages: Readonly<Record<string, ForeignPage>> = {
  help: {
    description: 'Display help for envctl.',
    examples: ['envctl help', 'envctl help start', 'envctl help plugins install', 'envctl help stop --json'],
    flags: {},
  },
  'plugins:inspect': { examples: ['envctl plugins inspect @envctl/plugin-postgres', 'envctl plugins inspect @envctl/plugin-postgres --json'] },
  'plugins:install': {
    description: `Installs a plugin into envctl.\n\nBy npm: the name of a package, a URL, a file: path or a GitHub slug. ${precedence}`,
    examples: ['envctl plugins install @envctl/plugin-worktrees', 'envctl plugins install file:./my-plugin-1.0.0.tgz', 'envctl plugins install someuser/someplugin'],
  },
  'plugins:link': {
    description: `Links a plugin into the CLI for development.\n\nIts dependencies are installed in its directory, unless --no-install is given. ${precedence}`,
    examples: ['envctl plugins link', 'envctl plugins link ../my-plugin', 'envctl plugins link --no-install ../my-plugin'],
  },
  'plugins:reset': { examples: ['envctl plugins reset', 'envctl plugins reset --reinstall'] },
  'plugins:uninstall': { examples: ['envctl plugins uninstall my-plugin', 'envctl plugins unlink my-plugin'] },
  'plugins:update': { examples: ['envctl plugins update'] },
};
