import * as z from 'zod';
import { effectiveConfig } from './payload-schema.js';

const origin = z.enum(['env', 'file', 'default']);

const problem = z.strictObject({
  kind: z.enum(['invalid-value', 'invalid-profile', 'refused-by-plugin', 'refiner-failed', 'unknown-key', 'retired-key', 'renamed-key', 'absent-plugin', 'not-supported-yet', 'malformed-line', 'damaged-block', 'damaged-section', 'unknown-section', 'unknown-service', 'reserved-variable', 'invalid-template', 'unknown-source', 'backend-only-source', 'implied-dependency', 'invalid-service', 'duplicate-key', 'conflicting-alias', 'file-not-found']),
  severity: z.enum(['error', 'warning', 'note']),
  key: z.string().optional(),
  mode: z.enum(['main', 'trees']).optional(),
  origin: origin.optional(),
  path: z.string().optional(),
  line: z.int().optional(),
  message: z.string(),
  hint: z.string(),
});

const absentKey = z.strictObject({ key: z.string(), line: z.int(), package: z.string() });

/** What `show-config` answers with, as `ShowConfig` has it. */
export const showConfigBody = {
  base_dir: z.string(),
  execution_root: z.string(),
  config_file: z.string(),
  config_exists: z.boolean(),
  config_source: z.enum(['envctl', 'legacy_prefill', 'defaults']),
  legacy_source_path: z.string().nullable(),
  preferred_port_strategy: z.string(),
  runtime_dir: z.string(),
  store_dir: z.string(),
  scope_id: z.string(),
  effective: effectiveConfig,
  origins: z.record(z.string(), z.strictObject({ value: z.string(), source: z.enum(['env', 'file', 'legacy_file', 'default', 'plugin_default', 'implied']), set_as: z.string().optional(), file: z.string().optional(), line: z.int().optional() })),
  launch_env: z.array(
    z.strictObject({
      section: z.string(),
      line: z.int(),
      mode: z.enum(['main', 'trees']).nullable(),
      service: z.string().nullable(),
      variables: z.array(z.strictObject({ name: z.string(), line: z.int(), sources: z.array(z.string()) })),
    }),
  ),
  problems: z.array(problem),
  unknown_keys: z.array(z.strictObject({ key: z.string(), line: z.int(), nearest: z.string().optional() })),
  absent_plugin_keys: z.array(absentKey),
};

/** What `config` answers with when it saved. */
export const savedConfigBody = {
  saved: z.literal(true),
  path: z.string(),
  changed: z.boolean(),
  /** Something runs, with the settings it was started with. */
  running: z.boolean(),
  ignore_updated: z.literal(false),
  ignore_warning: z.string().nullable(),
  overridden_by_environment: z.array(z.string()),
  not_carried: z.array(z.string()),
  absent_plugin_keys: z.array(absentKey),
  warnings: z.array(z.strictObject({ message: z.string(), hint: z.string() })),
  config: effectiveConfig,
};

/** What `config` answers with when the user would rather not. */
export const cancelledConfigBody = { saved: z.literal(false), reason: z.literal('cancelled'), path: z.string() };
