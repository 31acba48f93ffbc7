import path from 'node:path';
import type { DetectionFiles } from '../detection-files.js';
import { readJsonObject, toStrings } from './read-json-object.js';

/** True when the package in `member` belongs to the workspace of `root`, as npm, yarn and bun (`workspaces`) or pnpm declare it. */
export function isWorkspaceMember(files: DetectionFiles, root: string, member: string): boolean {
  const relative = path.relative(root, member).split(path.sep).join('/');
  const patterns = workspacePatterns(files, root);
  const matches = (pattern: string): boolean => toExpression(pattern).test(relative);
  return patterns.some((pattern) => !pattern.startsWith('!') && matches(pattern)) && !patterns.some((pattern) => pattern.startsWith('!') && matches(pattern.slice(1)));
}

/** What the package in `root` declares its members by; those with `!` before them are none. Empty where it is no workspace. */
export function workspacePatterns(files: DetectionFiles, root: string): readonly string[] {
  const { workspaces } = readJsonObject(files, path.join(root, 'package.json')) ?? {};
  const declared = toStrings(Array.isArray(workspaces) ? workspaces : (workspaces as { packages?: unknown } | undefined)?.packages);
  return [...declared, ...pnpmPatterns(files.readText(path.join(root, 'pnpm-workspace.yaml')) ?? '')];
}

/** The list `packages:` of pnpm-workspace.yaml, in block or flow style. */
function pnpmPatterns(text: string): readonly string[] {
  const flow = /^packages:\s*\[([^\]]*)\]/m.exec(text)?.[1];
  if (flow !== undefined) return [...flow.matchAll(/'[^']*'|"[^"]*"|[^,\s]+/g)].map(([word]) => unquote(word));
  const block = /^packages:[ \t]*(?:#.*)?\n((?:[ \t]*(?:-.*|#.*)?\n?)*)/m.exec(text)?.[1] ?? '';
  return [...block.matchAll(/^[ \t]*-[ \t]*(.+)$/gm)].map((match) => unquote(match[1]!.replace(/[ \t]+#.*$/, '')));
}

function unquote(word: string): string {
  return word.trim().replace(/^(['"])(.*)\1$/, '$2');
}

function toExpression(pattern: string): RegExp {
  const plain = pattern.replace(/^\.\//, '').replace(/\/+$/, '');
  const source = plain.replace(/\*\*\/?|\*|\?|\{[^{}]*\}|[.+^$()|[\]\\{}]/g, (token) => {
    if (token.startsWith('**')) return token.endsWith('/') ? '(?:.*/)?' : '.*';
    if (token === '*') return '[^/]*';
    if (token === '?') return '[^/]';
    if (token.length > 1) return `(?:${token.slice(1, -1).split(',').map((word) => word.replace(/[.+^$()|[\]\\*?]/g, '\\$&')).join('|')})`;
    return `\\${token}`;
  });
  return new RegExp(`^${source}$`);
}
