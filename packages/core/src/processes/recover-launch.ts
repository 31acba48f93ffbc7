/**
 * A launch whose record and its copy are damaged or gone, told anew by what runs: its runner, which names the directory and
 * carries the token; the processes of its journal, which carry the token too; its cgroup, which has the launch in its
 * name. Where none of these is left nothing is known, and nothing is touched.
 */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { cgroupMembers, cgroupNameOf, findCgroup } from './cgroup.js';
import { parseJournal } from './journal.js';
import { defaultStopLadder, type Launch, type LaunchRecord } from './launch-spec.js';
import { journalName } from './read-launch.js';
import { isGone, type ProcessEntry } from './stat.js';
import type { ProcessTable } from './table.js';
import { tokenOf } from './tokens.js';

/**
 * What of the launch can be proven in this boot and pid namespace, with the usual ladder; `undefined` when nothing can.
 * Its leased ports and data directories stay unknown, and prove nothing.
 */
export function recoverLaunch(directory: string, table: ProcessTable): Launch | undefined {
  const id = basename(directory);
  const journal = parseJournal(readText(join(directory, journalName)) ?? '');
  const uid = ownerOf(join(directory, journalName)) ?? ownerOf(directory);
  const carriers = [...table.all()].filter((entry) => !isGone(entry) && !entry.isKernel && tokenOf(entry.pid, table) !== undefined && isOwn(entry.uid, uid) && table.namespaceOf(entry.pid) === table.pidNamespace);
  const recorded = (found: { readonly pid: number; readonly startTicks: string } | undefined) => carriers.find(({ pid, startTicks }) => pid === found?.pid && startTicks === found.startTicks);
  const runner = carriers.find((entry) => isRunnerOf(entry, directory, table)) ?? recorded(journal.runner);
  const child = recorded(journal.child);
  const anchor = runner ?? child;

  const words = runner === undefined ? undefined : readRunnerWords(table.commandLine(runner.pid));
  const cgroup = findCgroup(id, anchor && tokenOf(anchor.pid, table), dirname(dirname(words?.cgroupProcs ?? ''))) ?? null;
  const inside = (cgroup === null ? [] : cgroupMembers(cgroup)).flatMap((pid) => table.get(pid) ?? []);
  const [earliest] = [anchor ?? [], inside].flat().sort((left, right) => Number(left.startTicks) - Number(right.startTicks));
  if (earliest === undefined) return undefined;

  const named = inside.filter(({ pid }) => cgroup !== null && basename(cgroup) === cgroupNameOf(id, tokenOf(pid, table) ?? ''));
  const witness = anchor ?? named[0];
  const record: LaunchRecord = {
    version: 1,
    id,
    // Nobody carries the empty one.
    token: (witness && tokenOf(witness.pid, table)) ?? '',
    name: id,
    kind: 'service',
    scopeId: '',
    project: null,
    command: words?.command ?? [],
    cwd: directory,
    directory,
    logPath: words?.logPath ?? join(directory, 'no-log-is-known'),
    ports: [],
    dataDirectories: [],
    stop: defaultStopLadder,
    restart: { when: 'no', max: 0, backoffMs: 0 },
    createdAt: 0,
    createdTicks: earliest.startTicks,
    bootId: table.bootId,
    pidNamespace: table.pidNamespace,
    cgroup,
  };
  const identity = ({ pid, startTicks }: Pick<ProcessEntry, 'pid' | 'startTicks'>) => ({ pid, startTicks, bootId: table.bootId, pidNamespace: table.pidNamespace });
  const leader = runner ?? (child === undefined ? deadLeaderOf(named, table) : undefined);
  return { record, restarts: journal.restarts, logStart: journal.logStart, between: journal.between, ...(leader && { runner: identity(leader) }), ...(child && { child: identity(child) }) };
}

/** Without a directory nothing says whose the launch was: this user's, and for root anybody's, is what may be signalled. */
function isOwn(uid: number, owner: number | undefined): boolean {
  const self = process.geteuid?.();
  return owner === undefined ? self === 0 || uid === self : uid === owner;
}

/** Directories below `parents` of launches whose runner lives, whether or not there is anything left of them. */
export function findRunningLaunches(parents: readonly string[], table: ProcessTable): readonly string[] {
  const places = new Map(parents.flatMap((parent) => [[parent, parent] as const, [realPath(parent), parent] as const]));
  return [...table.all()].flatMap((entry) => {
    if (entry.isKernel || isGone(entry) || entry.pid !== entry.sid || !isOwn(entry.uid, undefined) || table.namespaceOf(entry.pid) !== table.pidNamespace) return [];
    const [program, script = ''] = table.commandLine(entry.pid);
    const parent = places.get(dirname(dirname(script)));
    const isRunner = parent !== undefined && program === '/bin/sh' && basename(script) === 'runner.sh' && tokenOf(entry.pid, table) !== undefined;
    return isRunner ? [join(parent, basename(dirname(script)))] : [];
  });
}

/** The runner led the first session of the launch; whoever left it for one of their own leads that. */
function deadLeaderOf(members: readonly ProcessEntry[], table: ProcessTable): Pick<ProcessEntry, 'pid' | 'startTicks'> | undefined {
  const [first] = members.filter(({ sid }) => table.get(sid) === undefined).sort((left, right) => Number(left.startTicks) - Number(right.startTicks));
  return first && { pid: first.sid, startTicks: '0' };
}

/** The leader of a session that runs the very script of the directory. */
function isRunnerOf({ pid, sid }: ProcessEntry, directory: string, table: ProcessTable): boolean {
  const [program, script] = table.commandLine(pid);
  return pid === sid && program === '/bin/sh' && script !== undefined && realPath(script) === realPath(join(directory, 'runner.sh'));
}

/** What a runner says on its command line: `… LOG BYTES CGROUP.PROCS COMMAND...`, whatever the policies of its version before. */
function readRunnerWords(words: readonly string[]): { readonly logPath: string; readonly cgroupProcs: string; readonly command: readonly string[] } | undefined {
  const at = words.findIndex((word, index) => index > 1 && isAbsolute(word) && /^\d+$/.test(words[index + 1] ?? '') && /^(?:-|\/.*\/cgroup\.procs)$/.test(words[index + 2] ?? ''));
  return at === -1 ? undefined : { logPath: words[at] ?? '', cgroupProcs: words[at + 2] ?? '', command: words.slice(at + 3) };
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function ownerOf(path: string): number | undefined {
  try {
    return statSync(path).uid;
  } catch {
    return undefined;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
