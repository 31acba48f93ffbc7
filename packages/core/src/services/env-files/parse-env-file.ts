export interface EnvFileVariable {
  readonly name: string;
  readonly value: string;
  /** True when the value refers to others (`$NAME`, `${NAME}`), which the loader of an application may fill in; nothing is filled in here. */
  readonly refers: boolean;
}

const assignment = /^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*/;

/**
 * The variables of an env file: `NAME=value`, `export`, one pair of outer quotes, `#` lines and comments behind an unquoted value. A quoted
 * value may have several lines; `\n` in double quotes is a line end. Of a name that is set twice the last value counts. Lines that are no assignment are passed over.
 */
export function parseEnvFile(text: string): readonly EnvFileVariable[] {
  const variables = new Map<string, EnvFileVariable>();
  let rest = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  while (rest !== '') {
    const match = assignment.exec(rest);
    const taken = match === null ? { value: undefined, quote: '', length: lineLength(rest) } : takeValue(rest.slice(match[0].length));
    if (match !== null && taken.value !== undefined) {
      const { value, quote } = taken;
      variables.set(match[1]!, { name: match[1]!, value: quote === '"' ? unescape(value) : value, refers: quote !== "'" && /\$(?:\{?[A-Za-z_]|\()/.test(value) });
    }
    rest = rest.slice((match?.[0].length ?? 0) + taken.length);
  }
  return [...variables.values()];
}

/** The value at the start of a text, and how much of the text it and the rest of its line take. */
function takeValue(text: string): { readonly value: string; readonly quote: string; readonly length: number } {
  const quoted = /^(?:"((?:[^"\\]|\\[^])*)"|'([^']*)')[ \t]*(?:#[^\n]*)?(?:\n|$)/.exec(text);
  if (quoted !== null) return { value: quoted[1] ?? quoted[2] ?? '', quote: text[0]!, length: quoted[0].length };
  const length = lineLength(text);
  return { value: text.slice(0, length).replace(/(?:^|[ \t])#.*$/s, '').trim(), quote: '', length };
}

function lineLength(text: string): number {
  const end = text.indexOf('\n');
  return end === -1 ? text.length : end + 1;
}

function unescape(value: string): string {
  return value.replace(/\\([nrt"\\$])/g, (_, character: string) => ({ n: '\n', r: '\r', t: '\t' })[character] ?? character);
}
