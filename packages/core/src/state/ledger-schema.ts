/**
 * The ledger: one file for each resource that envctl acquired, or may have acquired, and has not given
 * back. The step says all that is needed to remove the resource, without its plugin.
 */
import * as z from 'zod';
import type { ProcessIdentity } from '../contract/index.js';
import type { DeepReadonly } from './deep-readonly.js';
import type { TeardownStep } from './teardown-step.js';

/** Made when an entry is read. */
export const ledgerEntrySchema = z.lazy(createLedgerEntry);

function createLedgerEntry() {
  const name = z.string().min(1);
  const identity = z.looseObject({ pid: z.int(), startTicks: z.string(), bootId: z.string(), pidNamespace: z.string() });

  const teardownStep = z.discriminatedUnion('kind', [
    z.looseObject({ kind: z.literal('process'), launchId: name, directory: name, name: name.optional(), launch: z.looseObject({ record: z.looseObject({}), runner: identity }).optional() }),
    z.looseObject({ kind: z.literal('lease'), port: z.int().min(1).max(65535), token: name }),
    z.looseObject({ kind: z.literal('file'), path: name, temporary: z.boolean().optional() }),
    ...(['container', 'volume', 'network'] as const).map((kind) =>
      z.looseObject({ kind: z.literal(kind), engine: name, name, labels: z.record(z.string(), z.string()) })),
    z.looseObject({
      kind: z.literal('logical'),
      dependency: name,
      /** Id of the instance the resource lives in; with the instance it ends. */
      instance: name,
      resource: z.looseObject({
        kind: name,
        name,
        project: z.string().optional(),
        data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
      }),
    }),
  ]);

  return z.looseObject({
    schemaVersion: z.literal(1),
    /** The same for the same resource, so that a repeated intent is one entry. */
    id: name,
    /** `intent`: it may exist; `confirmed`: it was acquired. Both are torn down. */
    phase: z.enum(['intent', 'confirmed']),
    /** What the resource is to people: service, dependency, task. */
    kind: name,
    project: z.string().nullable(),
    runId: z.string().nullable(),
    step: teardownStep,
    /** The resource outlives a power cut, so its entry must too. */
    durable: z.boolean(),
    /** Epoch milliseconds; teardown goes from the newest to the oldest. */
    createdAt: z.int(),
    /** The command that wrote the intent. */
    owner: identity,
  });
}

/** One file of the ledger. */
export type LedgerEntry = DeepReadonly<Omit<z.infer<typeof ledgerEntrySchema>, 'step' | 'owner'>> & {
  readonly schemaVersion: 1;
  readonly id: string;
  readonly phase: 'intent' | 'confirmed';
  readonly kind: string;
  readonly project: string | null;
  readonly runId: string | null;
  readonly step: TeardownStep;
  readonly durable: boolean;
  readonly createdAt: number;
  readonly owner: ProcessIdentity;
};

/** The entry a file holds, or why it holds none. Unknown fields are kept. */
export function parseLedgerEntry(value: unknown): { readonly entry: LedgerEntry } | { readonly problem: string } {
  const result = ledgerEntrySchema.safeParse(value);
  if (result.success) return { entry: result.data as unknown as LedgerEntry };
  const [issue] = result.error.issues;
  return { problem: issue === undefined ? 'not a ledger entry' : `${issue.path.map(String).join('.')}: ${issue.message}` };
}
