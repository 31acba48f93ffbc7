import { expect } from 'chai';
import { renderConfigAnswer, renderHealth, renderPlan, renderShowConfig, renderStart, renderStop } from '../../dist/ui/index.js';
import type { ShowConfig } from '../../dist/config/index.js';
import type { ConfigAnswer, HealthReport, StartPlan, StartSummary, StopSummary } from '../../dist/runtime/index.js';

/** A text as it stands between the first and the last line of a template. */
function lines(text: string): string {
  return text.replace(/^\n/, '').replace(/\n *$/, '');
}

describe('renderStart', () => {
  const summary: StartSummary = {
    command: 'start',
    run_id: 'run-1',
    mode: 'main',
    decision: { kind: 'resume', reason: 'part of the selection is missing' },
    projects: [
      {
        name: 'Main',
        root: '/w',
        services: [
          { name: 'Main Backend', type: 'backend', status: 'started', url: 'http://localhost:8000', port: 8000, log_path: '/l' },
          { name: 'Main Frontend', type: 'frontend', status: 'kept', url: null, port: null, log_path: null },
        ],
        dependencies: [
          { id: 'postgres', status: 'kept', port: 5432, health: 'healthy' },
          { id: 'redis', status: 'started', port: null, health: 'degraded' },
        ],
        notes: ['No tests found.'],
      },
    ],
    total_ms: 1249,
    slowest: [
      { project: 'Main', node: 'backend', duration_ms: 1200, status: 'done' },
      { project: 'Main', node: 'redis', duration_ms: 40, status: 'done' },
      { project: 'Main', node: 'a', duration_ms: 3, status: 'done' },
      { project: 'Main', node: 'b', duration_ms: 2, status: 'done' },
      { project: 'Main', node: 'postgres', duration_ms: 0, status: 'done' },
    ],
  };

  it('says what came up where, what was kept, and what took longest', () => {
    expect(renderStart(summary)).to.equal(
      lines(`
run_id: run-1   mode: main   resume: part of the selection is missing

Main  /w
  backend    http://localhost:8000
  frontend   -   (kept)
  postgres   port 5432   (kept)
  redis      -   degraded
  note: No tests found.

Ready in 1.2 s.
Slowest: Main/backend 1.2 s, Main/redis 40 ms, Main/a 3 ms
`),
    );
  });

  it('says that everything ran already, and nothing of nodes that took no time', () => {
    const text = renderStart({ ...summary, decision: { kind: 'reuse', reason: 'everything selected is running' }, slowest: summary.slowest.slice(-1) });
    expect(text.split('\n').slice(-2)).to.deep.equal(['', 'Everything was running already.']);
  });

  it('keeps projects apart', () => {
    const [main] = summary.projects;
    expect(renderStart({ ...summary, projects: [main!, { ...main!, name: 'feature-1', root: '/f' }] })).to.include('\n  note: No tests found.\n\nfeature-1  /f\n');
  });
});

describe('renderStop', () => {
  const nothing: StopSummary = { command: 'stop-all', message: 'No active runtime state found.', stopped: [], ended: [], released_projects: [], removed_data: [], not_stopped: [], detached: [], warnings: [] };

  it('is the message alone where there was nothing to do', () => expect(renderStop(nothing)).to.equal('No active runtime state found.'));

  it('names what ended, what was removed, what would not end and what was left alone', () => {
    const summary: StopSummary = {
      ...nothing,
      message: 'Stopped runtime state.',
      stopped: ['Main Backend', 'redis/server'],
      removed_data: ['/store/redis'],
      not_stopped: [{ what: 'main-frontend-1', detail: 'pid 7 (node)' }],
      detached: [{ pid: 9, comm: 'tmux: server', reason: 'it left the session' }],
      warnings: ['damaged record /x'],
    };
    expect(renderStop(summary)).to.equal(
      lines(`
Stopped runtime state.
  stopped Main Backend
  stopped redis/server
  removed /store/redis
  NOT stopped main-frontend-1: pid 7 (node)
  left running: pid 9 (tmux: server): it left the session
`),
    );
  });
});

