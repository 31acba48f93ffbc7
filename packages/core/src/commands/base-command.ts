import { Command } from '@oclif/core/command';
import type { Config } from '@oclif/core/config';
import * as Flags from '@oclif/core/flags';
import type * as Interfaces from '@oclif/core/interfaces';
import type { CommandContract, Mode } from '../contract/index.js';
import { EnvctlError } from '../contract/index.js';
import {
  assertPrograms, commandExit, invocationOf, formatJson, toResultDocument,
  type CommandExit, type DisposableRuntime, type HotContext, type Invocation, type Route,
} from '../boot/index.js';

export type { Route, RuntimeFactory, RuntimeRequest } from '../boot/index.js';
export type { CommandContract } from '../contract/index.js';

/** What a command found out or did. The exit code is data: 0, or 1 when `ok` is false, unless it says otherwise. */
export interface CommandResult<T extends object> {
  readonly data: T;
  readonly ok?: boolean;
  readonly exitCode?: 0 | 1 | 2;
  /** The result was printed as it came; nothing is left to print. */
  readonly isPrinted?: true;
}

/** What a renderer may depend on beside the data. */
export interface RenderOptions {
  /** Terminal columns; undefined when stdout is no terminal. */
  readonly columns: number | undefined;
  readonly colour: boolean;
}

const selector = { multiple: true, multipleNonGreedy: true, delimiter: ',', helpValue: 'NAME', helpGroup: 'SELECTION' } as const;

/** `--project`, for the flags of a command that narrows its work to `route.projects`; a command without it refuses the option. */
export const projectFlag = { project: Flags.string({ ...selector, aliases: ['projects'], summary: 'Only these projects.' }) };

/** `--project` and `--service`, for a command that narrows its work to `route.projects` and `route.services`. */
export const selectorFlags = { ...projectFlag, service: Flags.string({ ...selector, aliases: ['services'], summary: 'Only these services.' }) };

/** `--all`, for a command that works on everything unless it is told otherwise: says so, and is refused beside a selector. */
export const allFlag = { all: Flags.boolean({ summary: 'Everything; not together with a target.', helpGroup: 'SELECTION' }) };

/**
 * Base of every envctl command: parses, runs, and prints the result once, as JSON or as text.
 *
 * A command implements `execute` (returns data) and `render` (a pure function of that data). With `--json` nothing but one
 * document is written to stdout: `contract_version`, `ok` and the data. `R` is the runtime the command asks for.
 */
export abstract class EnvctlCommand<T extends object = object, R extends DisposableRuntime = DisposableRuntime> extends Command {
  static envctl: CommandContract;
  /** Version of the JSON document. */
  static documentVersion = 1;
  static override enableJsonFlag = false;

  static override baseFlags: Interfaces.FlagInput = {
    json: Flags.boolean({ summary: 'Print one JSON document on stdout and nothing else.', helpGroup: 'GLOBAL' }),
    repo: Flags.string({ summary: 'Repository to work on; default: the one around the working directory.', helpValue: 'PATH', helpGroup: 'GLOBAL' }),
    main: Flags.boolean({ summary: 'Mode main: the repository itself.', helpGroup: 'GLOBAL' }),
    trees: Flags.boolean({ aliases: ['tree'], summary: 'Mode trees: its worktrees.', helpGroup: 'GLOBAL' }),
    headless: Flags.boolean({ aliases: ['batch', 'non-interactive', 'no-interactive'], char: 'b', summary: 'Never ask; fail instead.', helpGroup: 'GLOBAL' }),
    interactive: Flags.boolean({ summary: 'Ask in a terminal even where the default is not to.', helpGroup: 'GLOBAL' }),
  };

  #runtime: R | undefined;

  /** oclif's own `run` builds a second Config from the first; ours takes the one it is given. */
  static override async run<C extends Command>(this: new (argv: string[], config: Config) => C, argv?: string[], options?: Interfaces.LoadOptions): Promise<ReturnType<C['run']>> {
    const command = new this(argv ?? [], options as Config);
    return (command as unknown as { _run(): Promise<ReturnType<C['run']>> })._run();
  }

  /** Does the work. Errors are thrown as EnvctlError; everything it learned is in the data. */
  protected abstract execute(route: Route): Promise<CommandResult<T>>;

