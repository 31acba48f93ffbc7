import type { ProjectFacts, TeardownContext } from '../contract/index.js';
import type { LedgerEntry } from '../state/index.js';
import { readInstance } from './instance-store.js';
import type { DependencyHandle, RequirementsContext } from './orchestrator.js';
import { createSecretStore } from './secret-store.js';

type LogicalEntry = LedgerEntry & { readonly step: Extract<LedgerEntry['step'], { kind: 'logical' }> };

/**
 * Removes what a project owns inside a running server: its databases, roles, buckets, newest first, from the
 * ledger alone. An entry goes when its resource is gone. Returns what was removed; rejects with what the plugin
 * throws, and what is left stays on record.
 */
export async function tearDownProject(context: RequirementsContext, request: { readonly project: ProjectFacts; readonly handle: DependencyHandle; readonly signal: AbortSignal }): Promise<readonly string[]> {
  const { handle, project, signal } = request;
  const { entries } = await context.ledger.list();
  const own = entries.filter((entry): entry is LogicalEntry => entry.step.kind === 'logical' && entry.step.dependency === handle.declaration.id && entry.step.resource.project === project.name);
  const removed: string[] = [];
  for (const entry of own) {
    const { instance, resource } = entry.step;
    await context.lock(`instance-${instance}`).hold(`tear down ${resource.name}`, { timeoutMs: 120_000, signal }, async () => {
      const record = await readInstance(context, instance);
      if (record === undefined || handle.definition.teardown === undefined) return;
      const plan = handle.definition.plan({ scope: context.scope, project, config: context.reader, driver: record.driver });
      const facts: TeardownContext = {
        scope: context.scope,
        project,
        config: context.reader,
        plan,
        signal,
        resource,
        secrets: createSecretStore({ directory: record.directory, randomHex: context.randomHex, onSecret: context.onSecret, seam: context.seam }),
        instance: { id: record.id, directory: record.directory, socketDirectory: record.socketDirectory, ports: record.ports, driver: record.driver },
      };
      await handle.definition.teardown(facts);
      await context.ledger.release(entry.id);
      removed.push(`${resource.kind} ${resource.name}`);
    });
  }
  return removed;
}
