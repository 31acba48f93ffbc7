/** A value of a launch env section: text and the sources in it, in order. */
export type EnvTemplate = readonly (string | { readonly source: string })[];

export type ParsedTemplate = { readonly ok: true; readonly template: EnvTemplate } | { readonly ok: false; readonly expression: string };

const sourcePattern = /^ENVCTL_SOURCE_[A-Z0-9_]+$/;

/** Reads `text`. `${ENVCTL_SOURCE_X}` is all that is ever replaced; any other `${` is refused, a bare `$` is text. */
export function parseTemplate(text: string): ParsedTemplate {
  const template: (string | { readonly source: string })[] = [];
  let rest = text;
  for (;;) {
    const at = rest.indexOf('${');
    if (at === -1) return { ok: true, template: rest === '' ? template : [...template, rest] };
    const end = rest.indexOf('}', at);
    const name = end === -1 ? '' : rest.slice(at + 2, end);
    if (!sourcePattern.test(name)) return { ok: false, expression: end === -1 ? rest.slice(at) : rest.slice(at, end + 1) };
    if (at > 0) template.push(rest.slice(0, at));
    template.push({ source: name });
    rest = rest.slice(end + 1);
  }
}

/** Names of the sources in `template`, each once. */
export function sourcesOf(template: EnvTemplate): string[] {
  return [...new Set(template.flatMap((part) => (typeof part === 'string' ? [] : [part.source])))];
}
