/**
 * Changes the state of a scope in a process of its own. Arguments: scope directory, what to do, and the
 * number of the seam call at which the process kills itself (0: none; for commit-project: of the project). Prints the seam points it passes.
 */
import { writeSync } from 'node:fs';
import { createLedger, mergeByProject } from '../../dist/state/index.js';
import { join } from 'node:path';
import { isEnvctlError } from '../../dist/contract/index.js';
import { ownIdentity, repositoryIn, stateOf } from './support.js';

const [scopeDirectory = '', work = '', killAt = '0'] = process.argv.slice(2);
let calls = 0;

function seam(point: string): void {
  calls += 1;
  writeSync(1, `${point}\n`);
  if (work !== 'commit-project' && calls === Number(killAt)) process.kill(process.pid, 'SIGKILL');
}

const repository = repositoryIn(scopeDirectory, { seam });

async function run(): Promise<void> {
  switch (work) {
    case 'commit':
      await repository.commit({ runId: 'run-2', mode: 'main', merge: (previous) => mergeByProject(previous, stateOf('run-2', 'Main', 9000)) });
      return;
    case 'commit-project': {
      const project = `feature-${killAt}`;
      await repository.commit({ runId: `run-${killAt}`, mode: 'trees', merge: (previous) => mergeByProject(previous, stateOf(`run-${killAt}`, project, 8000, 'trees')) });
      return;
    }
    case 'commit-again':
      await repository.commit({ runId: 'run-3', mode: 'main', merge: (previous) => mergeByProject(previous, stateOf('run-3', 'Main', 7000)) });
      return;
    case 'update':
      await repository.update('run-1', (state) => ({ ...state, services: {} }));
      return;
    case 'failure':
      await repository.commitFailure({ runId: 'run-2', mode: 'main', errors: ['no'] });
      return;
    case 'clear':
      await repository.clear();
      return;
    case 'ledger': {
      const ledger = createLedger({ directory: join(scopeDirectory, 'ledger'), now: () => 1000, self: ownIdentity(), seam });
      const entry = await ledger.intent({ project: 'Main', runId: 'run-1', step: { kind: 'process', launchId: 'l1', directory: '/d' }, durable: true });
      await ledger.confirm(entry.id);
      await ledger.release(entry.id);
      return;
    }
  }
}

await run().catch((error: unknown) => {
  writeSync(2, JSON.stringify(isEnvctlError(error) ? { code: error.code, message: error.message, hints: error.hints, path: error.data['path'] } : { message: String(error) }));
  process.exitCode = 1;
});
