/*
 * What of the original's command line is not here: words, flags and assignments that come with another package, and those
 * that were given up, each with what to do instead. A registry cannot know them: nobody who would declare them is loaded.
 */

interface AbsentPackage {
  readonly name: string;
  /** Command words, and the tokens `--<word>` with them. */
  readonly words: readonly string[];
  readonly flags: readonly string[];
  readonly assignments: readonly string[];
}

const packages: readonly AbsentPackage[] = [
  {
    name: '@envctl/plugin-worktrees',
    words: [
      'plan', 'parallel-plan', 'sequential-plan', 'plan-parallel', 'plan-sequential', 'plan-selection', 'planning-envs', 'planning-prs', 'setup-worktree', 'setup-worktrees',
      'delete-worktree', 'delete-worktrees', 'remove-worktrees', 'blast-worktree', 'blast-worktrees', 'blastworktree', 'list-trees', 'ensure-worktree', 'self-destruct-worktree', 'import',
    ],
    flags: [
      '--reuse-existing-worktree', '--setup-worktree-existing', '--recreate-existing-worktree', '--setup-worktree-recreate', '--include-existing-worktrees', '--setup-include-worktrees', '--keep-plan', '--yes',
      '--seed-requirements-from-base', '--copy-db-storage', '--no-seed-requirements-from-base', '--no-copy-db-storage', '--blast-keep-worktree-volumes', '--blast-remove-worktree-volumes',
    ],
    assignments: ['COPY_DB_STORAGE', 'SEED_REQUIREMENTS_FROM_BASE'],
  },
  {
    name: '@envctl/plugin-actions',
    words: ['test', 'tests', 't', 'pr', 'prs', 'p', 'commit', 'c', 'review', 'reviews', 'v', 'analyze', 'a', 'migrate', 'migration', 'migrations', 'm', 'test-focused', 'ship'],
    flags: [
      '--untested', '--failed', '--test-parallel', '--no-test-parallel', '--test-sequential', '--test-parallel-max', '--frontend-test-runner', '--pr-base', '--commit-message', '--commit-message-file',
      '--analyze-mode', '--review-mode', '--review-base',
    ],
    // The suites of test.
    assignments: ['BACKEND', 'FRONTEND', 'FRONTEND_TEST_RUNNER', 'TEST_PARALLEL', 'ENVCTL_ACTION_TEST_PARALLEL', 'TEST_PARALLEL_MAX', 'ENVCTL_ACTION_TEST_PARALLEL_MAX'],
  },
  {
    name: '@envctl/plugin-debug',
    words: ['debug-pack', 'debug-ui-pack', 'debug-report', 'debug-last'],
    flags: [
      '--debug-trace', '--debug-trace-log', '--debug-trace-no-xtrace', '--debug-trace-no-stdio', '--debug-trace-no-interactive', '--debug-ui', '--debug-ui-deep', '--debug-ui-include-doctor', '--debug-capture',
      '--debug-auto-pack', '--session-id', '--run-id', '--scope-id', '--output-dir',
    ],
    assignments: [],
  },
  { name: '@envctl/plugin-doctor', words: ['doctor', 'd'], flags: [], assignments: [] },
  { name: '@envctl/plugin-dashboard', words: ['dashboard', 'dash'], flags: ['--dashboard-interactive', '--key-debug'], assignments: [] },
  { name: '@envctl/plugin-mcp', words: ['mcp'], flags: [], assignments: [] },
];

const dockerMode = 'left out: Docker comes with a plugin whose dependency has a docker driver, chosen by ENVCTL_DEPENDENCY_<ID>_MODE=docker; those of envctl run natively';
const mainServices = 'MAIN_SUPABASE_ENABLE, MAIN_N8N_ENABLE and MAIN_POSTGRES_ENABLE say it, in .envctl or in the environment';
const statePolicy = 'left out: a command that works on the recorded state loads it by itself';
const noForce = 'left out: restart replaces what runs, blast-all stops without asking';

/** Given up, by flag or assignment key: what to do instead. */
const retired: Readonly<Record<string, string>> = {
  '--load-state': statePolicy,
  '--command-resume': statePolicy,
  '--docker': dockerMode,
  '--docker-temp': dockerMode,
  '--temp-docker': dockerMode,
  '--stop-docker-on-exit': dockerMode,
  '--main-services-local': mainServices,
  '--main-local': mainServices,
  '--main-services-remote': mainServices,
  '--main-remote': mainServices,
  '--force': noForce,
  '-f': noForce,
  DOCKER: dockerMode,
  DOCKER_TEMP: dockerMode,
  FORCE: noForce,
  RESUME: 'envctl resume',
};

/** The package that brings a known command word or `--word` token; undefined for a word nobody knows. */
export function packageOfAbsentCommand(wordOrToken: string): string | undefined {
  const word = wordOrToken.startsWith('--') ? wordOrToken.slice(2) : wordOrToken;
  if (wordOrToken.startsWith('--') && word.length === 1) return undefined;
  return packages.find(({ words }) => words.includes(word))?.name;
}

/** Words of commands that come with another package; those of one letter name nothing by likeness. */
export function absentCommandWords(): readonly string[] {
  return packages.flatMap(({ words }) => words.filter((word) => word.length > 2));
}

/** The package that brings a known flag, with its dashes, or a known assignment, by upper-snake key. */
export function packageOfAbsentOption(flagOrKey: string): string | undefined {
  return packages.find(({ flags, assignments }) => flags.includes(flagOrKey) || assignments.includes(flagOrKey))?.name;
}

/** What to do instead of a flag or an assignment of the original that was given up. */
export function mendOfRetiredOption(flagOrKey: string): string | undefined {
  return Object.hasOwn(retired, flagOrKey) ? retired[flagOrKey] : undefined;
}
