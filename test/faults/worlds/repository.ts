import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runOrThrow, type Finished } from '../../packaging/run.js';
import type { InsideOptions, Machine } from './machine.js';

export interface TestRepository {
  readonly root: string;
  /** The compiled command line. */
  readonly bin: string;
  envctl(...args: string[]): Promise<Finished>;
  envctlWith(options: InsideOptions, ...args: string[]): Promise<Finished>;
  /** The parsed document of a `--json` call; throws when the call fails. */
  json(...args: string[]): Promise<unknown>;
}

/** A git repository with the given files on the machine's disk. */
export async function createRepository(machine: Machine, files: Readonly<Record<string, string>>, name = 'repo'): Promise<TestRepository> {
  const root = path.join(machine.directory, name);
  await mkdir(root, { recursive: true });
  await runOrThrow('git', ['init', '-q', root], { cwd: '/' });
  for (const [file, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true });
    await writeFile(path.join(root, file), content, { mode: content.startsWith('#!') ? 0o755 : 0o644 });
  }
  const repository: TestRepository = {
    root,
    bin: fileURLToPath(new URL('../../../packages/cli/bin/run.js', import.meta.url)),
    envctl: (...args) => machine.envctl(root, args),
    envctlWith: (options, ...args) => machine.envctl(root, args, options),
    async json(...args) {
      const finished = await repository.envctl(...args, '--json');
      if (finished.code !== 0) throw new Error(`envctl ${args.join(' ')} ended with ${finished.code}\n${finished.stdout}\n${finished.stderr}`);
      return JSON.parse(finished.stdout) as unknown;
    },
  };
  return repository;
}

/** A server that answers every request with its own pid. */
export const nodeServer = `const server = require('node:http').createServer((request, response) => response.end(String(process.pid)));
server.listen(Number(process.env.PORT), '127.0.0.1');
`;

/** `.envctl` of a repository with these start commands and no dependency. */
export function serviceConfig(commands: { readonly backend?: string; readonly frontend?: string }, more: readonly string[] = []): string {
  return [
    ...(commands.backend === undefined ? ['MAIN_BACKEND_ENABLE=false'] : [`ENVCTL_BACKEND_START_CMD=${commands.backend}`]),
    ...(commands.frontend === undefined ? ['MAIN_FRONTEND_ENABLE=false'] : [`ENVCTL_FRONTEND_START_CMD=${commands.frontend}`]),
    ...['POSTGRES', 'REDIS'].filter((id) => !more.some((line) => line.startsWith(`MAIN_${id}_ENABLE`))).map((id) => `MAIN_${id}_ENABLE=false`),
    ...more,
    '',
  ].join('\n');
}
