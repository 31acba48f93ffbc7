import { createHash } from 'node:crypto';
import type { TeardownStep } from './teardown-step.js';

/** The id of a resource's entry: `<kind>-<readable part>-<12 hex>`, the same for the same resource. */
export function ledgerIdOf(step: TeardownStep): string {
  const identity = identityOf(step);
  const readable = labelOf(step).toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '').slice(-40);
  const hash = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 12);
  return [step.kind, readable, hash].filter((part) => part !== '').join('-');
}

function identityOf(step: TeardownStep): readonly (string | number)[] {
  switch (step.kind) {
    case 'process': return [step.kind, step.launchId];
    case 'lease': return [step.kind, step.port, step.token];
    case 'file': return [step.kind, step.path];
    case 'container':
    case 'volume':
    case 'network': return [step.kind, step.engine, step.name];
    case 'logical': return [step.kind, step.dependency, step.instance, step.resource.kind, step.resource.name];
  }
}

function labelOf(step: TeardownStep): string {
  switch (step.kind) {
    case 'process': return step.launchId;
    case 'lease': return String(step.port);
    case 'file': return step.path;
    case 'container':
    case 'volume':
    case 'network': return step.name;
    case 'logical': return `${step.instance}-${step.resource.kind}-${step.resource.name}`;
  }
}
