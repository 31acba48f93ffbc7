/**
 * The mirror for readers of the original (`compat_read_write`): our latest artifacts and pointers in the repository's own
 * directory below the original's runtime directory, never in the one that all its repositories share.
 *
 * `compat_mirror.json` in the scope directory holds, for each file written there, the digests it may have: before the
 * write the old and the new one, afterwards the new one. So a killed command leaves nothing that the next one does not
 * know, and only what still has a digest of ours is ever replaced or removed. The scope lock is held throughout.
 */
import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EnvctlError, errorMessage, type FaultSeam } from '../../contract/index.js';
import { ensureDirectory, type FileToWrite, readJsonFile, sweepTemporaryFiles, writeFileGroups, writeJsonAtomic } from '../../fs/index.js';
import { namesIn } from '../candidate-files.js';
import { fingerprint } from '../run-index.js';
import { artifactNames, isPointerName } from '../state-paths.js';
import { legacyScopeDirectory, legacySharedDirectory, type StateCompatMode } from './legacy-places.js';
import { type MirrorRecord, mirrorRecordSchema } from './mirror-schema.js';

export interface MirrorOptions {
  readonly mode: StateCompatMode;
  /** The original's runtime directory. */
  readonly runtimeDirectory: string;
  /** Whose the directories must be; -1: not checked. */
  readonly uid: number;
  /** The mirror is a courtesy: that it could not be written never fails a command. */
  readonly onSkipped: (reason: string) => void;
}

interface MirroredScope {
  readonly scopeDirectory: string;
  readonly scopeId: string;
  readonly seam: FaultSeam;
}

type MirrorFiles = readonly (readonly (readonly [path: string, content: string])[])[];

const recordName = 'compat_mirror.json';

/** Makes the mirror say what the scope directory says: written, or removed when there is no state or no mirror is wanted. Never throws. */
export async function syncMirror(scope: MirroredScope, options: MirrorOptions): Promise<void> {
  if (options.mode === 'scoped_only') return;
  try {
    const record = await readRecord(scope.scopeDirectory);
    const wanted = options.mode === 'compat_read_write' ? toMirror(scope, legacyScopeDirectory(options.runtimeDirectory, scope.scopeId)) : undefined;
    if (wanted === undefined) await removeMirror(scope, record);
    else await writeMirror(scope, options, record, wanted);
  } catch (error) {
    options.onSkipped(errorMessage(error));
  }
}

/** Path and content, group after group in the order of writing; `undefined` when nothing is recorded. */
function toMirror({ scopeDirectory }: MirroredScope, directory: string): MirrorFiles | undefined {
  const { runState, ...others } = artifactNames;
  const state = contentOf(join(scopeDirectory, runState), join(directory, runState));
  if (state.length === 0) return undefined;
  // The state comes last: it never stands beside older companions.
  const latest = [...Object.values(others).flatMap((name) => contentOf(join(scopeDirectory, name), join(directory, name))), ...state];
  const pointers = namesIn(scopeDirectory).filter(isPointerName).flatMap((name) => {
    const target = readOr(join(scopeDirectory, name))?.trim() ?? '';
    const copy = join(directory, 'runs', target.split('/').at(-2) ?? '', artifactNames.runState);
    return contentOf(target, copy).map((file) => ({ file, pointer: [join(directory, name), `${copy}\n`] as const }));
  });
  const copies = new Map(pointers.map(({ file }) => file));
  return [[...copies], latest, pointers.map(({ pointer }) => pointer)];
}

