import * as z from 'zod';

/** Made when a record is read. */
const storeRecord = z.lazy(() => {
  const { lease, claim } = createRecords();
  return z.discriminatedUnion('kind', [lease, claim]);
});

function createRecords() {
  const identity = z.object({
    pid: z.number().int().positive(),
    startTicks: z.string(),
    bootId: z.string(),
    pidNamespace: z.string(),
  });

  const owner = z.object({
    scope_id: z.string(),
    project: z.string(),
    service: z.string(),
    repository_root: z.string(),
  });

  const leaseRecord = z.object({
    version: z.literal(1),
    kind: z.literal('lease'),
    id: z.string().min(1),
    port: z.number().int().min(1).max(65535),
    /** `held` counts only while the holder or the runner lives; a dead holder's lease is a reservation. */
    state: z.enum(['held', 'reserved']),
    token: z.string(),
    owner,
    holder: identity,
    runner: identity.nullable(),
    preferred: z.number().int(),
    http: z.boolean(),
    /** Epoch milliseconds. */
    created_at: z.number(),
    updated_at: z.number(),
  });

  const claimRecord = z.object({ version: z.literal(1), kind: z.literal('claim'), id: z.string().min(1), holder: identity });

  return { lease: leaseRecord, claim: claimRecord };
}

/** Content of `<port>.json`. */
export type LeaseRecord = z.infer<ReturnType<typeof createRecords>['lease']>;
/** Content of a claim file: who is about to change a record. */
export type ClaimRecord = z.infer<ReturnType<typeof createRecords>['claim']>;
export type StoreRecord = LeaseRecord | ClaimRecord;

/** The record in `text`; undefined when it is damaged. */
export function parseStoreRecord(text: string): StoreRecord | undefined {
  try {
    const parsed = storeRecord.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
