import * as z from 'zod';
import { errorReportSchema, portsManifestSchema, readinessReportSchema, runtimeMapSchema } from './artifact-schema.js';
import { ledgerEntrySchema } from './ledger-schema.js';
import { mirrorRecordSchema } from './legacy/mirror-schema.js';
import { runIndexSchema } from './run-index-schema.js';
import { runStateDocumentSchema } from './run-state-schema.js';

/** The JSON Schema of every file of the state room, by file name without its ending. */
export function describeSchemas(): Readonly<Record<string, object>> {
  return {
    run_state: z.toJSONSchema(runStateDocumentSchema),
    runtime_map: z.toJSONSchema(runtimeMapSchema),
    ports_manifest: z.toJSONSchema(portsManifestSchema),
    error_report: z.toJSONSchema(errorReportSchema),
    runtime_readiness_report: z.toJSONSchema(readinessReportSchema),
    run_index: z.toJSONSchema(runIndexSchema),
    compat_mirror: z.toJSONSchema(mirrorRecordSchema),
    ledger_entry: z.toJSONSchema(ledgerEntrySchema),
  };
}