async function writeMirror(scope: MirroredScope, options: MirrorOptions, record: MirrorRecord | undefined, groups: MirrorFiles): Promise<void> {
  const wanted = new Map(groups.flat());
  const known = record?.files ?? {};
  prepareDirectories(options, [...wanted.keys()]);
  const foreign = [...wanted].find(([path, content]) => !isOurs(path, [...(known[path] ?? []), fingerprint(content)]));
  if (foreign !== undefined) {
    throw new EnvctlError('ENVCTL_E_STATE_WRITE', `${foreign[0]} was not written by envctl and is left as it is: stop what the original runs, or remove the file`, { kind: 'environment' });
  }
  const digests = Object.fromEntries([...wanted].map(([path, content]) => [path, [fingerprint(content)]]));
  const both = Object.fromEntries([...new Set([...Object.keys(known), ...wanted.keys()])].map((path) => [path, [...new Set([...(known[path] ?? []), ...(digests[path] ?? [])])]]));
  await writeRecord(scope, both, 'state.mirror-intent');
  await Promise.all([...new Set([...wanted.keys()].map(dirname))].map((directory) => sweepTemporaryFiles(directory, () => false)));
  await writeFileGroups(groups.map((group) => group.map(([path, content]): FileToWrite => ({ path, content, seam: scope.seam, point: 'state.mirror-file' }))));
  await removeFiles(scope, Object.entries(known).filter(([path]) => !wanted.has(path)));
  await writeRecord(scope, digests, 'state.mirror-record');
}

async function removeMirror(scope: MirroredScope, record: MirrorRecord | undefined): Promise<void> {
  if (record === undefined) return;
  await removeFiles(scope, Object.entries(record.files));
  await rm(join(scope.scopeDirectory, recordName), { force: true });
}

/** What somebody else has written meanwhile stays. */
async function removeFiles({ seam }: MirroredScope, files: readonly (readonly [string, readonly string[]])[]): Promise<void> {
  for (const [path, digests] of files) {
    seam('state.mirror-remove.before-effect');
    if (isOurs(path, digests)) await rm(path, { force: true });
    seam('state.mirror-remove.after-effect');
  }
  const directories = [...new Set(files.flatMap(([path]) => [dirname(path), dirname(dirname(path))]))].sort((left, right) => right.length - left.length);
  // Only the empty ones go, and only below the directory of the repository.
  for (const directory of directories.filter((path) => /\/python-engine\/[^/]+(\/runs(\/[^/]+)?)?$/.test(path))) await rmdir(directory).catch(() => undefined);
}

/** True when there is nothing, or a file with one of these digests. */
function isOurs(path: string, digests: readonly string[]): boolean {
  try {
    return lstatSync(path).isFile() && digests.includes(fingerprint(readFileSync(path, 'utf8')));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

/** Nobody else's directory is written to, and no link is followed out of the original's one: it may lie below `/tmp`. */
function prepareDirectories({ runtimeDirectory, uid }: MirrorOptions, paths: readonly string[]): void {
  ensureDirectory(runtimeDirectory);
  const root = realpathSync(runtimeDirectory);
  const directories = [runtimeDirectory, legacySharedDirectory(runtimeDirectory), ...[...new Set(paths.map(dirname))].sort()];
  for (const directory of directories) {
    ensureDirectory(directory);
    const expected = root + directory.slice(runtimeDirectory.length);
    const facts = lstatSync(realpathSync(directory));
    if (realpathSync(directory) !== expected) throw new EnvctlError('ENVCTL_E_STATE_WRITE', `${directory} leads out of ${runtimeDirectory}`, { kind: 'environment' });
    if (uid >= 0 && facts.uid !== uid) throw new EnvctlError('ENVCTL_E_STATE_WRITE', `${directory} belongs to the user ${facts.uid}`, { kind: 'environment' });
  }
}

async function readRecord(scopeDirectory: string): Promise<MirrorRecord | undefined> {
  const file = await readJsonFile(join(scopeDirectory, recordName));
  const parsed = file.ok ? mirrorRecordSchema.safeParse(file.value) : undefined;
  return parsed?.success === true ? parsed.data : undefined;
}

async function writeRecord({ scopeDirectory, seam }: MirroredScope, files: MirrorRecord['files'], point: string): Promise<void> {
  await writeJsonAtomic(join(scopeDirectory, recordName), { schema_version: 1, files } satisfies MirrorRecord, { seam, point });
}

function contentOf(source: string, path: string): readonly (readonly [string, string])[] {
  const content = readOr(source);
  return content === undefined ? [] : [[path, content]];
}

function readOr(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
