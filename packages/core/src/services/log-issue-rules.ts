/**
 * How an error of each runtime looks in a log. The first rule whose `begins` matches a line opens an issue; `goesOn` tells which of the
 * lines after it belong to it; `headline` is the line that says what happened, where that is not the first.
 */
export interface LogIssueRule {
  readonly id: string;
  readonly runtime: string;
  readonly begins: RegExp;
  readonly goesOn?: RegExp;
  /** The last line: it belongs to the issue, and what follows does not. */
  readonly ends?: RegExp;
  readonly headline?: RegExp;
  /** The line after the first belongs to it whatever it is, and says what happened. */
  readonly saysNext?: true;
}

const javaFrame = /^(?:\s+at |\s*Caused by: |\s*Suppressed: |\s+\.\.\. \d+ )/;
const nodeError = '(?:[A-Z]\\w*)?(?:Error|Exception)(?: \\[[A-Z_0-9]+\\])?';

export const logIssueRules: readonly LogIssueRule[] = [
  { id: 'python.traceback', runtime: 'Python', begins: /^(?:.*\s)?Traceback \(most recent call last\):/, goesOn: /^(?:\s|$|Traceback \(|During handling|The above exception)/, ends: /^[A-Za-z_][\w.]*(?:: .*)?$/, headline: /^[A-Za-z_][\w.]*(?::|$)/ },
  { id: 'go.panic', runtime: 'Go', begins: /^(?:panic: |fatal error: (?!.*\.(?:c|h):))/, goesOn: /^(?:$|\s|goroutine \d+|\[signal |[\w./*()-]+\.[\w.()*{}[\]-]+\(|created by |exit status \d)/ },
  { id: 'rust.panic', runtime: 'Rust', begins: /^thread '.*'(?: \(\d+\))? panicked at/, goesOn: /^(?:note: |stack backtrace:|\s+\d+: |\s+at )/, ends: /^note: /, saysNext: true },
  { id: 'java.exception', runtime: 'Java', begins: /^(?:Exception in thread "|(?:[a-z][\w$]*\.)+[A-Z]\w*(?:Exception|Error|Throwable)\b)/, goesOn: javaFrame },
  { id: 'node.unhandled', runtime: 'Node', begins: /^(?:node:internal\/|\S+\.[cm]?[jt]sx?:\d+$|\(node:\d+\) .*(?:Unhandled|Error))/, goesOn: new RegExp(`^(?:\\s|$|throw |\\^|\\}|${nodeError}|Node\\.js v\\d)`), ends: /^Node\.js v\d/, headline: new RegExp(`^(?:Uncaught )?${nodeError}\\b`) },
  { id: 'node.error', runtime: 'Node', begins: new RegExp(`^(?:Uncaught |\\[?Unhandled\\w* )?${nodeError}: `), goesOn: /^(?:\s+at |\s+(?:code|errno|syscall|address|port|cause|\[cause\])\b|\s*\}|\s+\w+: )/ },
  { id: 'ruby.exception', runtime: 'Ruby', begins: /^\S+\.rb:\d+:in ['`].*: .*\([A-Z]\w*(?:::\w+)*\)/, goesOn: /^\s+from / },
  { id: 'system.killed', runtime: 'any', begins: /^(?:Killed|Segmentation fault|Bus error|Aborted|Illegal instruction)(?: \(core dumped\))?$|\bOut of memory\b|JavaScript heap out of memory/ },
  { id: 'module.missing', runtime: 'any', begins: /\b(?:ModuleNotFoundError|ImportError): |\bCannot find (?:module|package) '/, goesOn: /^\s+at / },
  { id: 'port.taken', runtime: 'any', begins: /\bEADDRINUSE\b|address already in use/i, goesOn: /^\s+at / },
  { id: 'json.error', runtime: 'any', begins: /^\{.*"(?:level|severity|levelname|log\.level)"\s*:\s*(?:"(?:error|fatal|critical|panic|alert|emergency)"|[56]0\b)/i },
  { id: 'level.error', runtime: 'any', begins: /^(?:.{0,80}[\s[|(:])?(?:\[?(?:ERROR|FATAL|CRITICAL|PANIC|SEVERE|EMERG)\]?)(?=$|[\s:|\]),-])|\blevel=(?:error|fatal|panic|critical)\b/, goesOn: /^\s+(?:at |File |\^)|^(?:[a-z]\w*\.)+[A-Z]\w*(?:Exception|Error)\b|^Traceback/ },
];
