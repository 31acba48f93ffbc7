import type { DetectionFiles } from '../detection-files.js';

/** The object in a JSON file; undefined when there is none. */
export function readJsonObject(files: Pick<DetectionFiles, 'readText'>, file: string): Readonly<Record<string, unknown>> | undefined {
  const text = files.readText(file);
  return text === undefined ? undefined : parseJsonObject(text);
}

export function parseJsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return toObject(JSON.parse(text.replace(/^\uFEFF/, '')));
  } catch {
    return undefined;
  }
}

export function toObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : undefined;
}

export function toStrings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}
