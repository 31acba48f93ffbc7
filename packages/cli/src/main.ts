import { fileURLToPath } from 'node:url';
import { runCli } from '@envctl/core/door';

/** The `envctl` program. */
export async function main(): Promise<void> {
  await runCli({ packageRoot: fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, ''), argv: process.argv.slice(2) });
}
