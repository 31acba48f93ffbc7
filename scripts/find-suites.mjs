// Which mocha processes there are, and what each may run beside. A suite is a room of a package (a file, where it
// has no rooms) or a file of the workspace tests. Those that take longest come first.
import { existsSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/**
 * Suites of the workspace that reach package registries, and so live in the machine's own network and share its ports:
 * one at a time.
 */
const online = ['test/apps/', 'test/demo', 'test/pack', 'test/release'];
/** Suites that use every core themselves, for as long as the others together: they take what the others leave. */
const background = ['test/faults/kill/'];
const longestFirst = ['packages/plugin-postgres/conformance', 'test/faults/', 'test/apps/', 'test/demo', 'test/e2e/', 'test/pack', 'test/release', 'packages/plugin-', 'packages/core/processes'];

/** Every suite whose name contains one of the words; all of them without words. */
export function findSuites(root, words = []) {
  const suites = [...packageSuites(root), ...workspaceSuites(root)].filter(
    ({ name }) => words.length === 0 || words.some((word) => name.includes(word)),
  );
  return suites.sort((a, b) => rank(a) - rank(b));
}

function packageSuites(root) {
  return readdirSync(join(root, 'packages')).flatMap((name) => {
    const directory = join(root, 'packages', name, 'dist-test');
    const byRoom = new Map();
    for (const file of testFiles(directory)) {
      const suite = `packages/${name}/${relative(directory, file).replace(/\.test\.js$/, '').split(sep)[0]}`;
      byRoom.set(suite, [...(byRoom.get(suite) ?? []), file]);
    }
    return [...byRoom].map(([suite, files]) => describeSuite(suite, files));
  });
}

function workspaceSuites(root) {
  const directory = join(root, 'dist-test');
  return testFiles(directory).map((file) => describeSuite(`test/${relative(directory, file).replace(/\.test\.js$/, '')}`, [file]));
}

function describeSuite(name, files) {
  const isOneOf = (prefixes) => prefixes.some((prefix) => name.startsWith(prefix));
  return { name, files, isOnline: isOneOf(online), isBackground: isOneOf(background) };
}

function rank({ name }) {
  const at = longestFirst.findIndex((prefix) => name.startsWith(prefix));
  return at === -1 ? longestFirst.length : at;
}

function testFiles(directory) {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true })
    .filter((name) => name.endsWith('.test.js'))
    .sort()
    .map((name) => join(directory, name));
}
