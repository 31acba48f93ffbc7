import path from 'node:path';
import { expect } from 'chai';
import { commandOnPort, createDetectionFiles, detectServices, type DetectionInput, type ServiceDetection } from '../../../dist/services/index.js';
import { withDirectory, writeTree } from '../support.js';

/** Programs that the machine of a fixture has. */
const tools = Object.fromEntries(['npm', 'python3', 'go', 'cargo', 'ruby', 'bundle', 'sh'].map((name) => [`bin/${name}*`, '']));

export type Tree = Readonly<Record<string, string>>;
export type Detected = ServiceDetection & { readonly root: string };

/** What is found in a checkout with `files`. */
export async function detect(files: Tree, input: Partial<DetectionInput> = {}): Promise<Detected> {
  return withDirectory(async (root) => {
    await writeTree(root, { ...tools, ...files });
    const result = detectServices({
      projectRoot: root,
      directories: { backend: 'backend', frontend: 'frontend' },
      commands: {},
      searchPath: path.join(root, 'bin'),
      files: createDetectionFiles(),
      ...input,
    });
    return { ...result, root };
  });
}

/** Commands on port 4000, with ROOT for the checkout. */
export function commandsOf(found: Detected): { readonly backend?: string; readonly frontend?: string } {
  const line = (name: 'backend' | 'frontend') => {
    if (found[name] === undefined) return {};
    const { command, env } = commandOnPort(found[name], 4000);
    const port = Object.entries(env).filter(([, value]) => value === '4000').map(([variable]) => `${variable}=4000`);
    return { [name]: [...port, ...command].join(' ').replaceAll(found.root, 'ROOT') };
  };
  return { ...line('backend'), ...line('frontend') };
}

export type Row = readonly [title: string, files: Tree, expected: { readonly backend?: string; readonly frontend?: string }, rule?: string];

/** One test per row: the tree, what is started, and by which rule. */
export function itFinds(rows: readonly Row[]): void {
  for (const [title, files, expected, rule] of rows) {
    it(title, async () => {
      const found = await detect(files);
      expect(commandsOf(found)).to.deep.equal(expected);
      if (rule !== undefined) expect([found.backend?.rule, found.frontend?.rule]).to.include(rule);
    });
  }
}

export function packageJson(scripts: Readonly<Record<string, string>>, dependencies: readonly string[] = [], more: object = {}): string {
  return JSON.stringify({ ...more, scripts, dependencies: Object.fromEntries(dependencies.map((name) => [name, '*'])) });
}
