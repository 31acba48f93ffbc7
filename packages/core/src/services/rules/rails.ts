import path from 'node:path';
import { findProgram } from '../../processes/read-only.js';
import type { AppDirectory, DetectionRule, RuleMatch } from '../detection-rules.js';
import { missingProgram } from './missing-program.js';

export const railsRule: DetectionRule = {
  id: 'rails',
  services: ['backend'],
  inRoot: 'backend',
  about: { name: 'Rails', evidence: '`config/application.rb`, and `bin/rails` or a `Gemfile` with `rails`', command: '`bin/rails server -b 127.0.0.1 -p {port}`, or `bundle exec rails …`', port: 'option `-p`' },
  match: matchRails,
};

function matchRails(app: AppDirectory): RuleMatch | undefined {
  const config = path.join(app.directory, 'config/application.rb');
  const gemfile = path.join(app.directory, 'Gemfile');
  const program = path.join(app.directory, 'bin/rails');
  const isDeclared = /^\s*gem\s+["']rails["']/m.test(app.files.readText(gemfile) ?? '');
  const hasProgram = app.files.isExecutable(program);
  if (!/\bRails::Application\b/.test(app.files.readText(config) ?? '') || !(hasProgram || isDeclared)) return undefined;
  const first = hasProgram ? 'ruby' : 'bundle';
  return {
    command: {
      type: 'backend',
      command: [...(hasProgram ? (['bin/rails'] as const) : (['bundle', 'exec', 'rails'] as const)), 'server', '-b', '127.0.0.1', '-p', '{port}'],
      cwd: app.directory,
      portMode: 'flag',
      env: {},
      source: 'autodetected',
      rule: 'rails',
      serverCode: true,
    },
    evidence: [{ path: config, text: 'Rails::Application' }, ...(hasProgram ? [{ path: program, text: 'program' }] : [{ path: gemfile, text: 'gem rails' }])],
    problems: findProgram(first, { cwd: app.directory, path: app.searchPath }).found ? [] : [missingProgram(app, first)],
  };
}
