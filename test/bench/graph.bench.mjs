// A configuration with 200 services, each waiting for others, read, checked and planned in this process.
// ENVCTL_BENCH_ROUNDS: measured rounds (default 21).
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assertConfig, loadConfig } from '../../packages/core/dist/config/index.js';
import { assertAcyclic } from '../../packages/core/dist/startup/graph.js';
import { predictStart } from '../../packages/core/dist/startup/index.js';

const rounds = Number(process.env.ENVCTL_BENCH_ROUNDS ?? 21);
const budgetMs = 50;
const additional = 198;
const directory = mkdtempSync(join(tmpdir(), 'envctl-bench-graph-'));
try {
  const names = Array.from({ length: additional }, (_value, index) => `service-${index}`);
  // Each waits for up to four before it, one of them optional: deep, wide and with many ways from one to another.
  const needs = (index) => [1, 2, 3, 7].filter((step) => index - step >= 0).map((step) => `service-${index - step}${step === 7 ? '?' : ''}`);
  const lines = names.flatMap((name, index) => {
    const prefix = `ENVCTL_SERVICE_SERVICE_${index}`;
    return [`${prefix}_START_CMD=true`, `${prefix}_KIND=${index % 5 === 0 ? 'server' : 'worker'}`, `${prefix}_START_ORDER=${index % 7}`, `${prefix}_CRITICAL=${index % 3 !== 0}`, ...(index === 0 ? [] : [`${prefix}_DEPENDS_ON=${needs(index).join(',')}`])];
  });
  writeFileSync(join(directory, '.envctl'), [`ENVCTL_ADDITIONAL_SERVICES=${names.join(',')}`, 'ENVCTL_BACKEND_START_CMD=true', 'ENVCTL_FRONTEND_START_CMD=true', ...lines, ''].join('\n'));
  const env = { PATH: process.env.PATH ?? '', HOME: directory, ENVCTL_RUNTIME_DIR: join(directory, 'state') };
  const request = { command: 'start', mode: 'main', projects: [{ name: 'Main', root: directory, slug: 'main' }], services: [], replace: new Set(), signal: new AbortController().signal };

  const round = () => {
    const begin = performance.now();
    const config = loadConfig({ repositoryRoot: directory, env });
    assertConfig(config, { for: 'start', mode: 'main' });
    const read = performance.now();
    const { plan } = predictStart({ config, reader: config.reader(), env, declarations: [], preferredServicePort: (base) => base }, request, undefined);
    assertAcyclic(plan.projects[0].nodes);
    return { configMs: read - begin, planMs: performance.now() - read, nodes: plan.projects[0].nodes.length, edges: plan.edges.length };
  };
  const first = round();
  const measured = Array.from({ length: rounds }, round);
  const median = (values) => [...values].sort((left, right) => left - right)[Math.floor(values.length / 2)];
  const planMs = median(measured.map((one) => one.planMs));
  const toMs = (value) => Number(value.toFixed(2));
  process.stdout.write(`${JSON.stringify({ nodes: first.nodes, edges: first.edges, rounds, plan_ms: toMs(planMs), first_plan_ms: toMs(first.planMs), config_ms: toMs(median(measured.map((one) => one.configMs))), budget_ms: budgetMs, met: planMs <= budgetMs }, null, 2)}\n`);
  process.exitCode = planMs <= budgetMs ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
