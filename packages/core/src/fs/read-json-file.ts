import { readFileSync } from 'node:fs';
import { errorMessage } from '../contract/index.js';
import { errnoOf } from './write-error.js';

/** `missing`: no such file; `unreadable`: the system refuses; `damaged`: not JSON. */
export type JsonFile =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly reason: 'missing' | 'unreadable' | 'damaged'; readonly message: string };

/** Reads and parses a JSON file. Never rejects. A record is a page or two: one call reads it, four threads would hand it on. */
export function readJsonFile(path: string): Promise<JsonFile> {
  return Promise.resolve(readNow(path));
}

function readNow(path: string): JsonFile {
  try {
    return parseJson(readFileSync(path, 'utf8'));
  } catch (error) {
    return readFailure(error);
  }
}

/** Parses the text of a JSON file. Never throws. */
export function parseJson(text: string): JsonFile {
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (error) {
    const message = text.trim() === '' ? 'the file is empty' : `not JSON: ${errorMessage(error)}`;
    return { ok: false, reason: 'damaged', message };
  }
}

/** Why a file could not be read. */
export function readFailure(error: unknown): JsonFile {
  const errno = errnoOf(error);
  const missing = errno === 'ENOENT' || errno === 'ENOTDIR';
  return { ok: false, reason: missing ? 'missing' : 'unreadable', message: errorMessage(error) };
}
