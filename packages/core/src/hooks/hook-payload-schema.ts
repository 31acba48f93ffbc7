import * as z from 'zod';
import type { DefineServicesResult, SetupInfrastructureResult } from '../contract/index.js';
import { expectedOfOption } from '../config/read-only.js';
import type { HookName } from './hook-files.js';

export interface HookPayloads {
  readonly setupInfrastructure: SetupInfrastructureResult;
  readonly defineServices: DefineServicesResult;
}

/** What a hook gave back, or what is wrong with it, in words: `services[0].port: …`. */
export function parsePayload<N extends HookName>(hook: N, payload: unknown): { readonly ok: true; readonly value: HookPayloads[N] } | { readonly ok: false; readonly problems: readonly string[] } {
  const parsed = createSchema(hook).safeParse(payload ?? {});
  if (parsed.success) return { ok: true, value: parsed.data as HookPayloads[N] };
  return { ok: false, problems: parsed.error.issues.map(({ path, message }) => `${path.map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`)).join('') || 'the value'}: ${message}`) };
}

/** Made when a hook has answered: most commands run none. */
function createSchema(hook: HookName): z.ZodType {
  const port = z.int().min(1).max(65_535).nullable();
  const variables = z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string());
  const text = z.string().min(1);

  const setup = z.strictObject({
    skip_default_requirements: z.boolean().optional(),
    requirements: z.record(z.string().regex(/^[a-z][a-z0-9-]*$/), z.strictObject({ success: z.boolean().optional(), final: port.optional(), retries: z.int().min(0).optional(), simulated: z.boolean().optional(), env: variables.optional() })).optional(),
  });

  const service = z
    .strictObject({
      name: text.max(80),
      type: z.string().regex(/^[a-z][a-z0-9-]*$/).optional(),
      cwd: text.optional(),
      command: z.union([text, z.array(text).min(1)]).optional(),
      env: variables.optional(),
      pid: z.int().min(2).nullable().optional(),
      port: port.optional(),
      requested_port: port.optional(),
      actual_port: port.optional(),
      status: text.optional(),
      log_path: text.nullable().optional(),
      health_url: text.nullable().optional(),
    })
    .superRefine(({ health_url: url, port: wanted, requested_port: requested, actual_port: actual }, context) => {
      const fault = url === undefined || url === null ? undefined : healthUrlFault(url, [wanted, requested, actual].some((each) => each !== undefined && each !== null));
      if (fault !== undefined) context.addIssue({ code: 'custom', path: ['health_url'], message: fault });
    })
    .refine(({ command, pid }) => (command === undefined) !== (pid === undefined || pid === null), { error: 'needs either a command, which envctl starts, or the pid of what runs already' });

  const services = z
    .strictObject({ services: z.array(service).optional(), skip_default_services: z.boolean().optional() })
    .refine((value) => value.skip_default_services !== true || (value.services ?? []).length > 0, { error: 'skip_default_services needs at least one service' })
    .refine((value) => new Set(value.services?.map(({ name }) => name.toLowerCase())).size === (value.services ?? []).length, { error: 'two services have one name' });

  return hook === 'setupInfrastructure' ? setup : services;
}

function healthUrlFault(url: string, hasPort: boolean): string | undefined {
  const expected = expectedOfOption('HEALTH_URL', url);
  if (expected !== undefined) return `'${url}' is not ${expected}`;
  return hasPort || !(url.startsWith('/') || url.includes('{port}')) ? undefined : `'${url}' asks a port of its own, and the service has no port`;
}