describe('renderHealth', () => {
  const service = { project: 'Main', name: 'Main Backend', status: 'running', level: 'ok' as const, critical: true, port: 8000, pid: 5, url: 'http://localhost:8000', detail: null, restarts: 0, last_exit: null };
  const dependency = { project: 'Main', component: 'postgres', status: 'healthy', level: 'ok' as const, critical: true, port: 5432, detail: null };
  const report: HealthReport = {
    run_id: 'run-1',
    mode: 'main',
    projects: 1,
    legacy_state: false,
    services: [service, { ...service, name: 'Main Frontend', status: 'starting', level: 'warn' as const, url: null, detail: 'nothing of it listens on port 9000' }, { ...service, name: 'a-feature-with-a-long-name-1 Backend', status: 'stale', level: 'bad' as const, url: null, detail: 'exited with code 1', last_exit: { code: 1, signal: null, at: '2026-01-31T10:00:00.000Z' } }],
    dependencies: [dependency, { ...dependency, component: 'redis', status: 'unreachable', level: 'bad' as const, port: null, detail: 'no answer' }, { ...dependency, component: 'n8n', status: 'degraded', level: 'warn' as const }],
    status_counts: { ok: 2, warn: 2, bad: 2 },
    healthy: false,
    issues: { failing_services: [], requirement_issues: [], recent_failures: ['Main/backend: it died'] },
    detached: [{ pid: 9, comm: 'tmux: server', reason: 'it left the session' }],
    left_running: [],
    hints: [],
  };

  it('tells of a first start that failed once, and what to do', () => {
    const failed = { ...service, status: 'failed', level: 'bad' as const, port: null, pid: null, url: null, detail: 'Main Backend exited with code 3; log_path: /l/b.log' };
    const failures = ['Main/backend: Main Backend exited with code 3; log_path: /l/b.log'];
    expect(renderHealth({ ...report, services: [failed, { ...failed, name: 'Main Frontend', status: 'stopped', detail: null }], dependencies: [], status_counts: { ok: 0, warn: 0, bad: 2 }, issues: { ...report.issues, recent_failures: failures }, detached: [], hints: ['envctl logs', 'envctl start'] })).to.equal(
      lines(`
run_id: run-1   mode: main   healthy/running 0 | starting 0 | warnings 0 | issues 2
  ! Main Backend         failed
  ! Main Frontend        stopped
  last start failed: Main/backend: Main Backend exited with code 3; log_path: /l/b.log
  → envctl logs
  → envctl start
`),
    );
  });

  it('names what an interrupted command left running, and the commands that mend it', () => {
    const left = [{ name: 'Main Frontend', project: 'Main', pid: 12, port: 9000 }, { name: 'Main Worker', project: 'Main', pid: 13, port: null }];
    const text = renderHealth({ ...report, services: [], dependencies: [], issues: { ...report.issues, recent_failures: [] }, detached: [], left_running: left, hints: ['envctl start', 'envctl stop-all'] });
    expect(text.split('\n').slice(1)).to.deep.equal([
      '  • Main Frontend runs (pid 12, port 9000), and no state lists it: an interrupted command left it',
      '  • Main Worker runs (pid 13), and no state lists it: an interrupted command left it',
      '  → envctl start',
      '  → envctl stop-all',
    ]);
  });

  it('gives every service and dependency a line with a sign, and no spaces behind', () => {
    expect(renderHealth(report)).to.equal(
      lines(`
run_id: run-1   mode: main   healthy/running 2 | starting 1 | warnings 1 | issues 2
  ✓ Main Backend         running      http://localhost:8000
  • Main Frontend        starting       nothing of it listens on port 9000
  ! a-feature-with-a-long-name-1 Backend stale          exited with code 1 at 2026-01-31T10:00:00.000Z
  ✓ Main postgres        healthy      port 5432
  ! Main redis           unreachable    no answer
  • Main n8n             degraded     port 5432
  • pid 9 (tmux: server) left its service and is not managed: it left the session
  last start failed: Main/backend: it died
`),
    );
  });
});

