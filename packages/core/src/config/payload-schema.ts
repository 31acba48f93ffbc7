import * as z from 'zod';

const profile = z
  .object({
    startup_enabled: z.boolean(),
    backend: z.boolean(),
    frontend: z.boolean(),
    dependencies: z.record(z.string(), z.boolean()),
    additional_services: z.record(z.string(), z.boolean()),
  })
  .partial()
  .strict();

/** What `config --stdin-json` takes in its nested form: any part of `show-config.effective`. */
export const nestedPayload = z
  .object({
    default_mode: z.string(),
    directories: z.object({ backend: z.string(), frontend: z.string() }).partial().strict(),
    ports: z
      .object({
        backend: z.number(),
        frontend: z.number(),
        spacing: z.number(),
        dependencies: z.record(z.string(), z.record(z.string(), z.number())),
      })
      .partial()
      .strict(),
    profiles: z.object({ main: profile, trees: profile }).partial().strict(),
    additional_services: z.array(z.string()),
    managed_keys: z.record(z.string(), z.string()),
  })
  .partial()
  .strict();

/** Every name that a nested document may have, wherever it stands. */
export function payloadNames(): readonly string[] {
  const places = ['directories', 'ports', 'profiles'] as const;
  return [nestedPayload, ...places.map((place) => nestedPayload.shape[place].unwrap()), profile].flatMap(({ shape }) => Object.keys(shape));
}

/** The flat form: configuration keys by name. */
export const flatPayload = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

const effectiveProfile = profile.required();
const port = z.number().nullable();

/** `show-config.effective` as it is printed. */
export const effectiveConfig = z.strictObject({
  default_mode: z.enum(['main', 'trees']).nullable(),
  directories: z.strictObject({ backend: z.string(), frontend: z.string() }),
  ports: z.strictObject({ backend: port, frontend: port, spacing: port, dependencies: z.record(z.string(), z.record(z.string(), port)) }),
  profiles: z.strictObject({ main: effectiveProfile, trees: effectiveProfile }),
  additional_services: z.array(z.string()),
  managed_keys: z.record(z.string(), z.string()),
});

/** Both documents as JSON Schema, for `contracts/`. */
export function toJsonSchemas(): Readonly<Record<string, unknown>> {
  return { 'config-payload': z.toJSONSchema(nestedPayload), 'effective-config': z.toJSONSchema(effectiveConfig) };
}
