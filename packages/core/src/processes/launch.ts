/**
 * Starts one process under a runner of its own. Invariant: at every instant from the first write to the
 * last line, the launch directory alone is enough to find and stop what runs. The record is there before
 * the spawn; a runner that finds a stop file, or no directory, starts nothing.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, chmodSync, chownSync, closeSync, copyFileSync, existsSync, fstatSync, mkdirSync, openSync, realpathSync, renameSync, statSync } from 'node:fs';
import { basename, dirname, join, parse, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EnvctlError, errorMessage, type ProcessIdentity } from '../contract/index.js';
import type { FaultSeam } from '../contract/seam.js';
import { cgroupNameOf, cgroupPathFor, createCgroup, moveToCgroup } from './cgroup.js';
import { findProgram } from './find-program.js';
import { selfIdentity } from './identity.js';
import { launchTokenVariable, type LaunchRecord, type LaunchSpec } from './launch-spec.js';
import { journalName } from './read-launch.js';
import { environmentName, writeEnvironmentFile } from './environment-file.js';
import { readProcessEntry } from './stat.js';
import { uptimeTicks } from './uptime.js';
import { writeRecord } from './write-record.js';

const defaultLogBytes = 16 * 1024 * 1024;

export interface LaunchOptions {
  /** Points `process.record.*` around the record, `process.spawn.*` around the spawn. */
  readonly seam: FaultSeam;
  readonly now: () => number;
  /** Default true: a cgroup of its own where one can be made. */
  readonly cgroup?: boolean;
}

/**
 * Writes the launch record, then starts the runner in a session of its own.
 * @throws EnvctlError ENVCTL_E_PROCESS_SPAWN when the program, the working directory or the log cannot be used
 */
export async function launchProcess(
  spec: LaunchSpec,
  options: LaunchOptions,
): Promise<{ readonly record: LaunchRecord; readonly runner: ProcessIdentity }> {
  const { seam } = options;
  refuseUnusable(spec);
  mkdirSync(spec.directory, { recursive: true, mode: spec.user ? 0o711 : 0o700 });
  seam('process.directory.after-effect');
  const record = toRecord(spec, options);

  const runner = join(record.directory, 'runner.sh');
  copyFileSync(assetPath('runner.sh'), runner);
  if (hasWriter(record)) copyFileSync(assetPath('writer.sh'), join(record.directory, 'writer.sh'));
  // Neither the umask nor how the package was unpacked may keep the user the runner drops to from it.
  if (spec.user) {
    chmodSync(record.directory, 0o711);
    chmodSync(runner, 0o644);
  }
  const journal = openSync(join(record.directory, journalName), 'a', 0o600);
  closeSync(journal);
  if (spec.user) chownSync(join(record.directory, journalName), spec.user.uid, spec.user.gid);
  writeEnvironmentFile(join(record.directory, environmentName), spec);
  seam('process.record.before-effect');
  writeRecord(record.directory, record);
  seam('process.record.after-effect');

  if (record.cgroup !== null) createCgroup(record.cgroup);
  seam('process.cgroup.after-effect');
  const log = openLog(record);
  try {
    appendFileSync(join(record.directory, journalName), `log 0 ${fstatSync(log).size}\n`);
    seam('process.spawn.before-effect');
    const runner = await spawnRunner(spec, record, log);
    seam('process.spawn.after-effect');
    return { record, runner };
  } finally {
    closeSync(log);
  }
}

function refuseUnusable(spec: LaunchSpec): void {
  const [word] = spec.command;
  if (word === undefined || word === '') throw spawnError(spec, 'its command is empty', []);
  if (!statSync(spec.cwd, { throwIfNoEntry: false })?.isDirectory()) {
    throw spawnError(spec, `its working directory ${spec.cwd} does not exist`, []);
  }
  const search = findProgram(word, { cwd: spec.cwd, path: spec.env['PATH'] });
  if (!search.found) {
    const places = search.searched.length === 0 ? 'PATH is empty' : `looked for ${search.searched.join(', ')}`;
    throw spawnError(spec, `the program "${word}" was not found (${places})`, [`command -v ${word}`], { word, searched: search.searched });
  }
}

