import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runStart } from '../../dist/startup/index.js';
import { createStartWorld, everything, type Settings, type StartWorld } from './start-world.js';

describe('events of a start', function () {
  this.timeout(60_000);
  let world: StartWorld;
  beforeEach(async () => (world = await createStartWorld()));
  afterEach(() => world.close());

  const start = (settings: Settings, project = 'Main') =>
    world.command('start', settings, async (context) => {
      const { run_id: runId } = await runStart(context, { command: 'start', mode: 'main', projects: [world.project(project)], services: [], replace: new Set(), signal: new AbortController().signal });
      const records = readFileSync(join(context.paths.runs, runId, 'events.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
      return { runId, records, entry: (await context.state.index()).entries.find((entry) => entry.run_id === runId)! };
    });

  it('tell the fingerprints of what was read and written, as the index has them', async () => {
    const first = await start(everything, 'other-1');
    const next = await start({ ...everything, alpha: false, beta: false }, 'Main');
    const of = (event: string) => next.records.find((record) => record['event'] === event);
    expect(of('state.fingerprint.after_reload')).to.include({ run_id: first.runId, state_fingerprint: first.entry.state_fingerprint });
    expect(of('state.fingerprint.after_save')).to.include({ run_id: next.runId, state_fingerprint: next.entry.state_fingerprint });
    expect(of('runtime_map.fingerprint')).to.include({ runtime_map_fingerprint: next.entry.runtime_map_fingerprint });
  });

  it('are on disk from the first one on, in the run’s own directory', async () => {
    const { records } = await start(everything);
    const events = records.map(({ event }) => event);
    expect(events.slice(0, 3)).to.deep.equal(['command.route.selected', 'planning.projects.discovered', 'startup.run.decided']);
    expect(events).to.include.members(['startup.execution', 'port.lock.acquire', 'requirements.start', 'process.launch', 'state.save']);
  });
});
