// Ratios of whole commands to `node -e 0` on the packed product beside a running demo: as it is, in a NODE_ENV=development
// shell, and with 15 plugins. The two of a pair run one after the other, every other pair the other way round.
// ENVCTL_BENCH_PAIRS: pairs per command (default 31). `load` says what else the machine did: above 1 the bounds mean little.
import { availableParallelism, loadavg } from 'node:os';
import { linkPlugins } from './lib/plugins.mjs';
import { installProduct, timed } from './lib/product.mjs';
import { comparePairs, withBudget } from './lib/statistics.mjs';

const pairCount = Number(process.env.ENVCTL_BENCH_PAIRS ?? 31);
if (!Number.isInteger(pairCount) || pairCount < 1) throw new Error('ENVCTL_BENCH_PAIRS is a number of pairs from 1');
const pluginCount = 15;
const budgets = [
  [2.5, ['--version']],
  [2.5, ['completion', 'bash']],
  [2.5, ['completion', 'resolve', '--', 'stop', '--project', '']],
  [4, ['list-commands', '--json']],
  [4, ['list-targets', '--json']],
  [4, ['show-config', '--json']],
  [4, ['show-state', '--json']],
  [4, ['endpoints', '--json']],
  [4, ['explain-startup', '--json']],
  [4, ['preflight', '--json']],
  [8, ['health', '--json']],
  [8, ['start', '--json']],
];

const product = installProduct({ demo: true });
try {
  const { repository: cwd, env } = product;
  const up = product.envctl('start');
  if (up.status !== 0) throw new Error(up.stderr);
  const results = [];
  const measure = (mode, modeEnv) => {
    const options = { cwd, env: { ...env, ...modeEnv } };
    for (const [budget, args] of budgets) {
      const base = () => timed('node', ['-e', '0'], options);
      const subject = () => timed('envctl', args, options);
      // The first one keeps what V8 compiled.
      subject();
      const pairs = Array.from({ length: pairCount }, (_, index) => inTurns({ base, subject }, index));
      results.push({ command: ['envctl', ...args].join(' '), mode, load: Math.round(loadavg()[0] * 100) / 100, ...withBudget(comparePairs(pairs, 'ratio'), 'ratio', budget) });
      process.stderr.write(`${JSON.stringify(results.at(-1))}\n`);
    }
  };
  measure('', {});
  measure('NODE_ENV=development', { NODE_ENV: 'development' });
  linkPlugins(product, pluginCount);
  measure(`${pluginCount} plugins`, {});
  console.log(JSON.stringify({ benchmark: 'boot', node: process.version, processors: availableParallelism(), results }, null, 2));
  process.exitCode = results.every(({ met }) => met) ? 0 : 1;
} finally {
  product.close();
}

/** What goes first has the other's caches to warm: it is the base in every other pair. */
function inTurns({ base, subject }, index) {
  if (index % 2 === 0) return { base: base(), subject: subject() };
  const subjectMs = subject();
  return { base: base(), subject: subjectMs };
}
