export { ensureDirectory, syncDirectory } from './ensure-directory.js';
export { formatJson } from './format-json.js';
export { createGenerationLock, type GenerationLock, type GenerationLockOptions, type HoldOptions, type LockWait } from './generation-lock.js';
export { type JsonFile, parseJson, readFailure, readJsonFile } from './read-json-file.js';
export { replaceUserFile, type ReplaceUserFileOptions } from './replace-user-file.js';
export { type FileToWrite, type StagedFile, stageFile, stageLink, type WriteOptions, writeFileGroups } from './staged-file.js';
export { namesIn, parseTemporaryName, sweepTemporaryFiles, type TemporaryOwner, temporaryName } from './temporary-files.js';
export { errnoOf, isDiskRefusal, toWriteError } from './write-error.js';
export { writeFileAtomic, writeJsonAtomic } from './write-file-atomic.js';