describe('renderPlan', () => {
  const command = { type: 'backend', command: ['node', 'server.js', '--port', '{port}'], cwd: '/w/backend', portMode: 'flag', env: {}, source: 'configured', rule: 'configured' } as const;
  const options = { kind: 'server', public_url: null, ready: { log: null, command: null, timeout_ms: 60_000 }, critical: true, stop: { signal: 'SIGTERM', timeout_ms: 10_000 }, restart: { when: 'no', max: 5, backoff_ms: 1000 }, success_exit_codes: [0], start_order: 100, depends_on: [] } as const;
  const environment = { audience: 'backend' as const, dependencies: [], sections: [], skipped: [], withheld: [], own: ['PORT'] };
  const plan: StartPlan = {
    command: 'restart',
    mode: 'main',
    decision: { kind: 'restart', reason: 'asked for' },
    projects: [
      {
        name: 'Main',
        root: '/w',
        slug: 'main',
        services: [
          { ...options, type: 'backend', name: 'Main Backend', action: 'replace', command, preferred_port: 8000, listens: true, environment: { ...environment, dependencies: [{ id: 'postgres', names: ['DATABASE_URL', 'DB_HOST'] }, { id: 'mail', names: [] }], sections: [{ name: 'DB', section: 'backend launch env', line: 4, sources: ['ENVCTL_SOURCE_DATABASE_URL'] }, { name: 'LEVEL', section: 'backend launch env', line: 5, sources: [] }] } },
          { ...options, type: 'frontend', name: 'Main Frontend', action: 'keep', command: { ...command, type: 'frontend', command: ['npx', 'vite'], rule: 'vite', evidence: [{ path: '/w/web/package.json', text: 'scripts.dev: vite' }, { path: '/usr/bin/node', text: 'Node' }] }, preferred_port: 9000, listens: true, environment: { ...environment, audience: 'backend', skipped: [{ name: 'N8N', section: 'frontend launch env', line: 9, reason: 'ENVCTL_SOURCE_N8N_URL is not available' }], withheld: ['DATABASE_URL'] } },
          { ...options, type: 'seed', name: 'Main Seed', kind: 'job', action: 'start', command: { ...command, type: 'seed', command: ['node', 'seed.js'] }, preferred_port: null, listens: false, critical: false, restart: { when: 'on-failure', max: 3, backoff_ms: 1000 }, environment },
        ],
        dependencies: [{ id: 'postgres', display_name: 'Postgres', action: 'keep', requires: [] }, { id: 'redis', display_name: 'Redis', action: 'start', requires: [] }],
        steps: [{ kind: 'migration', id: 'migrate', label: 'alembic upgrade head', needs: [{ id: 'postgres', condition: 'ready', optional: false }], before: ['backend'], action: 'run', reason: 'configured' }],
        nodes: [],
        notes: ['No lock file.'],
      },
    ],
    edges: [
      { project: 'Main', node: 'backend', needs: 'postgres', condition: 'ready', optional: false },
      { project: 'Main', node: 'backend', needs: 'redis', condition: 'healthy', optional: true },
      { project: 'Main', node: 'backend', needs: 'migrate', condition: 'completed', optional: false },
      { project: 'Main', node: 'migrate', needs: 'postgres', condition: 'ready', optional: false },
      { project: 'other', node: 'frontend', needs: 'redis', condition: 'ready', optional: false },
    ],
  };

  it('says what would be done, with what command and after what', () => {
    expect(renderPlan(plan)).to.equal(
      lines(`
restart in mode main: restart (asked for)

Main  /w
  keep     postgres
  start    redis
  run      migrate  alembic upgrade head  (migration: configured, after postgres)
  replace  backend  node server.js --port {port}  (configured, from port 8000, after postgres, redis healthy if there, migrate completed)
           env from postgres: DATABASE_URL, DB_HOST
           env from .envctl:4, backend launch env: DB from ENVCTL_SOURCE_DATABASE_URL
           env from .envctl:5, backend launch env: LEVEL
  keep     frontend  npx vite  (vite, from port 9000)
           found by web/package.json: scripts.dev: vite
           found by /usr/bin/node: Node
           its own backend: it has code on the server, and the project has no other
           not set: N8N (.envctl:9, frontend launch env): ENVCTL_SOURCE_N8N_URL is not available
           kept from the frontend: DATABASE_URL
  start    seed  node seed.js  (configured, job, not critical, restarted on-failure up to 3 times)
  note: No lock file.
`),
    );
  });
});

