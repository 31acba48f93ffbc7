import type { ConfigReader } from '../contract/index.js';

/**
 * How much must be seen of what counts as running (contracts, sections 11.2 and 11.3). `auto`: a service listens, a
 * dependency answers; `best_effort`: they live; `strict`: as `auto`, and a start fails unless everything recorded is so.
 */
export type TruthMode = 'auto' | 'strict' | 'best_effort';

export function readTruthMode(reader: Pick<ConfigReader, 'string'>): TruthMode {
  const value = reader.string('ENVCTL_RUNTIME_TRUTH_MODE');
  return value === 'strict' || value === 'best_effort' ? value : 'auto';
}
