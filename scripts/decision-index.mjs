// The index of docs/decisions, from the first line of each page.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A pair of path and text. */
export function toDecisionIndex(root) {
  const folder = join(root, 'docs/decisions');
  const entries = readdirSync(folder)
    .filter((name) => /^\d{4}-.*\.md$/.test(name))
    .sort()
    .map((name) => {
      const title = /^# (.*)$/m.exec(readFileSync(join(folder, name), 'utf8'))?.[1] ?? name;
      return `* [${name.slice(0, 4)} ${title.replace(/^\d+[.:] /, '')}](${name})`;
    });
  const text = [
    '# Decisions',
    '',
    'One page each: the question, what was decided, and why. A decision is not rewritten; a later page replaces it and says so.',
    '',
    ...entries,
    '',
  ].join('\n');
  return ['docs/decisions/README.md', text];
}
