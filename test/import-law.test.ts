import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { findViolations } from './import-law/laws.js';
import type { SourceText } from './import-law/scan.js';

const root = fileURLToPath(new URL('..', import.meta.url));

describe('import law', () => {
  it('holds in every package', () => {
    const sources = readSources();
    expect(sources.length).to.be.greaterThan(10);
    const found = findViolations(sources).map(({ law, where, what }) => `${where} ${law}: ${what}`);
    expect(found, `\n${found.join('\n')}\n`).to.deep.equal([]);
  });

  const breaches: readonly (readonly [law: string, path: string, text: string])[] = [
    ['contract-imports-nothing', 'core/src/contract/a.ts', `import type { Stats } from 'node:fs';`],
    ['contract-imports-nothing', 'core/src/contract/a.ts', `import { x } from '../fs/index.js';`],
    ['contract-imports-nothing', 'core/src/contract/a.ts', `export type A = import('../fs/index.js').A;`],
    ['ground-rooms-know-the-contract', 'core/src/fs/a.ts', `import { x } from '../processes/index.js';`],
    ['ground-rooms-know-the-contract', 'core/src/events/a.ts', `import type { X } from '../fs/index.js';`],
    ['ground-rooms-know-the-contract', 'core/src/processes/deep/a.ts', `export { x } from '../../ports/index.js';`],
    ['ground-rooms-know-the-contract', 'core/src/processes/a.ts', `const load = () => import('../fs/index.js');`],
    ['rooms-have-one-door', 'core/src/startup/a.ts', `import { x } from '../ports/leases.js';`],
    ['rooms-have-one-door', 'core/src/startup/a.ts', `import type { X } from '../ports/leases.js';`],
    ['commands-know-the-facade', 'core/src/commands/start.ts', `import { x } from '../startup/index.js';`],
    ['nobody-knows-commands', 'core/src/startup/a.ts', `import { x } from '../commands/index.js';`],
    ['nobody-knows-testing', 'core/src/startup/a.ts', `import { x } from '../testing/index.js';`],
    ['core-knows-no-package', 'core/src/startup/a.ts', `import { x } from '@envctl/plugin-redis';`],
    ['packages-use-public-entries', 'plugin-redis/src/a.ts', `import { x } from '@envctl/core/dist/fs/index.js';`],
    ['packages-use-public-entries', 'plugin-redis/src/a.ts', `import { x } from '../../core/src/fs/index.js';`],
    ['library-tsyringe', 'core/src/host/registry.ts', `import { container } from 'tsyringe';`],
    ['library-tsyringe', 'plugin-redis/src/a.ts', `import { container } from 'tsyringe';`],
    ['library-execa', 'core/src/processes/spawn.ts', `import { execa } from 'execa';`],
    ['library-pino', 'core/src/events/recorder.ts', `import type { Logger } from 'pino';`],
    ['library-zod', 'core/src/state/repository.ts', `import { z } from 'zod';`],
    ['environment', 'core/src/startup/a.ts', `const f = () => process.env.HOME;`],
    ['environment', 'core/src/startup/a.ts', `const f = () => process['env'];`],
    ['environment', 'core/src/startup/a.ts', `const f = () => { const { env } = process; return env; };`],
    ['environment', 'plugin-redis/src/a.ts', `import { env } from 'node:process';`],
    ['exit', 'core/src/startup/a.ts', `const f = () => process.exit(1);`],
    ['console', 'core/src/startup/a.ts', `const f = () => console.log('x');`],
    ['signal-handler', 'core/src/startup/a.ts', `const f = () => process.once('SIGINT', f);`],
    ['module-state', 'core/src/startup/a.ts', `let count = 0; export const f = () => count++;`],
    ['module-state', 'core/src/startup/a.ts', `const cache = new Map<string, string>();`],
    ['module-state', 'core/src/startup/a.ts', `export const names = ['a'];`],
    ['module-state', 'core/src/startup/a.ts', `const names: string[] = [];`],
    ['module-state', 'core/src/startup/a.ts', `const names = ['a']; export const f = () => names.push('b');`],
    ['module-state', 'core/src/startup/a.ts', `export const known = new Set(['a']);`],
    ['module-state', 'core/src/startup/a.ts', `const table = { a: 1 }; export const f = () => { table.a = 2; };`],
    ['module-state', 'core/src/startup/a.ts', `export class A { static count = 0; }`],
    ['import-work', 'core/src/startup/a.ts', `register();`],
    ['import-work', 'core/src/startup/a.ts', `const x = await load();`],
    ['import-work', 'core/src/startup/a.ts', `import { readFileSync } from 'node:fs'; const x = readFileSync('/etc/passwd');`],
    ['import-work', 'core/src/startup/a.ts', `const here = process.cwd();`],
    ['import-work', 'core/src/startup/a.ts', `const startedAt = Date.now();`],
  ];
  for (const [law, path, text] of breaches) {
    it(`finds a breach of ${law}: ${text}`, () => {
      expect(lawsBrokenBy(path, text)).to.deep.equal([law]);
    });
  }

  const allowed: readonly (readonly [path: string, text: string])[] = [
    ['core/src/contract/a.ts', `export * from './b.js';`],
    ['core/src/fs/a.ts', `import type { X } from '../contract/launch.js'; import { rename } from 'node:fs/promises';`],
    ['core/src/startup/a.ts', `import { x } from '../ports/index.js'; import { y } from './plan.js';`],
    ['core/src/commands/start.ts', `import { x } from '../runtime/index.js';`],
    ['core/src/host/container.ts', `import 'reflect-metadata'; import { container } from 'tsyringe';`],
    ['core/src/processes/run.ts', `import { execa } from 'execa';`],
    ['core/src/state/run-schema.ts', `import { z } from 'zod'; export const run = z.object({});`],
    ['core/src/boot/a.ts', `export const f = () => process.env.HOME; export const g = () => process.exit(1);`],
    ['core/src/startup/a.ts', `export const f = (console: { log(): void }) => console.log();`],
    ['core/src/startup/a.ts', `export const names: readonly string[] = ['a']; export const ids = ['b'] as const;`],
    ['core/src/startup/a.ts', `const names = ['a']; const known = new Set(names); export const f = () => known.has('a');`],
    ['core/src/startup/a.ts', `export const known: ReadonlySet<string> = new Set(['a']);`],
    ['core/src/startup/a.ts', `const table = { a: 1 }; export const f = (table: { a: number }) => { table.a = 2; };`],
    ['core/src/startup/a.ts', `import { readFile } from 'node:fs/promises'; export const f = () => readFile('x');`],
    ['cli/src/front.ts', `export const f = () => process.env.HOME;`],
  ];
  for (const [path, text] of allowed) {
    it(`allows in ${path}: ${text}`, () => {
      expect(lawsBrokenBy(path, text)).to.deep.equal([]);
    });
  }
});

function lawsBrokenBy(path: string, text: string): readonly string[] {
  return [...new Set(findViolations([{ path: `packages/${path}`, text }]).map(({ law }) => law))];
}

function readSources(): readonly SourceText[] {
  return readdirSync(join(root, 'packages')).flatMap((name) => {
    const directory = join(root, 'packages', name, 'src');
    return readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.tsx?$/.test(file))
      .map((file) => ({ path: `packages/${name}/src/${file}`, text: readFileSync(join(directory, file), 'utf8') }));
  });
}
