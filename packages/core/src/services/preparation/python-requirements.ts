import { normaliseName } from './python-distributions.js';

export interface PythonRequirement {
  /** Normalised. */
  readonly name: string;
  readonly version: string | undefined;
}

/** A requirement that holds on every machine; one with a marker or a URL tells nothing. */
export function toRequirement(text: string): PythonRequirement | undefined {
  const match = /^([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*([^;@]*)$/.exec(text.trim());
  return match === null ? undefined : { name: normaliseName(match[1]!), version: /^==\s*([\w.!+-]+)$/.exec(match[2]!.trim())?.[1] };
}

/** `dependencies` of `[project]`, and the keys of `[tool.poetry.dependencies]`. */
export function projectRequirements(toml: string): readonly string[] {
  const tables = toml.split(/\n(?=\[)/);
  const list = /^dependencies\s*=\s*\[([\s\S]*?)\]\s*$/m.exec(tables.find((table) => /^\s*\[project\]/.test(table)) ?? '')?.[1] ?? '';
  const keys = (tables.find((table) => /^\s*\[tool\.poetry\.dependencies\]/.test(table)) ?? '').matchAll(/^([A-Za-z0-9][\w.-]*)\s*=\s*"/gm);
  return [...[...list.matchAll(/"([^"\n]+)"|'([^'\n]+)'/g)].map((match) => match[1] ?? match[2]!), ...[...keys].map((match) => match[1]!).filter((name) => name !== 'python')];
}
