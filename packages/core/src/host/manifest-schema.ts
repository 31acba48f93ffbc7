/* `package.json#envctl`. The head and each entry are judged apart: one bad entry costs only itself. Unknown fields are left alone. */
import * as z from 'zod';

const reservedFields: readonly string[] = ['event', 'timestamp', 'schema_version', 'trace_id', 'phase'];

export type ManifestSchemas = ReturnType<typeof createManifestSchemas>;

/** Made when a manifest is to be judged: most commands find that done. `entries` holds the schema of one entry by the list it stands in. */
export function createManifestSchemas() {
  const id = z.string().regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, 'must be lower-case words joined by dashes');
  const key = z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'must be an upper-snake-case key');
  const text = z.string().min(1);
  const port = z.number().int().min(1).max(65535);
  const version = z.number().int().min(1);
  const modes = <T extends z.ZodType>(value: T) => z.object({ main: value, trees: value });

  const head = z.object({
    apiVersion: z.union([version, z.object({ min: version, max: version }).refine(({ min, max }) => min <= max, 'min must not be above max')]),
    extension: z.string().regex(/^\.\/(?!.*(?:^|\/)\.\.(?:\/|$)).+\.[cm]?js$/, 'must be a path inside the package that begins with ./ and ends in .js, .mjs or .cjs').optional(),
    order: z.number().int().optional(),
    refinesConfig: z.boolean().optional(),
    contributes: z.record(z.string(), z.unknown()),
  });

  const dependency = z.object({
    id,
    displayName: text,
    order: z.number().int(),
    resources: z.array(z.object({ name: id, portKey: text, configKey: key, defaultPort: port })),
    enableKeys: modes(z.array(key)),
    defaultEnabled: modes(z.boolean()),
    requires: z.array(z.object({ id, condition: z.enum(['started', 'ready', 'healthy', 'completed', 'log-ready']), optional: z.boolean().optional() })).optional(),
    conflicts: z.array(id).optional(),
    prerequisites: z.partialRecord(z.enum(['native', 'docker', 'external', 'command']), z.array(text)).optional(),
    nativePrograms: z.array(text).min(1).optional(),
    nativePackage: z.object({ name: text, unless: z.array(key).optional() }).optional(),
    variables: z.array(z.object({ name: key, secret: z.boolean().optional() })).optional(),
  });

  const config = z
    .object({
      key,
      type: z.enum(['string', 'integer', 'boolean', 'enum', 'path']),
      values: z.array(text).min(1).optional(),
      default: z.string().optional(),
      aliases: z.array(key).optional(),
      secret: z.boolean().optional(),
      min: z.number().optional(),
      max: z.number().optional(),
      description: text,
    })
    .refine(({ type, values }) => (type === 'enum') === (values !== undefined), { path: ['values'], message: 'belongs to the type enum, and the type enum needs it' })
    .refine(({ default: value, type, values }) => value === undefined || isDefaultOfType(value, type, values), { path: ['default'], message: 'is not a value of the type' });

  const signal = z.object({
    event: z.string().regex(/^[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+$/, 'must be dotted lower-case words'),
    phase: z.enum(['route', 'config', 'lifecycle', 'state', 'runtime', 'dispatch', 'input']),
    fields: z.record(
      z.string().refine((name) => !reservedFields.includes(name), 'is a field of every event and cannot be declared'),
      z.enum(['plain', 'text', 'path', 'hash', 'secret']),
    ),
    description: z.string().optional(),
  });

  const named = z.object({ id, description: z.string().optional() });

  const entries = {
    dependencies: dependency,
    families: z.object({ id: z.string().regex(/^[a-z][a-z0-9_]*$/, 'must be lower-snake-case'), title: text, dashboardGroup: z.string().optional() }),
    config,
    signals: signal,
    surfaces: named.extend({ kind: z.enum(['terminal', 'web', 'agent']) }),
    projectProviders: named,
    collectors: named,
    checks: named,
  } as const;

  return { head, entries } as const;
}

function isDefaultOfType(value: string, type: string, values: readonly string[] | undefined): boolean {
  if (type === 'integer') return /^-?\d+$/.test(value);
  if (type === 'boolean') return value === 'true' || value === 'false';
  return type !== 'enum' || values?.includes(value) === true;
}
