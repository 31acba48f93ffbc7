/**
 * Runs rounds of cells inside a namespace of its own, one after another: orders come as JSON lines on stdin, answers go to stdout.
 * Started by namespace.ts.
 */
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { KilledCommand, Round } from './cells.js';
import { record, runRound } from './run-cell.js';
import { createStack } from './stack.js';

export type Order = { readonly kind: 'prepare' } | { readonly kind: 'record'; readonly command: KilledCommand } | { readonly kind: 'round'; readonly round: Round };

const [root = '', envctl = '', survivors = '', cgroup = ''] = process.argv.slice(2);
// What envctl puts below its own cgroup is then below this one, apart from everybody else's.
if (cgroup !== '') writeFileSync(`${cgroup}/cgroup.procs`, '0');
const stack = createStack(root, { envctl, survivors, hasCgroups: cgroup !== '' });

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await obey(JSON.parse(line) as Order).catch((error: unknown) => ({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

stack.close();

async function obey(order: Order): Promise<unknown> {
  switch (order.kind) {
    case 'prepare': {
      for (const args of [['start', '--headless'], ['stop-all']]) {
        const ended = await stack.run(args);
        if (ended.code !== 0) throw new Error(`envctl ${args.join(' ')} ended with ${ended.code}: ${ended.output}`);
      }
      stack.keep();
      return {};
    }
    case 'record':
      return await record(stack, root, order.command);
    case 'round':
      return await runRound(stack, root, order.round);
  }
}
