import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { Hook } from '@oclif/core/hooks';
import { shareCore } from '../share-core.js';

/** Before npm runs in the data directory: installed plugins get the core of this very envctl. */
const hook: Hook<'plugins:preinstall'> = async function () {
  try {
    const coreRoot = dirname(createRequire(import.meta.url).resolve('@envctl/core/package.json'));
    await shareCore({ dataDirectory: this.config.dataDir, coreRoot, name: this.config.name });
  } catch (error) {
    // Without an exit code oclif would swallow it, and npm would fetch another core.
    this.error(`@envctl/core could not be linked into ${this.config.dataDir}: ${error instanceof Error ? error.message : String(error)}`, { exit: 1 });
  }
};

export default hook;
