import * as z from 'zod';

/** A dependency server as recorded in `instances/<id>.json`; read and written under the instance lock. */
const instanceRecord = z.looseObject({
  version: z.literal(1),
  id: z.string().min(1),
  dependency: z.string().min(1),
  share: z.enum(['scope', 'project']),
  project: z.string().nullable(),
  driver: z.enum(['native', 'docker', 'external', 'command']),
  directory: z.string(),
  socketDirectory: z.string(),
  /** Ports in use or last used, by resource name. */
  ports: z.record(z.string(), z.number().int().positive()),
  /** Launch token of the server and its leases. */
  token: z.string().nullable(),
  /** `digestSettings` of the configuration it was last brought up with. */
  settings: z.string().optional(),
  /** Projects that use it; written before the server is started for them. */
  holders: z.array(z.string()),
});

export type InstanceRecord = z.infer<typeof instanceRecord>;

export function parseInstanceRecord(file: { readonly ok: true; readonly value: unknown } | { readonly ok: false }): InstanceRecord | undefined {
  if (!file.ok) return undefined;
  const parsed = instanceRecord.safeParse(file.value);
  return parsed.success ? parsed.data : undefined;
}
