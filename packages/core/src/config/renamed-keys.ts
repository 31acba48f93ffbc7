import type { ConfigProblem, ConfigValue } from './model.js';
import type { KeyRegistry } from './registry.js';
import { describeOrigin } from './values.js';

/** Why a key has an older name, as half a sentence, and what to write instead. The older name is read all the same. */
export function describeRenamed(alias: string, key: string): { readonly reason: string; readonly mend: string } {
  const also = alias === 'RUN_SH_RUNTIME_DIR' ? `; ${alias} beside it says where the original keeps its state` : '';
  return { reason: `an older name of ${key}, still read`, mend: `Write ${key} instead${also}.` };
}

/** A note for each value that stands under an older name of its key, or in an older spelling of other keys. */
export function renamedNotes(values: ReadonlyMap<string, ConfigValue>, registry: KeyRegistry): ConfigProblem[] {
  return [...values].flatMap(([key, value]): ConfigProblem[] => {
    const spelled = value.origin === 'default' ? [] : (registry.find(key)?.olderSpellingOf ?? []);
    if (value.setAs === key && spelled.length === 0) return [];
    const { reason, mend } = describeRenamed(value.setAs, spelled.length === 0 ? key : spelled.join(' and '));
    return [
      {
        kind: 'renamed-key',
        severity: 'note',
        key: value.setAs,
        origin: value.origin,
        ...(value.path === undefined ? {} : { path: value.path }),
        ...(value.line === undefined ? {} : { line: value.line }),
        message: `${value.setAs} (${describeOrigin(value)}) is ${reason}.`,
        hint: mend,
      },
    ];
  });
}
