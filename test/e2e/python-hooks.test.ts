import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { run } from '../packaging/run.js';
import { portsOf } from './document.js';
import { createWorld, environmentOf, isAlive, processesIn, type World } from './world.js';

describe('hooks of a project in Python', function () {
  this.timeout(180_000);
  let world: World;
  before(async function () {
    world = await createWorld('python-hooks', { settings: { MAIN_REDIS_ENABLE: true } });
    const made = await run('python3', ['-m', 'venv', '--without-pip', path.join(world.repository, '.venv')], { cwd: world.directory }).catch(() => ({ code: 1 }));
    if (made.code === 0) return;
    this.test!.parent!.title += ' skipped: no python3 with venv';
    this.skip();
  });
  after(() => world?.close());
  afterEach(() => rm(path.join(world.repository, '.envctl_hooks.py'), { force: true }));

  const write = (text: string): Promise<void> => writeFile(path.join(world.repository, '.envctl_hooks.py'), text);
  const told = (): string => path.join(world.directory, 'told.json');
  /** A start that fails: its message, and what the log that its hint names says. */
  async function failing(env: Readonly<Record<string, string>> = {}): Promise<{ readonly message: string; readonly log: string }> {
    const { code, document } = await world.json(['start'], { env });
    expect(code, document.message).to.equal(1);
    expect(processesIn(world.repository)).to.deep.equal([]);
    return { message: document.message, log: await readFile(document.hints.find((hint) => hint.startsWith('less '))!.slice(5), 'utf8') };
  }

  it('run with the Python of the project, stand in for dependencies and services, and may print what they like', async () => {
    await write(`import json, os, sys

def envctl_setup_infrastructure(context):
    print("setting up " + context["project_name"])
    print("{\\"error\\": 1}", file=sys.stderr)
    return {"skip_default_requirements": True, "requirements": {"redis": {"env": {"REDIS_URL": "redis://elsewhere/0"}}}}

def envctl_define_services(context):
    os.write(1, b"x" * 3_000_000 + b"\\n")
    with open(${JSON.stringify(told())}, "w") as out:
        json.dump({"python": sys.prefix, "cwd": os.getcwd(), "env": context["env"], "run_id": context["run_id"], "mode": context["mode"]}, out)
    return {"services": [{"name": "Api", "type": "backend", "command": "node server.mjs", "cwd": "backend", "port": context["ports"]["backend"]}]}
`);
    const started = await world.succeed(['start']);
    const { run_id: runId } = started as unknown as { readonly run_id: string };
    expect(JSON.parse(await readFile(told(), 'utf8'))).to.deep.equal({ python: path.join(world.repository, '.venv'), cwd: world.repository, env: { REDIS_URL: 'redis://elsewhere/0' }, run_id: runId, mode: 'main' });
    expect(portsOf(started)).to.deep.equal({ backend: world.ports.backend });
    expect((await environmentOf(world.ports.backend))['REDIS_URL']).to.equal('redis://elsewhere/0');
    expect(existsSync(path.join(world.repository, '__pycache__'))).to.equal(false);
    const log = await readFile(path.join(world.env['ENVCTL_RUNTIME_DIR']!, 'engine', world.scopeId, 'runs', runId, 'Main_hook_setupInfrastructure.log'), 'utf8');
    expect(log).to.equal('setting up Main\n{"error": 1}\n');
    await world.succeed(['stop-all']);
  });

  const wrong: readonly (readonly [what: string, code: string, message: RegExp, log: RegExp])[] = [
    ['raises', '    raise RuntimeError("no cluster")', /envctl_setup_infrastructure of .*\.envctl_hooks\.py failed: no cluster/, /Traceback .*[\s\S]*RuntimeError: no cluster/],
    ['leaves', '    import sys; sys.exit("enough")', /failed: enough/, /SystemExit: enough/],
    ['ends the process', '    import os; print("last words", flush=True); os._exit(3)', /ended with 3 and without a result: last words/, /last words/],
    ['gives back what is no JSON', '    return {"requirements": object()}', /failed: Object of type object is not JSON serializable/, /TypeError/],
    ['gives back an unknown field', '    return {"requirments": {}}', /gave back what envctl cannot use: .*requirments/, /^$/],
    ['gives back too much', '    return {"requirements": {"redis": {"env": {"A": "x" * 2_000_000}}}}', /gave back more than 1 MiB/, /^$/],
  ];
  for (const [what, code, message, log] of wrong) {
    it(`one that ${what} fails the start, says why, and nothing stays`, async () => {
      await write(`def envctl_setup_infrastructure(context):\n${code}\n`);
      const failed = await failing();
      expect(failed.message).to.match(message);
      expect(failed.log).to.match(log);
    });
  }

  it('a file that Python cannot read is told with its error', async () => {
    await write('def envctl_setup_infrastructure(context)\n    return None\n');
    expect((await failing()).message).to.match(/Failed to load .*\.envctl_hooks\.py: expected ':'/);
    await write('import nosuch_module\n\ndef envctl_setup_infrastructure(context):\n    return None\n');
    expect((await failing()).message).to.match(/Failed to load .*\.envctl_hooks\.py: No module named 'nosuch_module'/);
  });

  const hanging = `import os, subprocess, time

def envctl_define_services(context):
    child = subprocess.Popen(["sleep", "600"])
    with open(${JSON.stringify('PLACE')}, "w") as out:
        out.write(f"{os.getpid()} {child.pid}.")
    time.sleep(600)
`;
  const begun = async (): Promise<readonly number[]> => {
    while (!existsSync(told()) || !(await readFile(told(), 'utf8')).endsWith('.')) await delay(20);
    return (await readFile(told(), 'utf8')).replace('.', '').split(' ').map(Number);
  };

  it('one that hangs is ended with all it started when its time is over', async () => {
    await rm(told(), { force: true });
    await write(hanging.replace('PLACE', told()));
    const { message } = await failing({ ENVCTL_HOOK_TIMEOUT_SECONDS: '2' });
    expect(message).to.match(/envctl_define_services of .*\.envctl_hooks\.py failed: .*within 2 s/);
    expect((await begun()).filter(isAlive)).to.deep.equal([]);
  });

  it('Ctrl-C ends it with all it started, and the start', async () => {
    await rm(told(), { force: true });
    await write(hanging.replace('PLACE', told()));
    const starting = world.spawn(['start']);
    const pids = await begun();
    starting.process.kill('SIGINT');
    expect((await starting.finished).code).to.equal(2);
    expect(pids.filter(isAlive)).to.deep.equal([]);
    expect(processesIn(world.directory)).to.deep.equal([]);
  });
});
