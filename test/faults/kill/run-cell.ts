/** One round: the stack as it was, and for each cell the command, the kill, what must hold at once, and what must hold after the next command. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { needsRunning, type Cell, type CellResult, type KilledCommand, type Recording, type Round, type RoundResult } from './cells.js';
import { latestRun, type Ended, type Facts, type Stack } from './stack.js';

const serviceCount = 4;

/** What a command passes and takes when nobody kills it. The kept state must be there. */
export async function record(stack: Stack, root: string, command: KilledCommand): Promise<Recording> {
  await prepare(stack, command);
  await approach(stack, command);
  const file = join(root, 'recorded');
  rmSync(file, { force: true });
  const began = performance.now();
  const ended = await stack.run(argsOf(command), { ...envOf(command), ENVCTL_TEST_SEAM_ENABLE: '1', ENVCTL_TEST_SEAM: `record:${file}` });
  const durationMs = performance.now() - began;
  if (ended.code !== exitCodeOf(command)) throw new Error(`${command} ended with ${ended.code ?? ended.signal}: ${lastLines(ended)}`);
  expectSuccess('stop-all', await stack.run(['stop-all']));
  if (command === 'cold-start') stack.vouchForStore(false);
  return { points: readFileSync(file, 'utf8').trim().split('\n'), durationMs };
}

export async function runRound(stack: Stack, root: string, round: Round): Promise<RoundResult> {
  const cells: CellResult[] = [];
  const problems: string[] = [];
  try {
    await prepare(stack, round[0].command);
    for (const cell of round) {
      const before = await approach(stack, cell.command);
      const { reached, ended } = await killAt(stack, root, cell);
      cells.push({ reached, killed: ended.signal === 'SIGKILL' });
      if (ended.signal !== 'SIGKILL' && ended.code !== exitCodeOf(cell.command)) problems.push(`${cell.command} failed by itself: ${lastLines(ended)}`);
      problems.push(...(await checkState(stack, cell.command, before)));
      if (cell.then === 'start') problems.push(...(await checkStart(stack)));
      if (cell.then === 'stop') problems.push(...(await checkStop(stack)));
      if (problems.length > 0) break;
    }
    problems.push(...(await checkStopAll(stack, round.at(-1)!.then === 'remove')));
  } catch (error) {
    problems.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
  } finally {
    stack.vouchForStore(problems.length === 0 && round.every(({ command, then }) => command !== 'cold-start' && then !== 'remove'));
    await stack.endEverything();
  }
  return { cells, problems };
}

/** Brings the stack to where the command is used. */
async function prepare(stack: Stack, command: KilledCommand): Promise<void> {
  stack.restore(command === 'cold-start' ? 'nothing' : 'kept');
  if (needsRunning(command)) expectSuccess('start', await stack.run(['start', '--headless']));
}

/** The last touch, in an environment that runs; gives the run that is then the last good one. */
async function approach(stack: Stack, command: KilledCommand): Promise<string | undefined> {
  if (!needsRunning(command)) return undefined;
  if (command === 'resume') await endBackend(stack);
  return latestRun(stack);
}

/** resume has something to do when a recorded service has died. */
async function endBackend(stack: Stack): Promise<void> {
  const state = JSON.parse(readFileSync(join(stack.scopeDirectory() ?? '', 'run_state.json'), 'utf8')) as { services: Record<string, { pid: number }> };
  const pid = state.services['Main Backend']!.pid;
  process.kill(pid, 'SIGKILL');
  while ((await stack.facts()).processes.some((process) => process.pid === pid)) await pause(2);
}

async function killAt(stack: Stack, root: string, { command, kill }: Cell): Promise<{ readonly reached: string | undefined; readonly ended: Ended }> {
  const file = join(root, 'reached');
  rmSync(file, { force: true });
  const seam: Record<string, string> = kill.kind === 'point' ? { ENVCTL_TEST_SEAM_ENABLE: '1', ENVCTL_TEST_SEAM: `stop:${kill.count}:${file}` } : {};
  const { child, ended } = stack.begin(argsOf(command), { ...envOf(command), ...seam });
  let isOver = false;
  const over = ended.then(() => (isOver = true));
  let reached: string | undefined;
  if (kill.kind === 'time') await Promise.race([pause(kill.afterMs), over]);
  else while (!isOver && (reached = readPoint(file)) === undefined) await pause(2);
  if (!isOver) child.kill('SIGKILL');
  return { reached, ended: await ended };
}

