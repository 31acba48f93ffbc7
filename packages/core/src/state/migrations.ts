/**
 * Versions of `run_state.json`. A migration is a pure function from one version to the next; 1 is the
 * first. A file of a newer version is refused, never rewritten.
 */
export const currentStateVersion = 1;

type Document = Readonly<Record<string, unknown>>;

/** The document in the current version, or why it cannot be had. */
export function migrateRunState(raw: unknown): { readonly document: Document } | { readonly problem: string; readonly newer: boolean } {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return { problem: 'not a JSON object', newer: false };
  let document = raw as Document;
  const version = document['schema_version'];
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) {
    return { problem: 'schema_version is missing or not a number', newer: false };
  }
  if (version > currentStateVersion) return { problem: `schema_version ${version} is of a newer envctl`, newer: true };
  for (const migrate of migrations.slice(version - 1)) document = migrate(document);
  return { document };
}

/** Entry n leads from version n + 1 to n + 2. */
const migrations: readonly ((document: Document) => Document)[] = [];
