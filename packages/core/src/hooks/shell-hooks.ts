/** The hooks of the original's shell: functions of `.envctl.sh`. They are read, never run. */

export const shellHookFile = '.envctl.sh';

export interface ShellHook {
  readonly name: 'envctl_setup_infrastructure' | 'envctl_define_services';
  readonly body: string;
}

/** The hook functions that a shell file defines. */
export function readShellHooks(text: string): readonly ShellHook[] {
  return [...text.matchAll(/^[ \t]*(?:function[ \t]+)?(envctl_setup_infrastructure|envctl_define_services)[ \t]*(?:\([ \t]*\))?[ \t]*\n?[ \t]*\{(.*?)(?:^[ \t]*\}|\}[ \t]*$)/gms)].map(([, name, body]) => ({
    name: name as ShellHook['name'],
    body: body ?? '',
  }));
}

/** The JSON of a body that does nothing but set ENVCTL_HOOK_JSON to it; undefined for any other body. */
export function exportedJson(body: string): unknown {
  const statements = body.split('\n').map((line) => line.trim().replace(/;$/, '')).filter((line) => line !== '' && !line.startsWith('#') && !/^(?:return 0|:|true|export ENVCTL_HOOK_JSON)$/.test(line));
  if (statements.length !== 1) return undefined;
  const [, quote, text] = /^(?:export[ \t]+)?ENVCTL_HOOK_JSON=(['"])(.*)\1$/.exec(statements[0]!) ?? [];
  if (text === undefined || (quote === "'" && text.includes("'"))) return undefined;
  // In double quotes the shell would replace these.
  if (quote === '"' && /[$`]/.test(text.replace(/\\[$`]/g, ''))) return undefined;
  try {
    return JSON.parse(quote === '"' ? text.replace(/\\(["\\$`])/g, '$1') : text) as unknown;
  } catch {
    return undefined;
  }
}
