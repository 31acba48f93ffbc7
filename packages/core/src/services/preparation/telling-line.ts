const limit = 240;

/** Lines of package managers that say nothing by themselves. */
const noise = /^npm (?:error|ERR!)(?:$| (?:code |errno |syscall |path |dest |command |A complete log|Fix the upstream|this command with|to accept|For a full report|Found: |node_modules\/|\s*$)|\s{2,})|^npm (?:warn|WARN|notice)|^\s*at |^\s*\^+\s*$|^\[notice\]|^Traceback|^ERROR: (?:Ignored the following|Could not find a version that satisfies)/;
/** What a manager says first is the cause; what a program says last is. */
const firstWords: readonly RegExp[] = [
  /^npm (?:error|ERR!) notsup Required: /,
  /^\s*\u2570\u2500\u25b6 \S/,
  /^\u27a4 YN00(?:01|09|18|27|35|41|78|82|90|91): .*\w|would have been modified/,
  /^npm (?:error|ERR!) .*(?:ERESOLVE|E404|ENOENT|ETARGET|ENOTFOUND|EAI_AGAIN|ECONN\w+|EACCES|ENOSPC|EINTEGRITY|EBADENGINE|can only install|[Nn]o matching|not found|404)/,
  /ERR_PNPM_\w+/,
  /^(?:ERROR|Error|error)\b:? \S/,
  /^\s*[×\u2717] \S/,
  /changed significantly|frozen mode is set|is not up to date|is out-of-date|ensurepip is not available|No space left on device/,
  /^npm (?:error|ERR!) \S/,
];
const lastWords = /ModuleNotFoundError|ImportError|No module named|[A-Za-z]*(?:Error|Exception)\b[:(]|\bfatal\b|not found/;

/** The line that says why a command failed, of its last lines, oldest first; at most 240 characters, secrets taken out of the whole line. */
export function tellingLine(lines: readonly string[], redact: (text: string) => string): string | undefined {
  const told = joinCauses(lines.map(plain)).filter((line) => line.trim() !== '' && !noise.test(line));
  const first = firstWords.map((pattern) => told.find((line) => pattern.test(line))).find((line) => line !== undefined);
  const line = first ?? told.findLast((candidate) => lastWords.test(candidate)) ?? told.at(-1);
  return line === undefined ? undefined : shorten(redact(line.trim().replace(ornament, '')));
}

/** What pnpm and yarn draw before a line. */
const ornament = /^(?:[\u251c\u2570]\u2500\u25b6 |\u27a4 YN\d{4}: \u2502 )/;

/** A cause that pnpm, uv or npm breaks into lines of the width of a terminal is one line again. */
function joinCauses(lines: readonly string[]): readonly string[] {
  const joined: string[] = [];
  let isCause = false;
  let isUsage = false;
  for (const line of lines) {
    const more = (isUsage ? /^npm (?:error|ERR!) (\S.*)$/ : /^ {6,}(\S.*)$/).exec(line)?.[1];
    if (isCause && more !== undefined) joined[joined.length - 1] += `${/(?:\w-|\/)$/.test(joined.at(-1)!) ? '' : ' '}${more}`;
    else {
      isUsage = /^npm (?:error|ERR!) .*can only install with an existing/.test(line);
      isCause = isUsage || /^\s*\u2570\u2500\u25b6 /.test(line);
      joined.push(line);
    }
  }
  return joined;
}

function plain(line: string): string {
  return line.replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, '').replaceAll('\r', '');
}

function shorten(line: string): string {
  return line.length <= limit ? line : `${line.slice(0, limit - 1)}…`;
}