function spawnError(spec: LaunchSpec, reason: string, hints: readonly string[], data: Readonly<Record<string, unknown>> = {}): EnvctlError {
  return new EnvctlError('ENVCTL_E_PROCESS_SPAWN', `${spec.name} could not be started: ${reason}.`, {
    kind: 'environment',
    hints,
    data: { name: spec.name, project: spec.project, cwd: spec.cwd, ...data },
  });
}

/** The log of another user's launch is in a directory that user may not write to. */
function hasWriter({ logRotation, user }: LaunchRecord): boolean {
  return logRotation === 'running' && user === undefined;
}

function toRecord(spec: LaunchSpec, options: LaunchOptions): LaunchRecord {
  const { env: _env, ...rest } = spec;
  const self = selfIdentity();
  return {
    ...rest,
    version: 1,
    directory: realpathSync(spec.directory),
    logPath: realFuturePath(spec.logPath),
    dataDirectories: spec.dataDirectories.map(realFuturePath),
    createdAt: options.now(),
    createdTicks: String(uptimeTicks()),
    bootId: self.bootId,
    pidNamespace: self.pidNamespace,
    cgroup: (options.cgroup === false ? undefined : cgroupPathFor(cgroupNameOf(spec.id, spec.token))) ?? null,
  };
}

/** The real path of something that may not exist yet: descriptors show real paths. */
function realFuturePath(path: string): string {
  const absolute = resolve(path);
  try {
    return realpathSync(absolute);
  } catch {
    return absolute === parse(absolute).root ? absolute : join(realFuturePath(dirname(absolute)), basename(absolute));
  }
}

function openLog(record: LaunchRecord): number {
  try {
    mkdirSync(dirname(record.logPath), { recursive: true, mode: 0o700 });
    const size = statSync(record.logPath, { throwIfNoEntry: false })?.size ?? 0;
    if (size > (record.logMaxBytes ?? defaultLogBytes)) renameSync(record.logPath, `${record.logPath}.1`);
    return openSync(record.logPath, 'a', 0o600);
  } catch (error) {
    throw new EnvctlError('ENVCTL_E_PROCESS_SPAWN', `${record.name} could not be started: its log ${record.logPath} cannot be opened: ${errorMessage(error)}.`, {
      kind: 'environment',
      data: { name: record.name, project: record.project, path: record.logPath },
      cause: error,
    });
  }
}

async function spawnRunner(spec: LaunchSpec, record: LaunchRecord, log: number): Promise<ProcessIdentity> {
  const { restart } = record;
  const child = spawn(
    '/bin/sh',
    [
      join(record.directory, 'runner.sh'),
      restart.when,
      String(Math.max(0, Math.trunc(restart.max))),
      String(Math.max(0, Math.trunc(restart.backoffMs))),
      (record.successExitCodes ?? [0]).join(','),
      hasWriter(record) ? 'pipe' : 'file',
      record.logPath,
      String(record.logMaxBytes ?? defaultLogBytes),
      record.cgroup === null ? '-' : join(record.cgroup, 'cgroup.procs'),
      ...record.command,
    ],
    {
      cwd: record.cwd,
      env: { ...spec.env, [launchTokenVariable]: record.token },
      detached: true,
      stdio: ['ignore', log, log],
      ...(record.user && { uid: record.user.uid, gid: record.user.gid }),
    },
  );
  child.unref();
  // Read before the event loop turns: even if it has ended, it has not been reaped yet.
  const entry = child.pid === undefined ? undefined : readProcessEntry('/proc', child.pid);
  if (child.pid === undefined) {
    const error = await new Promise<Error>((resolveError) => child.once('error', resolveError));
    throw new EnvctlError('ENVCTL_E_PROCESS_SPAWN', `${record.name} could not be started: ${errorMessage(error)}.`, {
      kind: 'environment',
      data: { name: record.name, project: record.project },
      cause: error,
    });
  }
  // A runner of another user cannot move itself.
  if (record.cgroup !== null && record.user) void moveToCgroup(record.cgroup, child.pid);
  return { pid: child.pid, startTicks: entry?.startTicks ?? '0', bootId: record.bootId, pidNamespace: record.pidNamespace };
}

// From dist/processes or from a bundled chunk anywhere below dist.
function assetPath(name: string): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (directory !== dirname(directory)) {
    const path = join(directory, 'assets', name);
    if (existsSync(path)) return path;
    directory = dirname(directory);
  }
  throw new EnvctlError('ENVCTL_E_BUG', `assets/${name} is missing from the installed package.`, { kind: 'bug' });
}
