import * as z from 'zod';
import type { DeepReadonly } from '../deep-readonly.js';

/** `compat_mirror.json`: what was written into the original's runtime directory. */
export const mirrorRecordSchema = z.lazy(() => z.looseObject({
  schema_version: z.literal(1),
  /** Absolute path → SHA-256 digests, hex, of which the file has one. */
  files: z.record(z.string(), z.array(z.string())),
}));

export type MirrorRecord = DeepReadonly<z.infer<typeof mirrorRecordSchema>>;
