/** The environment under attack: a real Postgres, a real Redis and two services of a few lines, in one private directory. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

export interface Facts {
  readonly processes: readonly { readonly pid: number; readonly parent: number; readonly command: string }[];
  readonly listeners: readonly number[];
  readonly cgroups: readonly string[];
  readonly leases: readonly { readonly path: string; readonly state: string; readonly port: number }[];
  readonly temporary: readonly string[];
  readonly launches: readonly string[];
  readonly ledger: readonly { readonly path: string; readonly kind: string }[];
  readonly sockets: readonly string[];
  /** Projects that instances count as their users. */
  readonly holders: readonly string[];
  /** Data of instances. */
  readonly data: readonly string[];
  readonly unreadable: readonly string[];
  readonly states: Readonly<Record<string, { readonly run: string; readonly services: Readonly<Record<string, number>> }>>;
  readonly pointers: Readonly<Record<string, string>>;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly output: string;
  /** What it wrote to its standard output alone. */
  readonly document: string;
}

export interface Stack {
  /** Starts a command without waiting for it. */
  begin(args: readonly string[], env?: Readonly<Record<string, string>>): { readonly child: ChildProcess; readonly ended: Promise<Ended> };
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
  /** What survivors.py counts now. */
  facts(): Promise<Facts>;
  /** Keeps what is on the disk as the state that `restore` brings back. */
  keep(): void;
  /** Puts the kept state back, or none at all. A store that is vouched for stays. */
  restore(from: 'kept' | 'nothing'): void;
  /** Says that the servers of the store are at rest and have the data they had when it was kept. */
  vouchForStore(isAsKept: boolean): void;
  /** Ends every process of the namespace but this one and the first, so that a cell that failed does not fail the next. */
  endEverything(): Promise<void>;
  readonly scopeDirectory: () => string | undefined;
  /** True when each launch has a cgroup, below one that is this stack's alone. */
  readonly hasCgroups: boolean;
  close(): void;
}

/** In Perl, which is there in a tenth of Node's time: it starts twice in every cell. */
const server = `use Socket;
exit 1 if ($ENV{BROKEN_SERVICE} // '') eq (split '/', readlink '/proc/self/cwd')[-1];
$SIG{PIPE} = 'IGNORE';
my $server;
socket($server, PF_INET, SOCK_STREAM, 0) && setsockopt($server, SOL_SOCKET, SO_REUSEADDR, 1)
  && bind($server, pack_sockaddr_in($ENV{PORT}, INADDR_LOOPBACK)) && listen($server, 16) or die "$!";
while (accept(my $client, $server)) {
  sysread($client, my $request, 4096) or next;
  syswrite($client, "HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok");
}
`;

const config = `# >>> envctl managed startup config >>>
ENVCTL_DEFAULT_MODE=main
ENVCTL_BACKEND_START_CMD=perl server.pl
ENVCTL_FRONTEND_START_CMD=perl server.pl
MAIN_POSTGRES_ENABLE=true
MAIN_REDIS_ENABLE=true
# <<< envctl managed startup config <<<
`;

const commandLimitMs = 240_000;

