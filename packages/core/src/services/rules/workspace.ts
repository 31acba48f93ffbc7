import path from 'node:path';
import { firstMatch, type AppDirectory, type DetectionRule, type RuleMatch } from '../detection-rules.js';
import { isWorkspaceMember, workspacePatterns } from '../preparation/workspace-members.js';
import type { ServiceName } from '../service-command.js';
import { nodeFrameworks } from './node-frameworks.js';
import { readPackage } from './package-json.js';

/** Names that say which of several packages is meant, the first that is there. */
const usualNames: Readonly<Record<ServiceName, readonly string[]>> = {
  frontend: ['frontend', 'web', 'client', 'app', 'site', 'www'],
  backend: ['backend', 'api', 'server'],
};

/** Packages without which a script of a workspace package may be anything. */
const serverPackages = ['express', 'fastify', 'koa', 'hono', '@hono/node-server', '@nestjs/core', '@hapi/hapi', 'polka', 'restify', 'h3', '@apollo/server', '@trpc/server', '@adonisjs/core', 'socket.io'];

/** How deep a `**` is followed. */
const deepest = 3;

/** The application among the packages of the workspace in the root: the only one, else the one with a usual name; never a guess. */
export function findWorkspaceApplication(rules: readonly DetectionRule[], root: AppDirectory): RuleMatch | { readonly command: undefined; readonly problems: readonly []; readonly notes: readonly string[] } | undefined {
  const { service, projectRoot } = root;
  const found = workspaceMembers(root).flatMap((directory) => {
    const app = { ...root, directory, isRoot: false };
    const match = firstMatch(rules, app);
    return match === undefined || !isMeant(app, match) ? [] : [{ directory, match }];
  });
  const names = found.map(({ directory }) => path.relative(projectRoot, directory));
  const usual = usualNames[service].map((name) => found.find(({ directory }) => path.basename(directory) === name)).find((one) => one !== undefined);
  const chosen = found.length === 1 ? found[0] : usual;
  const key = `${service.toUpperCase()}_DIR`;
  if (chosen === undefined) {
    return found.length === 0 ? undefined : { command: undefined, problems: [], notes: [`The workspace has several applications that may be the ${service}: ${names.join(', ')}. Say which: envctl config --set ${key}=${names[0]}`] };
  }
  const others = names.filter((name) => name !== path.relative(projectRoot, chosen.directory));
  return {
    ...chosen.match,
    evidence: [...chosen.match.evidence, { path: path.join(projectRoot, 'package.json'), text: `workspace package ${path.relative(projectRoot, chosen.directory)}` }],
    notes: [...(chosen.match.notes ?? []), ...(others.length === 0 ? [] : [`The workspace has other applications that may be the ${service}: ${others.join(', ')}. To take one: envctl config --set ${key}=${others[0]}`])],
  };
}

function isMeant(app: AppDirectory, { command }: RuleMatch): boolean {
  const isBeside = nodeFrameworks.some(({ id, beside }) => id === command.rule && beside === true);
  if (command.rule !== 'package-script' && !isBeside) return true;
  const dependencies = isBeside ? undefined : readPackage(app)?.dependencies;
  return serverPackages.some((name) => dependencies?.has(name)) || usualNames[app.service].includes(path.basename(app.directory));
}

/** Directories with a package.json that the workspace declares as its members. */
export function workspaceMembers({ projectRoot, files }: Pick<AppDirectory, 'projectRoot' | 'files'>): readonly string[] {
  const patterns = workspacePatterns(files, projectRoot).filter((pattern) => !pattern.startsWith('!'));
  const depth = Math.max(0, ...patterns.map((pattern) => (pattern.includes('**') ? deepest : pattern.replace(/^\.\//, '').split('/').filter((part) => part !== '').length)));
  return directoriesBelow(projectRoot, depth, files).filter((directory) => files.isFile(path.join(directory, 'package.json')) && isWorkspaceMember(files, projectRoot, directory));
}

function directoriesBelow(directory: string, depth: number, files: AppDirectory['files']): readonly string[] {
  if (depth === 0) return [];
  return files
    .list(directory)
    .filter((name) => !name.startsWith('.') && name !== 'node_modules')
    .map((name) => path.join(directory, name))
    .filter((name) => files.isDirectory(name))
    .flatMap((name) => [name, ...directoriesBelow(name, depth - 1, files)]);
}