describe('renderShowConfig', () => {
  const profile = { startup_enabled: true, backend: true, frontend: false, dependencies: { postgres: true, redis: false }, additional_services: { worker: true, seed: false } };
  const shown: ShowConfig = {
    base_dir: '/w',
    execution_root: '/w',
    config_file: '/w/.envctl',
    config_exists: true,
    config_source: 'envctl',
    legacy_source_path: null,
    preferred_port_strategy: 'project_slot',
    runtime_dir: '/state',
    store_dir: '/store',
    scope_id: 'repo-1',
    effective: {
      default_mode: 'main',
      directories: { backend: 'backend', frontend: 'frontend' },
      ports: { backend: 8000, frontend: 9000, spacing: 20, dependencies: {} },
      profiles: { main: profile, trees: { ...profile, startup_enabled: false } },
      additional_services: ['worker', 'seed'],
      managed_keys: {},
    },
    origins: {
      DB_PORT: { value: '5432', source: 'plugin_default' },
      BACKEND_PORT_BASE: { value: '8100', source: 'file', file: '/w/.envctl', line: 3, set_as: 'BACKEND_PORT' },
      DB_PASSWORD: { value: '(hidden)', source: 'env' },
      ENVCTL_DATA_USER: { value: '', source: 'env' },
    },
    launch_env: [],
    problems: [],
    unknown_keys: [],
    absent_plugin_keys: [],
  };

  it('says of every value where it comes from', () => {
    expect(renderShowConfig(shown)).to.equal(
      lines(`
Repository  /w
File        /w/.envctl
State       /state, scope repo-1
Data        /store
Ports       preferred by project_slot

Modes (default: main)
  main   backend, worker, postgres
  trees  off

Values
  DB_PORT            5432  (plugin default)
  BACKEND_PORT_BASE  8100  (line 3, as BACKEND_PORT)
  DB_PASSWORD        (hidden)  (env)
  ENVCTL_DATA_USER   (empty)  (env)
`),
    );
  });

  it('names the checkout it was asked from, and problems with their mends', () => {
    const text = renderShowConfig({ ...shown, execution_root: '/w/trees/a', problems: [{ kind: 'invalid-value', severity: 'error', message: 'DB_PORT=abc is not a port.', hint: 'Set a number.' }], effective: { ...shown.effective, default_mode: null } });
    expect(text.split('\n')[0]).to.equal('Repository  /w (from /w/trees/a)');
    expect(text).to.include('\nModes (default: not valid)\n');
    expect(text.split('\n').slice(-4)).to.deep.equal(['', 'Problems', '  error: DB_PORT=abc is not a port.', '    Set a number.']);
  });

  it('lists the launch env sections by name, and a value of an older file by its line', () => {
    const variables = [{ name: 'A', line: 5, sources: [] }, { name: 'B', line: 6, sources: ['ENVCTL_SOURCE_BACKEND_URL'] }];
    expect(renderShowConfig({ ...shown, launch_env: [{ section: 'backend launch env', line: 4, mode: null, service: 'backend', variables }] })).to.include('\nVariables for services\n  backend launch env (line 4): A, B');
    const older = { ...shown, config_source: 'legacy_prefill', legacy_source_path: '/w/.envctl.sh', origins: { DB_PORT: { value: '1', source: 'legacy_file', line: 7 } } } as const;
    expect(renderShowConfig(older)).to.include('  DB_PORT  1  (line 7 of /w/.envctl.sh)');
  });

  for (const [what, change, expected] of [
    ['an older file', { config_source: 'legacy_prefill', legacy_source_path: '/w/.envctl.sh' }, 'File        /w/.envctl.sh (older file; envctl config writes /w/.envctl)'],
    ['no file', { config_source: 'defaults' }, 'File        none; /w/.envctl does not exist'],
  ] as const) {
    it(`says that there is ${what}`, () => expect(renderShowConfig({ ...shown, ...change })).to.include(`\n${expected}\n`));
  }

  it('a mode that brings nothing up says so', () => {
    const empty = { ...profile, backend: false, dependencies: {}, additional_services: { seed: false } };
    expect(renderShowConfig({ ...shown, effective: { ...shown.effective, profiles: { main: empty, trees: profile } } })).to.include('\n  main   nothing\n');
  });
});

describe('renderConfigAnswer', () => {
  const saved = { saved: true, path: '/w/.envctl', changed: true, running: true, ignore_updated: false, ignore_warning: null, overridden_by_environment: [], not_carried: [], absent_plugin_keys: [], config: {} } as unknown as Extract<ConfigAnswer, { saved: true }>;
  const table: readonly (readonly [string, ConfigAnswer, string])[] = [
    ['saved', saved, 'Saved /w/.envctl\nWhat already runs keeps its settings: envctl restart'],
    ['saved, while nothing runs', { ...saved, running: false }, 'Saved /w/.envctl'],
    ['nothing new', { ...saved, changed: false }, '/w/.envctl already says so.'],
    ['saved where git ignores it', { ...saved, running: false, ignore_warning: 'git ignores .envctl' }, 'Saved /w/.envctl\nNote: git ignores .envctl'],
    ['cancelled', { saved: false, reason: 'cancelled', path: '/w/.envctl' }, 'Nothing was saved.'],
    [
      'saved, with what it does not reach',
      { ...saved, overridden_by_environment: ['DB_PORT'], not_carried: ['OLD_A', 'OLD_B'] },
      'Saved /w/.envctl\nDB_PORT is overruled by the environment of this shell: unset DB_PORT\nNot taken along from the older file: OLD_A, OLD_B\nWhat already runs keeps its settings: envctl restart',
    ],
    [
      'saved, with what belongs to nobody here',
      { ...saved, absent_plugin_keys: [{ key: 'N8N_PORT_BASE', line: 3, package: '@envctl/plugin-n8n' }] },
      'Saved /w/.envctl\nKept, of packages that are not installed: N8N_PORT_BASE (@envctl/plugin-n8n)\nWhat already runs keeps its settings: envctl restart',
    ],
  ];
  for (const [what, answer, text] of table) it(what, () => expect(renderConfigAnswer(answer)).to.equal(text));
});
