// Runs one hook of a .envctl.hooks.mjs: node hook-bridge.mjs <hook file> <hook> <context file> <result file> <url of @envctl/core>.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { register } from 'node:module';
import { pathToFileURL } from 'node:url';

const [file, hook, contextFile, resultFile, core] = process.argv.slice(2);

function answer(result) {
  writeFileSync(`${resultFile}.part`, JSON.stringify(result), { mode: 0o600 });
  renameSync(`${resultFile}.part`, resultFile);
}

// A project that does not depend on @envctl/core finds the one that runs it.
const loader = `export async function resolve(specifier, context, next) {
  if (specifier !== '@envctl/core') return next(specifier, context);
  return next(specifier, context).catch(() => ({ url: ${JSON.stringify(core)}, shortCircuit: true }));
}`;
register(`data:text/javascript,${encodeURIComponent(loader)}`);

const context = JSON.parse(readFileSync(contextFile, 'utf8'));
// It has passwords, and who started this may be killed before it can clear up.
rmSync(contextFile);
let stage = 'load';
try {
  const module = await import(pathToFileURL(file));
  const run = module[hook] ?? module.default?.[hook];
  if (run !== undefined && typeof run !== 'function') throw new TypeError(`${hook} is not a function`);
  stage = 'run';
  if (run === undefined) answer({ found: false });
  else answer({ found: true, payload: (await run(context)) ?? null });
} catch (error) {
  console.error(error);
  answer({ found: stage === 'run', stage, error: error instanceof Error ? error.message : String(error) });
}
// What a hook leaves open must not keep the start waiting.
process.exit(0);
