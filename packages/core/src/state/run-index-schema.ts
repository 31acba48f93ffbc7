import * as z from 'zod';
import type { DeepReadonly } from './deep-readonly.js';

const createEntry = () => z.looseObject({
  run_id: z.string().min(1),
  /** Absolute path of the run's `run_state.json`. */
  state_path: z.string(),
  mode: z.enum(['main', 'trees']),
  project_names: z.array(z.string()),
  /** Grows with every new run. */
  sequence: z.int(),
  /** Generation of the index when the run last became the latest; null when it never was. */
  activation_sequence: z.int().nullable(),
  /** SHA-256 of the file's bytes, hex. */
  state_fingerprint: z.string(),
  runtime_map_fingerprint: z.string(),
  runtime_scope_id: z.string(),
  /** A start that was undone. */
  failed: z.boolean(),
});

/** Version of `run_index.json` that this envctl writes. */
export const indexVersion = 4;

/** `run_index.json`: every run of the scope, and which of them still say what runs. Made when one is read. */
export const runIndexSchema = z.lazy(() => z.looseObject({
  version: z.literal(indexVersion),
  /** Grows with every write. */
  generation: z.int(),
  runtime_scope_id: z.string(),
  /** Runs that were stopped: history, never a source of the present state. */
  retired_run_ids: z.array(z.string()),
  entries: z.array(createEntry()),
}));

export type RunIndexEntry = DeepReadonly<z.infer<ReturnType<typeof createEntry>>>;
export type RunIndex = DeepReadonly<z.infer<typeof runIndexSchema>>;
