import { errorMessage } from '../../contract/index.js';
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

/** Why a file that is there has no object in it: `not JSON, line 3: Expected …`, with the line, which counts from 1 and is undefined where the parser names none. */
export function jsonFault(files: Pick<DetectionFiles, 'readText'>, file: string): { readonly line: number | undefined; readonly text: string } | undefined {
  const text = files.readText(file)?.replace(/^\uFEFF/, '');
  if (text === undefined || parseJsonObject(text) !== undefined) return undefined;
  const told = parserError(text);
  const position = / in JSON at position (\d+)(?: \(line \d+ column \d+\))?/.exec(told);
  const line = position === null ? undefined : text.slice(0, Number(position[1])).split('\n').length;
  return { line, text: `not JSON${line === undefined ? '' : `, line ${line}`}: ${told.replace(position?.[0] ?? '', '').replaceAll(/\s+/g, ' ')}` };
}

function parserError(text: string): string {
  try {
    JSON.parse(text);
    return 'there is no object in it';
  } catch (error) {
    return errorMessage(error);
  }
}

export function toObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : undefined;
}

export function toStrings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}
