import { supportedApiVersions, type ErrorCode, type PluginManifest } from '../contract/index.js';
import type { Diagnostic } from './diagnostic.js';
import { createManifestSchemas, type ManifestSchemas } from './manifest-schema.js';
import { describeApiRange, negotiateApiVersion, toApiRange, type ApiRange } from './negotiate.js';

export type ContributionKind = keyof ManifestSchemas['entries'];
export type Contributions = { readonly [K in ContributionKind]: readonly NonNullable<PluginManifest['contributes'][K]>[number][] };

export interface ReadManifest {
  readonly apiVersion: number;
  readonly extension: string | undefined;
  readonly order: number;
  readonly refinesConfig: boolean;
  readonly contributes: Contributions;
}

interface ManifestHead {
  readonly extension?: string | undefined;
  readonly order?: number | undefined;
  readonly refinesConfig?: boolean | undefined;
}

export interface ManifestReading {
  /** Undefined: the head is bad, or no contract version is shared. */
  readonly manifest: ReadManifest | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Kinds whose entries need a factory of the extension module. */
export const factoryKinds: readonly ContributionKind[] = ['dependencies', 'surfaces', 'projectProviders', 'collectors', 'checks'];

const kinds = ['dependencies', 'families', 'config', 'signals', 'surfaces', 'projectProviders', 'collectors', 'checks'] as const satisfies readonly ContributionKind[];

const defaultOrder = 1000;

/** Judges `package.json#envctl` of one plugin. Never throws. */
export function readManifest(plugin: { readonly name: string; readonly version: string }, raw: unknown, host?: ApiRange, schemas: ManifestSchemas = createManifestSchemas()): ManifestReading {
  const diagnostics: Diagnostic[] = [];
  const report = (code: ErrorCode, path: string, message: string, mend: string, extent: Pick<Diagnostic, 'dropsPlugin'> = {}): void => {
    diagnostics.push({ plugin: plugin.name, version: plugin.version, path: `package.json#envctl${path}`, code, message, mend, ...extent });
  };
  const head = schemas.head.safeParse(raw);
  if (!head.success) {
    for (const issue of head.error.issues) report('ENVCTL_E_PLUGIN_MANIFEST', pathOf(issue.path), issue.message, `correct the envctl field in the package.json of ${plugin.name}, or install a version that does`, { dropsPlugin: true });
    return { manifest: undefined, diagnostics };
  }
  const asked = toApiRange(head.data.apiVersion);
  const apiVersion = negotiateApiVersion(asked, host);
  if (apiVersion === undefined) {
    const ours = host ?? supportedApiVersions;
    report('ENVCTL_E_PLUGIN_API_VERSION', '.apiVersion', `the plugin speaks contract version ${describeApiRange(asked)}, this envctl ${describeApiRange(ours)}`,
      asked.min > ours.max ? 'update envctl' : `envctl plugins install ${plugin.name}@latest`, { dropsPlugin: true });
    return { manifest: undefined, diagnostics };
  }

  if (head.data.refinesConfig === true && head.data.extension === undefined) {
    report('ENVCTL_E_PLUGIN_UNREGISTERED', '.refinesConfig', 'the refiner stands in an extension module, and the manifest names none', 'add "extension" to the envctl field');
  }

  const lists = new Map<string, unknown[]>();
  for (const kind of kinds) {
    const list = head.data.contributes[kind];
    if (list === undefined) continue;
    if (!Array.isArray(list)) {
      report('ENVCTL_E_PLUGIN_MANIFEST', `.contributes.${kind}`, 'must be a list', `make contributes.${kind} a list`);
      continue;
    }
    lists.set(kind, list.filter((entry, index) => {
      const path = `.contributes.${kind}[${index}]`;
      const judged = schemas.entries[kind].safeParse(entry);
      for (const issue of judged.error?.issues ?? []) report('ENVCTL_E_PLUGIN_MANIFEST', `${path}${pathOf(issue.path)}`, issue.message, 'correct this entry; the others work without it');
      if (judged.success && factoryKinds.includes(kind) && head.data.extension === undefined) {
        report('ENVCTL_E_PLUGIN_UNREGISTERED', path, 'the entry needs a factory, and the manifest names no extension module', 'add "extension" to the envctl field');
        return false;
      }
      return judged.success;
    }));
  }
  return { manifest: toReadManifest(apiVersion, head.data, (kind) => lists.get(kind) ?? []), diagnostics };
}

/** The same of a manifest that was judged before and had no fault; undefined when no contract version is shared with `host`. */
export function readJudgedManifest(raw: unknown, host?: ApiRange): ReadManifest | undefined {
  const manifest = raw as PluginManifest;
  const apiVersion = negotiateApiVersion(toApiRange(manifest.apiVersion), host);
  return apiVersion === undefined ? undefined : toReadManifest(apiVersion, manifest, (kind) => manifest.contributes[kind] ?? []);
}

function toReadManifest(apiVersion: number, head: ManifestHead, entriesOf: (kind: ContributionKind) => readonly unknown[]): ReadManifest {
  return {
    apiVersion,
    extension: head.extension,
    order: head.order ?? defaultOrder,
    refinesConfig: head.refinesConfig === true && head.extension !== undefined,
    contributes: Object.fromEntries(kinds.map((kind) => [kind, entriesOf(kind)])) as unknown as Contributions,
  };
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
}
