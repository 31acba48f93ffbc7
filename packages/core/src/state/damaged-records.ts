/* What of the ledger and of the instance records cannot be read, told without a schema library: a look at what they begin with. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** One warning for each ledger line and instance record of the scope that is damaged, with what mends it. Never throws. */
export function warnOfDamagedRecords(scopeDirectory: string): readonly string[] {
  const lines = filesIn(join(scopeDirectory, 'ledger')).filter((path) => isDamaged(path, isLedgerLine));
  const instances = filesIn(join(scopeDirectory, 'instances')).filter((path) => isDamaged(path, isInstance));
  return [
    ...lines.map((path) => `Warning: the record ${path} is damaged; what it stands for is found without it where it runs. Mend it with: envctl stop-all, then envctl start.`),
    ...instances.map((path) => `Warning: the record ${path} is damaged; the next start or stop writes it anew from what else is recorded. Mend it with: envctl start.`),
  ];
}

function filesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory).filter((name) => name.endsWith('.json') && !name.startsWith('.')).map((name) => join(directory, name));
  } catch {
    return [];
  }
}

function isDamaged(path: string, isWhole: (value: Readonly<Record<string, unknown>>, id: string) => boolean): boolean {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    // Given back while we looked.
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
  try {
    const value: unknown = JSON.parse(text);
    return typeof value !== 'object' || value === null || !isWhole(value as Readonly<Record<string, unknown>>, basename(path, '.json'));
  } catch {
    return true;
  }
}

function isLedgerLine({ schemaVersion, id, step }: Readonly<Record<string, unknown>>, name: string): boolean {
  return schemaVersion === 1 && id === name && typeof step === 'object' && step !== null;
}

function isInstance({ version, id, holders }: Readonly<Record<string, unknown>>, name: string): boolean {
  return version === 1 && id === name && Array.isArray(holders);
}
