/* `envctl completion`: the script of a shell, and the candidates that the script asks for. */
import { completeLine, completionScript, completionShells, createLiveNames, type Completion, type CompletionShell } from '../completion/read-only.js';
import { EnvctlError } from '../contract/index.js';
import { createRoutingTables } from '../routing/index.js';
import type { DoorManifest } from './door-manifest.js';
import type { HotContext, HotResult } from './hot-commands.js';

/** `completion <shell>` prints its script; `completion resolve -- WORD…` what may stand for the last word. */
export async function showCompletion({ route, env, cwd, manifest }: HotContext): Promise<HotResult> {
  const [word, ...rest] = route.passthroughArgs;
  if (word === 'resolve') {
    const completion = resolveWords(rest, { env, cwd, manifest });
    return { exitCode: 0, json: completion, text: toLines(completion) };
  }
  if (word === undefined || !isShell(word) || rest.length > 0) {
    const asked = rest.length > 0 ? `Unexpected word: ${rest.join(' ')}` : word === undefined ? 'No shell was named.' : `Unsupported shell: ${word}`;
    throw new EnvctlError('ENVCTL_E_ARGV_INVALID', asked, { hints: completionShells.map((shell) => `envctl completion ${shell}`) });
  }
  return { exitCode: 0, json: { shell: word, script: completionScript(word) }, text: completionScript(word) };
}

/** The answer to a shell's script, which has nowhere to show an error: without an answer it is empty. Never throws. */
export function answerShell(argv: readonly string[], source: Omit<CompletionSource, 'manifest'> & { readonly manifest: DoorManifest | undefined }): string {
  try {
    const { manifest } = source;
    return manifest === undefined ? '\n' : toLines(resolveWords(argv.slice(3), { ...source, manifest }));
  } catch {
    return '\n';
  }
}

type CompletionSource = Pick<HotContext, 'env' | 'cwd' | 'manifest'>;

function resolveWords(words: readonly string[], { env, cwd, manifest }: CompletionSource): Completion {
  return completeLine({ words, tables: createRoutingTables(manifest.commands), names: createLiveNames({ env, cwd, declared: manifest.declared }), shells: completionShells, plugins: manifest.plugins.map(({ name, origin }) => ({ name, isOwn: origin === 'user' || origin === 'link' })) });
}

/** A line of hints, then `value<TAB>description` per candidate. */
function toLines({ candidates, hints }: Completion): string {
  const lines = candidates.map(({ value, description }) => (description === undefined || description === '' ? value : `${value}\t${oneLine(description)}`));
  return [hints.join(' '), ...lines].map((line) => `${line}\n`).join('');
}

function oneLine(text: string): string {
  return text.replaceAll('<%= config.bin %>', 'envctl').replace(/\s+/g, ' ').trim();
}

function isShell(word: string): word is CompletionShell {
  return (completionShells as readonly string[]).includes(word);
}