/** Builds the repository below `root`, an empty directory that nobody else sees. */
export function createStack(root: string, programs: { readonly envctl: string; readonly survivors: string; readonly hasCgroups: boolean }): Stack {
  const [repository, runtime, store, kept, home] = ['repo', 'rt', 'store', 'kept', 'home'].map((name) => join(root, name)) as [string, string, string, string, string];
  for (const service of ['backend', 'frontend']) {
    mkdirSync(join(repository, service), { recursive: true });
    writeFileSync(join(repository, service, 'server.pl'), server);
  }
  writeFileSync(join(repository, '.envctl'), config);
  mkdirSync(home);
  spawnSync('git', ['init', '-q', repository]);
  const env = { ...process.env, HOME: home, ENVCTL_RUNTIME_DIR: runtime, ENVCTL_STORE_DIR: store };

  const begin: Stack['begin'] = (args, extra = {}) => {
    const child = spawn(process.execPath, [programs.envctl, ...args], { cwd: repository, env: { ...env, ...extra }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let document = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      document += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
    const timer = setTimeout(() => child.kill('SIGKILL'), commandLimitMs);
    const ended = new Promise<Ended>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        clearTimeout(timer);
        resolve({ code, signal, output, document });
      });
    });
    return { child, ended };
  };

  const allowed = [1, process.pid].flatMap((pid) => ['--allow', String(pid)]);
  const counter = spawn('python3', ['-I', '-S', programs.survivors, '--serve', '--runtime', runtime, '--store', store, ...allowed], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: counter.stdout })[Symbol.asyncIterator]();
  const facts: Stack['facts'] = async () => {
    counter.stdin.write('\n');
    const line: IteratorResult<string, unknown> = await lines.next();
    if (line.done === true) throw new Error('survivors.py ended');
    const counted = JSON.parse(line.value) as Facts;
    // Below a cgroup that is not this stack's alone there are those of others.
    return programs.hasCgroups ? counted : { ...counted, cgroups: [] };
  };

  let isStoreAsKept = false;
  return {
    begin,
    run: (args, extra) => begin(args, extra).ended,
    facts,
    keep() {
      rmSync(kept, { recursive: true, force: true });
      mkdirSync(kept);
      copyTree(runtime, join(kept, 'rt'));
      copyTree(store, join(kept, 'store'));
      isStoreAsKept = true;
    },
    restore(from) {
      rmSync(runtime, { recursive: true, force: true });
      if (from === 'kept') copyTree(join(kept, 'rt'), runtime);
      if (from === 'kept' && isStoreAsKept) return;
      rmSync(store, { recursive: true, force: true });
      if (from === 'kept') copyTree(join(kept, 'store'), store);
      isStoreAsKept = from === 'kept';
    },
    vouchForStore(isAsKept) {
      isStoreAsKept = isAsKept;
    },
    async endEverything() {
      for (;;) {
        const { processes, cgroups } = await facts();
        for (const path of processes.length === 0 ? cgroups : []) rmdirSync(path);
        if (processes.length === 0) return;
        for (const { pid } of processes) endProcess(pid);
        await pause(5);
      }
    },
    scopeDirectory: () => {
      const engine = join(runtime, 'engine');
      const name = existsSync(engine) ? readdirSync(engine)[0] : undefined;
      return name === undefined ? undefined : join(engine, name);
    },
    hasCgroups: programs.hasCgroups,
    close: () => counter.stdin.end(),
  };
}

/** The run that the latest state tells of; `undefined` without one. */
export function latestRun(stack: Stack): string | undefined {
  const scope = stack.scopeDirectory();
  const path = scope === undefined ? undefined : join(scope, 'run_state.json');
  return path !== undefined && existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as { run_id: string }).run_id : undefined;
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

/** Owner, mode and links stay; the server's programs, which nobody writes to, are shared by hard links. */
function copyTree(from: string, to: string): void {
  const isProgram = (path: string): boolean => /\/server-[\d.]+$/.test(path);
  const programs: string[] = [];
  const collect = (directory: string): void => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      if (!entry.isDirectory()) continue;
      if (isProgram(path)) programs.push(path);
      else if (entry.name !== 'cluster') collect(path);
    }
  };
  collect(from);
  const copied = spawnSync('sh', ['-c', 'mkdir -p "$2" && cd "$1" && tar cf - --exclude="server-[0-9]*" . | tar xpf - -C "$2"', 'sh', from, to], { encoding: 'utf8' });
  if (copied.status !== 0) throw new Error(`copy of ${from}: ${copied.stderr}`);
  for (const path of programs) {
    const linked = spawnSync('cp', ['-al', path, join(to, path.slice(from.length))], { encoding: 'utf8' });
    if (linked.status !== 0) throw new Error(`links to ${path}: ${linked.stderr}`);
  }
}
