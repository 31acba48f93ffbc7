import path from 'node:path';
import type { DetectionFiles } from '../detection-files.js';
import { directoriesUpTo } from '../package-manager.js';
import { parseJsonObject, toObject } from '../preparation/read-json-object.js';
import type { ServiceCommand } from '../service-command.js';

export type MigrationTool = 'alembic' | 'django' | 'prisma' | 'drizzle' | 'knex' | 'typeorm' | 'golang-migrate' | 'configured';

/** How the schema of a service's database is brought up to date. Plain data, found by reading files. */
export interface Migration {
  readonly tool: MigrationTool;
  /** Program and arguments; no shell. */
  readonly command: readonly [string, ...string[]];
  /** Absolute. */
  readonly cwd: string;
  /** The file that decided, or the key it was configured with. */
  readonly evidence: string;
}

export interface MigrationInput {
  readonly command: ServiceCommand;
  /** The checkout; search ends here. */
  readonly projectRoot: string;
  readonly files: DetectionFiles;
}

/** The migrations of an application, the first rule that matches; undefined when it has none. */
export function detectMigration(input: MigrationInput): Migration | undefined {
  for (const directory of directoriesUpTo(input.command.cwd, input.projectRoot)) {
    for (const rule of rules) {
      const match = rule.match({ ...input, directory });
      if (match !== undefined) return { tool: rule.tool, cwd: directory, ...match };
    }
  }
  return undefined;
}

interface Place extends MigrationInput {
  readonly directory: string;
}

interface Rule {
  readonly tool: MigrationTool;
  match(place: Place): Pick<Migration, 'command' | 'evidence'> | undefined;
}

const rules: readonly Rule[] = [
  { tool: 'alembic', match: (place) => withFile(place, ['alembic.ini'], [python(place), '-m', 'alembic', 'upgrade', 'head']) },
  { tool: 'django', match: (place) => (declaresDjango(place) ? withFile(place, ['manage.py'], [python(place), 'manage.py', 'migrate', '--noinput']) : undefined) },
  { tool: 'prisma', match: (place) => (hasMigrations(place, ['prisma/migrations']) ? withFile(place, ['prisma/schema.prisma', 'prisma.config.ts', 'prisma.config.js'], local('prisma', 'migrate', 'deploy')) : undefined) },
  { tool: 'drizzle', match: (place) => (hasJournal(place) ? withFile(place, scripts('drizzle.config'), local('drizzle-kit', 'migrate')) : undefined) },
  { tool: 'knex', match: matchKnex },
  { tool: 'typeorm', match: matchTypeorm },
  { tool: 'golang-migrate', match: matchGolangMigrate },
];

function withFile({ files, directory }: Place, names: readonly string[], command: Migration['command']): Pick<Migration, 'command' | 'evidence'> | undefined {
  const file = names.map((name) => path.join(directory, name)).find((candidate) => files.isFile(candidate));
  return file === undefined ? undefined : { command, evidence: file };
}

function scripts(name: string): readonly string[] {
  return ['ts', 'js', 'mts', 'mjs', 'cts', 'cjs', 'json'].map((extension) => `${name}.${extension}`);
}

/** A program of node_modules, which may be installed only by the time it runs. */
function local(program: string, ...words: readonly string[]): Migration['command'] {
  return ['npx', '--no-install', program, ...words];
}

/** The interpreter that runs the service itself. */
function python({ command }: Place): string {
  const [program] = command.command;
  if (/^python[\d.]*$/.test(path.basename(program))) return program;
  const environment = command.env['VIRTUAL_ENV'];
  return environment === undefined ? 'python3' : path.join(environment, 'bin/python');
}

function declaresDjango({ files, directory }: Place): boolean {
  return /django/i.test(files.readText(path.join(directory, 'manage.py')) ?? '');
}

function hasMigrations({ files, directory }: Place, names: readonly string[]): boolean {
  return names.some((name) => files.list(path.join(directory, name)).some((entry) => files.isDirectory(path.join(directory, name, entry))));
}

/** drizzle-kit migrates by a journal beside the SQL files; without one the schema is pushed by hand. */
function hasJournal({ files, directory }: Place): boolean {
  const text = scripts('drizzle.config').map((name) => files.readText(path.join(directory, name))).find((content) => content !== undefined) ?? '';
  const out = /["']?\bout["']?\s*:\s*["'`]([^"'`]+)["'`]/.exec(text)?.[1] ?? 'drizzle';
  return files.isFile(path.join(directory, out, 'meta/_journal.json'));
}

/** The program finds a `knexfile.js` by itself, and no other. */
function matchKnex({ files, directory }: Place): Pick<Migration, 'command' | 'evidence'> | undefined {
  const name = scripts('knexfile').find((candidate) => files.isFile(path.join(directory, candidate)));
  return name === undefined ? undefined : { command: local('knex', 'migrate:latest', '--knexfile', name), evidence: path.join(directory, name) };
}

const dataSources: readonly string[] = ['src/data-source', 'data-source', 'src/db/data-source', 'src/database/data-source', 'src/config/data-source'];

/** A script that runs `migration:run`, else the TypeORM program with the data source of the usual name. */
function matchTypeorm(place: Place): Pick<Migration, 'command' | 'evidence'> | undefined {
  const { files, directory } = place;
  const file = path.join(directory, 'package.json');
  const manifest = parseJsonObject(files.readText(file) ?? '');
  if (manifest === undefined || toObject(manifest['dependencies'])?.['typeorm'] === undefined) return undefined;
  const script = Object.entries(toObject(manifest['scripts']) ?? {}).find(([, text]) => typeof text === 'string' && /\bmigration:run\b/.test(text));
  if (script !== undefined) return { command: ['npm', 'run', script[0]], evidence: file };
  const source = dataSources.flatMap((name) => [`${name}.ts`, `${name}.js`]).find((name) => files.isFile(path.join(directory, name)));
  if (source === undefined) return undefined;
  const isModule = manifest['type'] === 'module';
  const program = source.endsWith('.js') ? 'typeorm' : isModule ? 'typeorm-ts-node-esm' : 'typeorm-ts-node-commonjs';
  return { command: local(program, 'migration:run', '-d', source), evidence: path.join(directory, source) };
}

/** The program takes the database as an argument only: a shell puts it in, so that no record of ours has it. */
function matchGolangMigrate({ files, directory }: Place): Pick<Migration, 'command' | 'evidence'> | undefined {
  const name = ['migrations', 'db/migrations', 'database/migrations', 'internal/db/migrations'].find((candidate) => files.list(path.join(directory, candidate)).some((entry) => entry.endsWith('.up.sql')));
  if (name === undefined) return undefined;
  const script = 'case "$DATABASE_URL" in *sslmode=*) url=$DATABASE_URL ;; *\\?*) url="$DATABASE_URL&sslmode=disable" ;; *) url="$DATABASE_URL?sslmode=disable" ;; esac; exec migrate -path "$1" -database "$url" up';
  return { command: ['sh', '-c', script, 'migrate', name], evidence: path.join(directory, name) };
}
