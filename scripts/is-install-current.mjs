// Exit 0 when node_modules holds what package-lock.json asks for: npm writes what it installed to a lock file of its own.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const wanted = packagesOf('../package-lock.json');
const installed = packagesOf('../node_modules/.package-lock.json');

const isCurrent =
  wanted !== undefined &&
  installed !== undefined &&
  Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes('node_modules/') || entry.optional === true) return true;
    const have = installed[path];
    const isThere = existsSync(fileURLToPath(new URL(`../${path}`, import.meta.url)));
    return isThere && have !== undefined && have.version === entry.version && have.resolved === entry.resolved;
  });
process.exitCode = isCurrent ? 0 : 1;

function packagesOf(relativePath) {
  try {
    return JSON.parse(readFileSync(fileURLToPath(new URL(relativePath, import.meta.url)), 'utf8')).packages;
  } catch {
    return undefined;
  }
}
