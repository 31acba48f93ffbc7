const packages: readonly (readonly [string, readonly string[]])[] = [
  ['@envctl/plugin-worktrees', ['plan', 'parallel-plan', 'sequential-plan', 'setup-worktree', 'setup-worktrees', 'delete-worktree', 'delete-worktrees', 'remove-worktrees', 'blast-worktree', 'blast-worktrees', 'blastworktree', 'list-trees']],
  ['@envctl/plugin-actions', ['test', 'tests', 't', 'pr', 'prs', 'p', 'commit', 'c', 'review', 'reviews', 'v', 'analyze', 'a', 'migrate', 'migration', 'migrations', 'm']],
  ['@envctl/plugin-debug', ['debug-pack', 'debug-report', 'debug-last']],
  ['@envctl/plugin-doctor', ['doctor', 'd']],
  ['@envctl/plugin-dashboard', ['dashboard', 'dash']],
  ['@envctl/plugin-mcp', ['mcp']],
];

/** The package that brings a known command word or `--word` token; undefined for a word nobody knows. */
export function packageOfAbsentCommand(wordOrToken: string): string | undefined {
  const word = wordOrToken.startsWith('--') ? wordOrToken.slice(2) : wordOrToken;
  if (wordOrToken.startsWith('--') && word.length === 1) return undefined;
  return packages.find(([, words]) => words.includes(word))?.[0];
}