  /** The result for people: pure. An empty text prints nothing. */
  protected abstract render(data: T, options: RenderOptions): string;

  override async run(): Promise<CommandExit> {
    const route = await this.readRoute();
    assertPrograms(this.contract?.prerequisites ?? [], this.invocation.env['PATH'] ?? '');
    const result = await this.executeAndGiveBack(route);
    const ok = result.ok ?? (result.exitCode ?? 0) === 0;
    if (result.isPrinted !== true) this.print(route, result.data, ok);
    return commandExit(result.exitCode ?? (ok ? 0 : 1));
  }

  /** The facade, created at the first call and given back when the command ends. */
  protected async runtime(): Promise<R> {
    if (this.#runtime === undefined) {
      this.invocation.undertakeCancellation(undertakingOf(this.contract));
      const created = await this.invocation.createRuntime({ invocation: this.invocation, config: this.config });
      this.#runtime = created as R;
    }
    return this.#runtime;
  }

  /** What the command declares; a plugin's may declare nothing. */
  private get contract(): CommandContract | undefined {
    return (this.ctor as unknown as { readonly envctl?: CommandContract }).envctl;
  }

  protected get invocation(): Invocation {
    const invocation = invocationOf(this.config);
    if (invocation === undefined) throw new EnvctlError('ENVCTL_E_BUG', `The command ${this.id ?? ''} was started without the envctl front door.`, { kind: 'bug' });
    return invocation;
  }

  /** Progress and warnings: stderr, also with --json. */
  protected say(line: string): void {
    this.invocation.stderr(`${line}\n`);
  }

  /** What the pure function behind both doors is called with. */
  protected hotContext(route: Route): HotContext {
    const { env, cwd, manifest, now } = this.invocation;
    return { route, env, cwd, manifest, now };
  }

  private async readRoute(): Promise<Route> {
    const { flags, argv } = await this.parse(this.ctor);
    const { json, repo, main, trees, project, service, headless, interactive, ...own } = flags as RouteFlags & Record<string, unknown>;
    const mode: Mode | undefined = trees === true ? 'trees' : main === true ? 'main' : undefined;
    return {
      command: this.id ?? '',
      mode,
      rawArgs: this.invocation.line.original,
      projects: project ?? [],
      services: service ?? [],
      flags: interactive === undefined ? own : { ...own, interactive },
      passthroughArgs: argv as readonly string[],
      repo,
      headless: headless === true || json === true || !this.invocation.terminal.stdin || this.invocation.terminal.batch,
      json: json === true,
    };
  }

  /** The runtime is given back before anything is printed: a failure of that is the command's, and stays the one document. */
  private async executeAndGiveBack(route: Route): Promise<CommandResult<T>> {
    let result: CommandResult<T>;
    try {
      result = await this.execute(route);
    } catch (error) {
      // The first failure is the one to tell.
      await this.#runtime?.dispose().catch(() => undefined);
      throw error;
    }
    await this.#runtime?.dispose();
    return result;
  }

  private print(route: Route, data: T, ok: boolean): void {
    const { stdout, terminal } = this.invocation;
    if (route.json) {
      const version = (this.ctor as unknown as { documentVersion?: number }).documentVersion ?? 1;
      stdout(formatJson(toResultDocument(route.command, version, ok, data)));
      return;
    }
    const text = this.render(data, { columns: terminal.stdout ? terminal.columns : undefined, colour: terminal.colour.stdout });
    if (text !== '') stdout(text.endsWith('\n') ? text : `${text}\n`);
  }

  /** Errors belong to the front door. */
  protected override async catch(error: Error): Promise<never> {
    throw error;
  }
}

/** The flags that become parts of the route. */
interface RouteFlags {
  readonly json?: boolean;
  readonly repo?: string;
  readonly main?: boolean;
  readonly trees?: boolean;
  readonly project?: readonly string[];
  readonly service?: readonly string[];
  readonly headless?: boolean;
  readonly interactive?: boolean;
}

function undertakingOf(contract: CommandContract | undefined): 'undoes' | 'finishes' | 'ends' {
  if (contract?.mutates === false) return 'ends';
  return contract?.family === 'lifecycle_cleanup' ? 'finishes' : 'undoes';
}
