import { normaliseName } from './python-distributions.js';
import { projectRequirements } from './python-requirements.js';

/**
 * What `dependencies` of pyproject.toml name and uv.lock was not made for, normalised. uv is asked to install what is locked
 * and does not look: a package that was added since would be missing without a word. Empty where the lock file does not know the project.
 */
export function unlockedRequirements(pyproject: string, lock: string): readonly string[] {
  const name = /^name\s*=\s*["']([^"']+)["']/m.exec(pyproject)?.[1];
  const own = lock.split(/^\[\[package\]\]$/m).find((entry) => name !== undefined && entry.includes(`\nname = "${normaliseName(name)}"\n`));
  if (own === undefined) return [];
  const list = /^requires-dist = \[([\s\S]*?)(?:\n\n|\n\[|$(?![\s\S]))/m.exec(own)?.[1] ?? '';
  const locked = new Set([...list.matchAll(/\bname = "([^"]+)"/g)].map((match) => match[1]!));
  return projectRequirements(pyproject).map((text) => normaliseName(/^[A-Za-z0-9][\w.-]*/.exec(text.trim())?.[0] ?? '')).filter((wanted) => wanted !== '' && !locked.has(wanted));
}
