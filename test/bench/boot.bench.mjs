// Ratios of whole commands to `node -e 0`, each pair interleaved, on the packed product beside a running demo.
// ENVCTL_BENCH_PAIRS: pairs per command (default 21).
import { installProduct, timed } from './lib/product.mjs';
import { comparePairs, withBudget } from './lib/statistics.mjs';

const pairCount = Number(process.env.ENVCTL_BENCH_PAIRS ?? 21);
const budgets = [
  [2.5, ['--version']],
  [4, ['show-state', '--json']],
  [4, ['endpoints', '--json']],
  [8, ['list-targets', '--json']],
  [8, ['show-config', '--json']],
  [8, ['explain-startup', '--json']],
  [8, ['health', '--json']],
  [8, ['start', '--json']],
];

const product = installProduct({ demo: true });
try {
  const { repository: cwd, env } = product;
  const up = product.envctl('start');
  if (up.status !== 0) throw new Error(up.stderr);
  const results = [];
  for (const [mode, modeEnv] of [['', {}], ['NODE_ENV=development', { NODE_ENV: 'development' }]]) {
    const options = { cwd, env: { ...env, ...modeEnv } };
    for (const [budget, args] of budgets) {
      timed('envctl', args, options);
      const pairs = Array.from({ length: pairCount }, () => ({ base: timed('node', ['-e', '0'], options), subject: timed('envctl', args, options) }));
      results.push({ command: ['envctl', ...args].join(' '), mode, ...withBudget(comparePairs(pairs, 'ratio'), 'ratio', budget) });
      process.stderr.write(`${JSON.stringify(results.at(-1))}\n`);
    }
  }
  console.log(JSON.stringify({ benchmark: 'boot', node: process.version, results }, null, 2));
  process.exitCode = results.every(({ met }) => met) ? 0 : 1;
} finally {
  product.close();
}
