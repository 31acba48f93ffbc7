/**
 * The command driver: the user's own command runs as the process of the instance, on a leased port. To the plugin the server is one that
 * runs elsewhere: it asks it by its protocol and makes the variables of the given URL, in which `{port}` stands for the port.
 */
import { join } from 'node:path';
import type { ConfigReader, DependencyDefinition, DependencyOutcome, LaunchHandle, ProbeContext, StartContext } from '../contract/index.js';
import { EnvctlError, failStart, toOutcome } from '../contract/index.js';
import { splitShellWords } from '../processes/read-only.js';
import { createLaunchListeners, diagnoseLog, taskEnvironment } from '../services/index.js';
import type { DependencyHandle, RequirementsContext } from './orchestrator.js';

const defaultTimeoutSeconds = 60;
/** So long an answer that is a refusal counts as one of a server that is still being set up. */
const settleMs = 5_000;

function commandKey(id: string): string {
  return `ENVCTL_REQUIREMENT_${constantCase(id)}_CMD`;
}

/** The handle of a dependency of the mode `command`. */
export function withCommand(context: CommandContext, handle: DependencyHandle): DependencyHandle {
  return { ...handle, definition: toCommandDefinition(context, handle) };
}

type CommandContext = Pick<RequirementsContext, 'env' | 'paths'>;

function toCommandDefinition(context: CommandContext, { declaration, definition }: DependencyHandle): DependencyDefinition {
  const { id, resources } = declaration;
  const key = commandKey(id);
  const names = resources.map(({ name }) => name);
  const toExternal = <T extends ProbeContext>(ctx: T): T => ({ ...ctx, config: onPorts(ctx.config, declaration.resources, ctx.instance.ports), instance: { ...ctx.instance, driver: 'external' } });
  // An instance of another driver may be on record from before.
  const probe = (ctx: ProbeContext): Promise<DependencyOutcome> => definition.probe(ctx.instance.driver === 'command' ? toExternal(ctx) : ctx);
  return {
    drivers: ({ config }) => {
      const isSet = (config.string(key) ?? '').trim() !== '';
      return Promise.resolve({ available: isSet ? ['command'] : [], missing: isSet ? [] : [`command: set ${key}, for example ${key}='my-server --port {port}'`] });
    },
    plan: (ctx) => (ctx.driver === 'command' ? { ...definition.plan({ ...ctx, driver: 'external' }), share: 'project', ports: names } : definition.plan(ctx)),
    start: (ctx) => toOutcome(ctx.signal, 'hard_start_failure', () => startCommand(ctx, { key, id, context, ask: () => probe(ctx), names })),
    probe,
    credentials: () => [],
    project: (ctx) => definition.project({ ...ctx, driver: 'external', config: onPorts(ctx.config, declaration.resources, ctx.ports) }),
    ...(definition.teardown === undefined ? {} : { teardown: (ctx) => definition.teardown!(ctx) }),
  };
}

interface CommandStart {
  readonly key: string;
  readonly id: string;
  readonly context: CommandContext;
  readonly ask: () => Promise<DependencyOutcome>;
  readonly names: readonly string[];
}