function readPoint(file: string): string | undefined {
  try {
    const text = readFileSync(file, 'utf8');
    return text.endsWith('\n') ? text.trim() : undefined;
  } catch {
    return undefined;
  }
}

/** Right after the kill: everything parses, the last good state or its successor is there, and envctl tells of it what is true. */
async function checkState(stack: Stack, command: KilledCommand, before: string | undefined): Promise<readonly string[]> {
  const facts = await stack.facts();
  const problems = [...facts.unreadable.map((text) => `not parseable after the kill: ${text}`)];
  const scope = stack.scopeDirectory();
  const latest = scope === undefined ? undefined : facts.states[join(scope, 'run_state.json')];
  if (before !== undefined && latest === undefined && !command.startsWith('stop')) problems.push(`the last good state ${before} is gone`);
  if (before !== undefined && latest?.run === before && facts.states[join(scope!, 'runs', before, 'run_state.json')] === undefined) problems.push(`the run ${before} lost its own state`);
  if (latest === undefined) return problems;
  const told = await stack.run(['endpoints', '--json']);
  // A stop that retired the run and died before it removed the file has stopped it.
  if (told.code !== 0) return command.startsWith('stop') ? problems : [...problems, `endpoints fails after the kill: ${lastLines(told)}`];
  // A service that the killed command launched may have begun to listen meanwhile.
  const listeners = [...facts.listeners, ...(await stack.facts()).listeners];
  const document = JSON.parse(told.document) as Record<'backend' | 'frontend', { status: string; port: number } | null>;
  for (const service of [document.backend, document.frontend]) {
    if (service?.status === 'running' && !listeners.includes(service.port)) problems.push(`endpoints tells of a service on port ${service.port} where nobody listens`);
  }
  return problems;
}

/** A plain start ends healthy, with one set of processes and nothing beside it on record. */
async function checkStart(stack: Stack): Promise<readonly string[]> {
  const started = await stack.run(['start', '--headless', '--json']);
  if (started.code !== 0) return [`start after the kill ended with ${started.code ?? started.signal}: ${lastLines(started)}`];
  const facts = await stack.facts();
  const problems = [...facts.unreadable.map((text) => `not parseable after the start: ${text}`)];
  const count = (what: string, found: readonly unknown[], wanted: number): void => {
    if (found.length !== wanted) problems.push(`after the start ${found.length} ${what} instead of ${wanted}: ${JSON.stringify(found)}`);
  };
  const runsScript = ({ command }: Facts['processes'][number]): boolean => command.includes('/runner.sh ');
  const isBelow = (which: typeof runsScript) => (process: Facts['processes'][number]): boolean => facts.processes.some((other) => other.pid === process.parent && which(other));
  const isRunner = (process: Facts['processes'][number]): boolean => runsScript(process) && !isBelow(runsScript)(process);
  // The writer of a log is a child of its runner and runs the same script, as what it starts does until it has become another program.
  const isWriter = (process: Facts['processes'][number]): boolean => runsScript(process) && isBelow(isRunner)(process);
  const isRunnersOwn = (process: Facts['processes'][number]): boolean => runsScript(process) || isBelow(isWriter)(process);
  const commandsOf = (pattern: RegExp): readonly string[] => facts.processes.filter((process) => !isRunnersOwn(process) && pattern.test(process.command)).map(({ pid, command }) => `${pid} ${command}`);
  count('runners', facts.processes.filter(isRunner).map(({ pid, command }) => `${pid} ${command}`), serviceCount);
  count('writers of logs', facts.processes.filter(isWriter).map(({ pid, command }) => `${pid} ${command}`), 2);
  count('services', commandsOf(/server\.pl$/), 2);
  count('Redis servers', commandsOf(/redis-server/), 1);
  // One that it has just forked has not named itself yet.
  const isPostgres = ({ command }: Facts['processes'][number]): boolean => /\/bin\/postgres -D/.test(command) && !command.includes('/runner.sh ');
  count('Postgres servers', facts.processes.filter((process) => isPostgres(process) && !isBelow(isPostgres)(process)), 1);
  count('strangers', facts.processes.filter((process) => !isRunnersOwn(process) && !/server\.pl$|redis-server|^postgres: |\/bin\/postgres -D/.test(process.command)), 0);
  count('ports listened on', facts.listeners, serviceCount);
  count('leases', facts.leases, serviceCount);
  count('processes on the ledger', facts.ledger.filter(({ kind }) => kind === 'process'), serviceCount);
  count('launch directories', facts.launches, serviceCount);
  if (stack.hasCgroups) count('cgroups', facts.cgroups, serviceCount);
  const { projects } = JSON.parse(started.document) as { projects: readonly { services: readonly { url: string }[] }[] };
  for (const { url } of projects.flatMap(({ services }) => services)) {
    const response = await fetch(url.replace('localhost', '127.0.0.1')).catch((error: unknown) => error as Error);
    if (!('ok' in response) || !response.ok) problems.push(`${url} does not answer after the start`);
    else await response.arrayBuffer();
  }
  const health = await stack.run(['health', '--json']);
  if (health.code !== 0) problems.push(`not healthy after the start: ${lastLines(health)}`);
  return problems;
}

