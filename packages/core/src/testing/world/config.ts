import type { ConfigKeyDeclaration, ConfigReader } from '../../contract/index.js';

/** A reader over plain values. A key that is not declared cannot be read: the reader throws. */
export function createConfigReader(declarations: readonly ConfigKeyDeclaration[], values: Readonly<Record<string, string>>): ConfigReader {
  const read = (key: string): string | undefined => {
    const declaration = declarations.find((entry) => entry.key === key);
    if (declaration === undefined) throw new Error(`the manifest does not declare the config key ${key}`);
    return values[key] ?? declaration.default;
  };
  return {
    string: read,
    integer: (key) => {
      const value = read(key);
      return value === undefined ? undefined : Number.parseInt(value, 10);
    },
    boolean: (key) => {
      const value = read(key);
      return value === undefined ? undefined : value === 'true';
    },
  };
}
