import { splitShellWords } from '../../processes/read-only.js';

/** The last simple command of a script: arguments appended to the script reach it and no other. */
export interface LastCommand {
  /** Variables before the program. */
  readonly assignments: Readonly<Record<string, string>>;
  /** The program without its directory. */
  readonly program: string;
  readonly args: readonly string[];
  /** True when the script consists of nothing else, and nothing in it is for a shell to fill in. */
  readonly isWhole: boolean;
}

interface Runner {
  /** Words of its own that may come first: `dotenvx run`. */
  readonly words?: readonly string[];
  /** Options that take a value. */
  readonly valued?: readonly string[];
  /** True when `--` ends what is its own. */
  readonly dashes?: boolean;
}

/** Programs that run the one that follows them. */
const runners: ReadonlyMap<string, Runner> = new Map<string, Runner>([
  ...['cross-env', 'npx', 'bunx', 'pnpx', 'node', 'exec', 'env', 'command', 'with-env'].map((name) => [name, {}] as const),
  ['yarn', { words: ['run', 'exec'] }],
  ['pnpm', { words: ['run', 'exec', 'dlx'] }],
  ['bun', { words: ['run', 'x'] }],
  ['dotenv', { valued: ['-e', '-v', '-p'], dashes: true }],
  ['dotenvx', { words: ['run'], valued: ['-f', '--env-file', '-e', '--env'], dashes: true }],
  ['env-cmd', { valued: ['-f', '--file', '-e', '--environments', '-r', '--rc-file'], dashes: true }],
  ['doppler', { words: ['run'], dashes: true }],
  ['infisical', { words: ['run'], dashes: true }],
  ['op', { words: ['run'], dashes: true }],
]);

/** Undefined when the script does not end in plain words. What a shell would fill in stands as `$`. */
export function lastCommandOf(script: string): LastCommand | undefined {
  const parts = simpleCommandsOf(script);
  const last = parts.at(-1) ?? '';
  const split = splitShellWords(withoutExpansions(last));
  return split.ok ? toLastCommand(split, parts.length === 1 && withoutExpansions(last) === last) : undefined;
}

/** The programs that a script calls, without their directories. */
export function programsOf(script: string): readonly string[] {
  return simpleCommandsOf(script).flatMap((part) => {
    const split = splitShellWords(withoutExpansions(part));
    return split.ok ? [toLastCommand(split, false).program] : [];
  });
}

/** Where a shell would see `&&`, `||`, `;`, `|` or `&` outside of quotes. */
function simpleCommandsOf(script: string): readonly string[] {
  const parts = [''];
  for (const [token] of script.matchAll(/'[^']*'|"(?:\\.|[^"\\])*"|\\.|&&|\|\||[;|&\n]|[^'"\\;|&\n]+|./g)) {
    if (/^(?:&&|\|\||[;|&\n])$/.test(token)) parts.push('');
    else parts[parts.length - 1] += token;
  }
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

function withoutExpansions(part: string): string {
  return part.replace(/\$(?:\{[^}]*\}|\w+)/g, '$');
}

function toLastCommand({ assignments, words }: { readonly assignments: Readonly<Record<string, string>>; readonly words: readonly string[] }, isWhole: boolean): LastCommand {
  const variables = { ...assignments };
  let index = 0;
  let runner: Runner | undefined;
  for (; index < words.length - 1; index += 1) {
    const word = words[index]!;
    const assignment = /^([A-Za-z_]\w*)=(.*)$/s.exec(word);
    const found = runners.get(nameOf(word));
    if (found !== undefined) {
      runner = found;
      if (runner.words?.includes(words[index + 1]!)) index += 1;
      const dashes = runner.dashes === true ? words.indexOf('--', index) : -1;
      if (dashes !== -1) index = dashes;
    } else if (runner !== undefined && assignment !== null) variables[assignment[1]!] = assignment[2]!;
    else if (runner !== undefined && /^--?(?:\w[\w-]*(?:=\S*)?)?$/.test(word)) index += runner.valued?.includes(word) === true ? 1 : 0;
    else if (runner?.words?.includes(word) !== true) break;
  }
  index = Math.min(index, words.length - 1);
  return { assignments: variables, program: nameOf(words[index]!), args: words.slice(index + 1), isWhole };
}

function nameOf(word: string): string {
  return word.slice(word.lastIndexOf('/') + 1);
}
