import { splitShellWords } from '../shell-words.js';

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

/** Programs that run the one that follows them. */
const runners = new Set(['cross-env', 'npx', 'bunx', 'pnpx', 'node', 'exec', 'env', 'command']);

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
  let isPrefixed = false;
  for (; index < words.length - 1; index += 1) {
    const word = words[index]!;
    const assignment = /^([A-Za-z_]\w*)=(.*)$/s.exec(word);
    if (runners.has(nameOf(word))) isPrefixed = true;
    else if (isPrefixed && assignment !== null) variables[assignment[1]!] = assignment[2]!;
    else if (!(isPrefixed && /^--?\w[\w-]*(?:=\S*)?$/.test(word))) break;
  }
  return { assignments: variables, program: nameOf(words[index]!), args: words.slice(index + 1), isWhole };
}

function nameOf(word: string): string {
  return word.slice(word.lastIndexOf('/') + 1);
}
