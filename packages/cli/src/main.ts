import { fileURLToPath } from 'node:url';

/** The `envctl` program. Core is loaded here and not before, so that what `bin/run.js` sets up holds for it. */
export async function main(): Promise<void> {
  const { runCli } = await import('@envctl/core/door');
  await runCli({ packageRoot: fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, ''), argv: process.argv.slice(2) });
}
