/* A command as an oclif manifest describes it, as far as the router reads it. Unknown fields are left alone. */
import * as z from 'zod';

/** Made when a command is judged. */
export const commandSchema = z.lazy(createCommand);

function createCommand() {
  const word = z.string().regex(/^[A-Za-z0-9][\w:-]*$/, 'must be one word');
  const token = z.string().regex(/^--[A-Za-z0-9][\w-]*$/, 'must be a long option, --like-this');
  const key = z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'must be an upper-snake-case key');
  const texts = z.array(z.string());

  const contract = z.object({
    family: z.string().min(1),
    bootstrap: z.enum(['skip', 'require']),
    statePolicy: z.enum(['none', 'load', 'skip-startup']),
    mutates: z.boolean(),
    aliases: z.array(word).optional(),
    spareAliases: z.array(word).optional(),
    tokens: z.array(token).optional(),
    assignments: z.record(key, z.object({ flag: z.string(), kind: z.enum(['value', 'boolean', 'if-true']) })).optional(),
    flagTokens: z.record(token, z.object({ flag: z.string(), value: z.boolean() })).optional(),
    pairFlags: z.record(z.string(), z.tuple([z.string(), z.string()])).optional(),
    ownWords: z.boolean().optional(),
    prerequisites: texts.optional(),
  });

  const flag = z.object({
    type: z.enum(['boolean', 'option']),
    char: z.string().optional(),
    aliases: texts.optional(),
    charAliases: texts.optional(),
    allowNo: z.boolean().optional(),
    multiple: z.boolean().optional(),
    delimiter: z.string().optional(),
    options: texts.optional(),
  });

  return z
    .object({ id: z.string().min(1), aliases: texts.optional(), hiddenAliases: texts.optional(), flags: z.record(z.string(), flag), envctl: contract.optional() })
    .superRefine(({ flags, envctl }, context) => {
      const named = [
        ...Object.entries(envctl?.assignments ?? {}).map(([name, rule]) => ['assignments', name, rule.flag] as const),
        ...Object.entries(envctl?.flagTokens ?? {}).map(([name, rule]) => ['flagTokens', name, rule.flag] as const),
        ...Object.keys(envctl?.pairFlags ?? {}).map((name) => ['pairFlags', name, name] as const),
      ];
      for (const [list, name, target] of named) {
        if (!Object.hasOwn(flags, target)) context.addIssue({ code: 'custom', path: ['envctl', list, name], message: `names the flag ${target}, which the command has not` });
      }
    });
}