/** A plain stop ends everything that the killed command left, whether a state lists it or not. */
async function checkStop(stack: Stack): Promise<readonly string[]> {
  const stopped = await stack.run(['stop']);
  const problems = stopped.code === 0 ? [] : [`stop after the kill ended with ${stopped.code ?? stopped.signal}: ${lastLines(stopped)}`];
  const { processes, listeners } = await stack.facts();
  if (processes.length + listeners.length > 0) problems.push(`left after stop: ${JSON.stringify({ processes, listeners })}`);
  return problems;
}

async function checkStopAll(stack: Stack, withData: boolean): Promise<readonly string[]> {
  const stopped = await stack.run(['stop-all', ...(withData ? ['--remove-volumes'] : [])]);
  const problems = stopped.code === 0 ? [] : [`stop-all ended with ${stopped.code ?? stopped.signal}: ${lastLines(stopped)}`];
  const facts = await stack.facts();
  const left: Readonly<Record<string, readonly unknown[]>> = {
    process: facts.processes,
    listener: facts.listeners,
    lease: facts.leases,
    'temporary file': facts.temporary,
    'launch directory': facts.launches,
    'entry of the ledger': facts.ledger.filter(({ kind }) => withData || kind === 'process'),
    data: withData ? facts.data : [],
    holder: facts.holders,
    socket: facts.sockets,
    cgroup: facts.cgroups,
    'unreadable file': facts.unreadable,
    pointer: Object.keys(facts.pointers),
  };
  for (const [what, found] of Object.entries(left)) if (found.length > 0) problems.push(`left after stop-all: ${what}: ${JSON.stringify(found)}`);
  return problems;
}

function argsOf(command: KilledCommand): readonly string[] {
  if (command === 'failing-restart') return ['restart'];
  return needsRunning(command) ? [command] : ['start', '--headless'];
}

function envOf(command: KilledCommand): Readonly<Record<string, string>> {
  return command.startsWith('failing-') ? { BROKEN_SERVICE: 'backend' } : {};
}

function exitCodeOf(command: KilledCommand): number {
  return command.startsWith('failing-') ? 1 : 0;
}

function expectSuccess(command: string, ended: Ended): void {
  if (ended.code !== 0) throw new Error(`${command} ended with ${ended.code ?? ended.signal}: ${lastLines(ended)}`);
}

function lastLines({ output }: Ended): string {
  return output.trim().split('\n').slice(-12).join(' | ');
}
