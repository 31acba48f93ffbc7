import path from 'node:path';
import { findProgram } from '../../processes/read-only.js';
import type { PreparationMatch, PreparedApp } from './preparation.js';

/** The gems of a Gemfile.lock. Bundler always writes a lock file where there is none: then nothing is installed. */
export function matchRuby(app: PreparedApp): PreparationMatch | undefined {
  const at = (name: string): string => path.join(app.directory, name);
  if (!app.files.isFile(at('Gemfile'))) return undefined;
  if (!app.files.isFile(at('Gemfile.lock'))) return { notes: [`${at('Gemfile')} has no Gemfile.lock: the gems of the ${app.service} are left as they are.`] };
  const bundle = findProgram('bundle', { cwd: app.directory, path: app.searchPath });
  const ruby = findProgram('ruby', { cwd: app.directory, path: app.searchPath });
  if (!bundle.found) return undefined;
  return {
    preparation: {
      manager: 'bundler',
      directory: app.directory,
      cwd: app.directory,
      commands: [['bundle', 'install']],
      env: { BUNDLE_FROZEN: 'true' },
      inputs: [at('Gemfile'), at('Gemfile.lock'), ...[at('.bundle/config')].filter((file) => app.files.isFile(file))],
      tools: ruby.found ? [ruby.path] : [],
      artifacts: [],
    },
  };
}
