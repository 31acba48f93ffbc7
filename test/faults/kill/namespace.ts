import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Order } from './worker.js';

/** A worker in pid, mount and network namespaces of its own, with a memory file system where nobody else looks. */
export interface Namespace {
  ask(order: Order): Promise<unknown>;
  /** Ends the worker and everything in its namespace. */
  close(): Promise<void>;
}

const survivors = fileURLToPath(new URL('../../../test/faults/survivors.py', import.meta.url));
const worker = fileURLToPath(new URL('./worker.js', import.meta.url));

const flags = ['--pid', '--fork', '--kill-child', '--mount', '--mount-proc', '--net'];
// The shell stays as the first process: it reaps what a killed command leaves behind.
const setUp = 'ip link set lo up && mount -t tmpfs -o mode=0711 tmpfs /mnt';

/** Why this machine gives no private namespaces; `undefined` when it does. */
export function explainMissing(): string | undefined {
  const tried = spawnSync('unshare', [...flags, 'sh', '-c', setUp], { encoding: 'utf8' });
  if (tried.status === 0) return undefined;
  return `platform: private pid, mount and network namespaces are not permitted here: ${tried.error?.message ?? tried.stderr.trim()}`;
}

/** `envctl` is the path of the program under attack. */
export function openNamespace(id: string, envctl: string): Namespace {
  const cgroup = makeCgroup(`kill-grid-${process.pid}-${id}`);
  const child = spawn('unshare', [...flags, 'sh', '-c', `${setUp} && cd /mnt && "$@"; exit $?`, 'sh', process.execPath, worker, '/mnt', envctl, survivors, cgroup ?? ''], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    async ask(order) {
      child.stdin.write(`${JSON.stringify(order)}\n`);
      const line: IteratorResult<string, unknown> = await answers.next();
      if (line.done === true) throw new Error(`the worker of namespace ${id} ended`);
      const answer = JSON.parse(line.value) as { readonly failed?: string };
      if (answer.failed !== undefined) throw new Error(answer.failed);
      return answer;
    },
    async close() {
      child.stdin.end();
      await exited;
      if (cgroup !== undefined) rmdirSync(cgroup);
    },
  };
}

/** A cgroup below our own, where cgroup v2 can be written. */
function makeCgroup(name: string): string | undefined {
  try {
    const mount = /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/self/mounts', 'utf8'))?.[1];
    const own = /^0::(\/.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1];
    if (mount === undefined || own === undefined) return undefined;
    const path = join(mount, own, name);
    mkdirSync(path);
    return path;
  } catch {
    return undefined;
  }
}
