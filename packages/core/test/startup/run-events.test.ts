import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runStart } from '../../dist/startup/index.js';
import { createStartWorld, everything, type StartWorld } from './start-world.js';

describe('events of a start', function () {
  this.timeout(60_000);
  let world: StartWorld;
  before(async () => (world = await createStartWorld()));
  after(() => world.close());

  it('are on disk from the first one on, in the run’s own directory', async () => {
    const signal = new AbortController().signal;
    const events = await world.command('start', everything, async (context) => {
      const { run_id: runId } = await runStart(context, { command: 'start', mode: 'main', projects: [world.project('Main')], services: [], replace: new Set(), signal });
      return readFileSync(join(context.paths.runs, runId, 'events.jsonl'), 'utf8').trim().split('\n').map((line) => (JSON.parse(line) as { event: string }).event);
    });
    expect(events.slice(0, 3)).to.deep.equal(['command.route.selected', 'planning.projects.discovered', 'startup.run.decided']);
    expect(events).to.include.members(['startup.execution', 'port.lock.acquire', 'requirements.start', 'process.launch', 'state.save']);
  });
});