async function startCommand(ctx: StartContext, { key, id, context, ask, names }: CommandStart): Promise<DependencyOutcome> {
  const port = String(Object.values(ctx.instance.ports)[0] ?? '');
  const { words, assignments } = readCommand(key, ctx.config.string(key) ?? '');
  const onPort = (text: string): string => text.replaceAll('{port}', port);
  const [program, ...rest] = words.map(onPort) as [string, ...string[]];
  const handle = await ctx.launch({
    name: 'command',
    command: [program, ...rest],
    cwd: ctx.project.root,
    env: taskEnvironment(context.env, { PORT: port, ...Object.fromEntries(Object.entries(assignments).map(([name, value]) => [name, onPort(value)])) }),
    ports: names,
    dataDirectories: [],
    asDataUser: false,
  });
  const timeoutMs = (ctx.config.integer(`ENVCTL_${constantCase(id)}_START_TIMEOUT_SECONDS`) ?? defaultTimeoutSeconds) * 1000;
  const ended = new AbortController();
  const exit = handle.exited(AbortSignal.any([ctx.signal, ended.signal])).catch(() => undefined);
  const begunMs = performance.now();
  let last: DependencyOutcome | undefined;
  let elsewhere = '';
  try {
    const answer = await ctx.until(
      async () => {
        last = await ask();
        if (last.status !== 'failed') return last;
        return last.class === 'hard_start_failure' && performance.now() - begunMs > settleMs ? last : undefined;
      },
      { timeoutMs, handle },
    );
    ended.abort();
    const end = await exit;
    // Who answers when the command has ended is somebody else.
    if (end !== undefined) return await explainEnd(ctx, handle, { key, code: end.code });
    if (answer === undefined) elsewhere = await describeListeners(context, handle, Number(port));
    if (answer !== undefined) return answer.status === 'failed' ? { ...answer, hints: [...(answer.hints ?? []), `the URL of ${id} has to fit what ${key} starts`, `tail -n 50 ${handle.logPath}`] } : { ...answer, status: handle.origin === 'adopted' ? 'adopted' : 'ready' };
  } finally {
    ended.abort();
  }
  return failStart('transient_probe_timeout_retryable', 'network_unreachable', `${id} did not answer within ${timeoutMs / 1000} s${last?.status === 'failed' ? `: ${last.message}` : ''}${elsewhere}`, [`tail -n 50 ${handle.logPath}`]);
}

/** A command that listens, and not where it was told to. */
async function describeListeners({ paths }: CommandContext, { id }: LaunchHandle, port: number): Promise<string> {
  const ports = (await createLaunchListeners(join(paths.launches, id)).listenersOf()).filter((other) => other !== port);
  return ports.length === 0 ? '' : `; the command listens on port ${ports.join(', ')} instead of ${port}`;
}

async function explainEnd(ctx: StartContext, handle: LaunchHandle, { key, code }: { readonly key: string; readonly code: number }): Promise<never> {
  const lines = (await handle.logTail(40)).map((line) => line.trim()).filter((line) => line !== '');
  // Whole: half of a secret is known to nobody.
  const line = lines.findLast((text) => /error|fatal|cannot|can't/i.test(text)) ?? lines.at(-1);
  const said = line === undefined ? '' : `: ${line}`;
  if (diagnoseLog(lines, (text) => text).reason === 'bind_conflict') failStart('bind_conflict_retryable', 'port_in_use', `port ${Object.values(ctx.instance.ports)[0]} is held by another program${said}`);
  const mend = code === 0 ? [`${key} has to stay in the foreground: envctl runs it as the server itself`] : [];
  return failStart('hard_start_failure', 'hard_start_failure', `${key} ended with ${code} before the server answered${said}`, [...mend, `tail -n 50 ${handle.logPath}`]);
}

function readCommand(key: string, text: string): { readonly words: readonly string[]; readonly assignments: Readonly<Record<string, string>> } {
  const split = splitShellWords(text);
  if (split.ok) return split;
  const problem = { 'unterminated-quote': 'has a quote that is never closed', 'shell-syntax': 'uses shell syntax, but is run without a shell', empty: 'names no program' }[split.reason];
  throw new EnvctlError('ENVCTL_E_CONFIG_INVALID', `${key} ${problem}${split.at === '' ? '' : `: ${split.at}`}`, { hints: split.reason === 'shell-syntax' ? [`${key}=sh -c '${text.replaceAll("'", `'\\''`)}'`] : [] });
}

/** The configuration with the ports that are leased: in the place of `{port}`, and of the keys that name preferred ones. */
function onPorts(config: ConfigReader, resources: DependencyHandle['declaration']['resources'], ports: Readonly<Record<string, number>>): ConfigReader {
  const [first] = Object.values(ports);
  return {
    string: (key) => config.string(key)?.replaceAll('{port}', String(first ?? '')),
    integer: (key) => {
      const resource = resources.find(({ configKey }) => configKey === key);
      return (resource === undefined ? undefined : ports[resource.name]) ?? config.integer(key);
    },
    boolean: (key) => config.boolean(key),
  };
}

function constantCase(id: string): string {
  return id.toUpperCase().replaceAll('-', '_');
}
