import path from 'node:path';
import { matchNode } from './node-preparation.js';
import type { Preparation, PreparationProblem, PreparedApp } from './preparation.js';
import { matchPython } from './python-preparation.js';
import { matchRuby } from './ruby-preparation.js';

export interface DetectedPreparations {
  readonly preparations: readonly Preparation[];
  readonly problems: readonly PreparationProblem[];
  readonly notes: readonly string[];
}

type Ecosystem = 'node' | 'python' | 'ruby';

const rules = { node: matchNode, python: matchPython, ruby: matchRuby } as const;

const programs: Readonly<Record<Ecosystem, RegExp>> = {
  node: /^(?:npm|npx|pnpm|pnpx|yarn|bun|bunx|node|tsx|ts-node)$/,
  python: /^(?:python[\d.]*|uvicorn|gunicorn|hypercorn|daphne|flask|fastapi|django-admin|celery|uv|poetry|pipenv)$/,
  ruby: /^(?:ruby|bundle|rails|rackup|puma)$/,
};

/** Programs that bring their packages themselves when they are started. */
const selfSufficient = /^(?:go|cargo|deno|java|dotnet|docker)$/;

/** How the packages of an application are installed: of what its start command is written in, or of all that its directory holds where that cannot be told. */
export function detectPreparations(app: PreparedApp): DetectedPreparations {
  const matches = ecosystemsOf(app).flatMap((ecosystem) => rules[ecosystem](app) ?? []);
  return {
    preparations: matches.flatMap(({ preparation }) => preparation ?? []),
    problems: matches.flatMap(({ problems = [] }) => problems),
    notes: matches.flatMap(({ notes = [] }) => notes),
  };
}

function ecosystemsOf({ command, directory }: PreparedApp): readonly Ecosystem[] {
  const [program = ''] = command;
  if (program.includes('node_modules/')) return ['node'];
  if (/(?:^|\/)\.?venv[^/]*\/bin\//.test(program)) return ['python'];
  const name = path.basename(program);
  if (selfSufficient.test(name)) return [];
  const known = (['node', 'python', 'ruby'] as const).find((ecosystem) => programs[ecosystem].test(name));
  if (known !== undefined) return [known];
  // `./server`, built here or not, is nothing that packages are for.
  if (program.includes('/') && path.resolve(directory, program).startsWith(`${directory}${path.sep}`)) return program.includes('bin/rails') ? ['ruby'] : [];
  return ['node', 'python', 'ruby'];
}
