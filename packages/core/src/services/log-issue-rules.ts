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
  /** The line after the first belongs to it whatever it is; `says`: it says what happened. */
  readonly next?: 'belongs' | 'says';
  /** It is one only if the line after the first is like this. */
  readonly confirmedBy?: RegExp;
}

const javaFrame = /^(?:\s+at |\s*Caused by: |\s*Suppressed: |\s+\.\.\. \d+ )/;
const nodeDetail = /^(?:\s+at |\s+(?:code|errno|syscall|address|port|cause)\b|\s+\[\w+\]: |\s*[}\]]|\s+\w+: )/;
const nodeError = '(?:[A-Z]\\w*)?(?:Error|Exception)(?: \\[[A-Z_0-9]+\\])?';
// What Node prints before it ends.
const nodeEnd = { goesOn: new RegExp(`^(?:\\s|$|throw |\\^|\\}|Unhandled|${nodeError}|Node\\.js v\\d)`), ends: /^Node\.js v\d/, headline: new RegExp(`^(?:Uncaught )?${nodeError}\\b|^Unhandled`) };

export const logIssueRules: readonly LogIssueRule[] = [
  { id: 'python.traceback', runtime: 'Python', begins: /^\s*\+ Exception Group Traceback /, goesOn: /^\s+[|+]/, headline: /^\s+\| [\p{L}_][\p{L}\p{N}_.]*(?::|$)/u },
  { id: 'python.traceback', runtime: 'Python', begins: /^(?:.*\s)?Traceback \(most recent call last\):|^\s+File ".{1,400}", line \d+$/, goesOn: /^(?:\s|$|Traceback \(|During handling|The above exception)/, ends: /^[\p{L}_][\p{L}\p{N}_.]*(?:: .*)?$/u, headline: /^[\p{L}_][\p{L}\p{N}_.]*(?::|$)/u },
  { id: 'go.panic', runtime: 'Go', begins: /^(?:(?:\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d(?:\.\d+)? )?http: panic serving |panic: |fatal error: (?!.*\.(?:c|h):))/, goesOn: /^(?:$|\s|goroutine \d+|\[signal |[\w./*()-]+\.[\w.()*{}[\]-]+\(|created by |exit status \d)/ },
  { id: 'rust.panic', runtime: 'Rust', begins: /^thread '.*'(?: \(\d+\))? panicked at/, goesOn: /^(?:note: |stack backtrace:|\s+\d+: |\s+at )/, ends: /^note: /, next: 'says' },
  { id: 'java.exception', runtime: 'Java', begins: /^(?:Exception in thread "|(?:[a-z][\w$]*\.)+[A-Z]\w*(?:Exception|Error|Throwable)\b)/, goesOn: javaFrame },
  { id: 'node.unhandled', runtime: 'Node', begins: /^(?:node:internal\/|\S+\.[cm]?[jt]sx?:\d+$)/, next: 'belongs', ...nodeEnd },
  { id: 'node.unhandled', runtime: 'Node', begins: /^\(node:\d+\) .*(?:Unhandled|Error)/, ...nodeEnd },
  { id: 'node.error', runtime: 'Node', begins: new RegExp(`^(?:Uncaught |\\[?Unhandled\\w* )?${nodeError}: `), goesOn: nodeDetail },
  { id: 'ruby.exception', runtime: 'Ruby', begins: /^\S+\.rb:\d+:in ['`].*: .*\([A-Z]\w*(?:::\w+)*\)/, goesOn: /^\s+from / },
  { id: 'ruby.exception', runtime: 'Ruby', begins: /^(?:[A-Z]\w*::)*[A-Z]\w*(?:Error|Exception|NotFound|Invalid) \(.*\):$/, goesOn: /^\s|^$|^\S+\.rb:\d+:in / },
  { id: 'system.killed', runtime: 'any', begins: /^(?:Killed|Segmentation fault|Bus error|Aborted|Illegal instruction)(?: \(core dumped\))?$|\bOut of memory\b|JavaScript heap out of memory/ },
  { id: 'module.missing', runtime: 'any', begins: /\b(?:ModuleNotFoundError|ImportError): |\bCannot find (?:module|package) '/, goesOn: /^\s+at / },
  { id: 'port.taken', runtime: 'any', begins: /\bEADDRINUSE\b|address already in use/i, goesOn: /^\s+at / },
  { id: 'json.error', runtime: 'any', begins: /^\{.*"(?:level|severity|levelname|log\.level)"\s*:\s*(?:"(?:error|fatal|critical|panic|alert|emergency)"|[56]0\b)/i },
  { id: 'level.error', runtime: 'any', begins: /^(?:.{0,80}[\s[|(:])?(?:\[?(?:ERROR|FATAL|CRITICAL|PANIC|SEVERE|EMERG)\]?)(?=$|[\s:|\]),-])|\blevel=(?:error|fatal|panic|critical)\b/, goesOn: /^\s+(?:at |File |\^)|^(?:[a-z]\w*\.)+[A-Z]\w*(?:Exception|Error)\b/ },
  // The last: what another rule knows needs no confirmation.
  { id: 'node.error', runtime: 'Node', begins: new RegExp(`^.{1,200}?\\b${nodeError}: `), confirmedBy: /^\s+at /, goesOn: nodeDetail },
];
